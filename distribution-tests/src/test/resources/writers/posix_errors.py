# SPDX-License-Identifier: Apache-2.0
"""What POSIX says each call must be refused with, one check for each reason, over all calls."""

import errno
import os
import stat

from checks import check, get, options, put, run_checks
from writer import expect, expect_equal, expect_errno, run

LONG = "x" * 256


def calls_on(path, other):
    """Every call that takes a path, by name; those that take two have it in either place."""
    yield "open for reading", lambda: os.close(os.open(path, os.O_RDONLY))
    yield "open for writing", lambda: os.close(os.open(path, os.O_WRONLY))
    yield "create", lambda: os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o644))
    yield "create exclusively", lambda: os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o644))
    yield "open with O_TRUNC", lambda: os.close(os.open(path, os.O_WRONLY | os.O_TRUNC))
    yield "open a folder", lambda: os.close(os.open(path, os.O_RDONLY | os.O_DIRECTORY))
    yield "stat", lambda: os.stat(path)
    yield "lstat", lambda: os.lstat(path)
    yield "readlink", lambda: os.readlink(path)
    yield "truncate", lambda: os.truncate(path, 1)
    yield "chmod", lambda: os.chmod(path, 0o600)
    yield "chown", lambda: os.chown(path, os.getuid(), os.getgid())
    yield "utime", lambda: os.utime(path)
    yield "mkdir", lambda: os.mkdir(path)
    yield "rmdir", lambda: os.rmdir(path)
    yield "unlink", lambda: os.unlink(path)
    yield "listdir", lambda: os.listdir(path)
    yield "mknod", lambda: os.mknod(path, stat.S_IFREG | 0o644)
    yield "rename from", lambda: os.rename(path, other)
    yield "rename to", lambda: os.rename(other, path)


def refused_with(numbers, path, other, names=None, but=()):
    for name, call in calls_on(path, other):
        if name not in but and (names is None or name in names):
            try:
                expect_errno(numbers, call)
            except Exception as e:
                e.args = (f"{name} of {path[-60:]!r}: {e}",)
                raise


def file_and_path(folder):
    other = os.path.join(folder, "other")
    put(other, b"other")
    return other, {"other": b"other"}


@check
def a_file_is_no_folder_of_others(writer, folder):
    other, left = file_and_path(folder)
    refused_with(errno.ENOTDIR, os.path.join(other, "below"), other)
    return left


@check
def nothing_is_below_what_is_not_there(writer, folder):
    other, left = file_and_path(folder)
    refused_with(errno.ENOENT, os.path.join(folder, "missing", "below"), other)
    return left


@check
def what_is_not_there_is_not_found(writer, folder):
    other, left = file_and_path(folder)
    makes = ("create", "create exclusively", "mkdir", "mknod", "rename to")
    refused_with(errno.ENOENT, os.path.join(folder, "missing"), other, but=makes)
    return left


@check
def a_name_has_255_bytes_at_most(writer, folder):
    other, left = file_and_path(folder)
    refused_with(errno.ENAMETOOLONG, os.path.join(folder, LONG), other)
    refused_with(errno.ENAMETOOLONG, os.path.join(folder, LONG, "below"), other)
    refused_with(errno.ENAMETOOLONG, os.path.join(folder, "ü" * 128), other)
    return left


@check
def a_path_has_4095_bytes_at_most(writer, folder):
    other, left = file_and_path(folder)
    refused_with(errno.ENAMETOOLONG, os.path.join(folder, "x/" * 2048), other)
    return left


@check
def a_folder_is_no_file(writer, folder):
    other, left = file_and_path(folder)
    path = os.path.join(folder, "folder")
    os.mkdir(path)
    writes = ("open for writing", "create", "open with O_TRUNC", "truncate", "unlink", "rename to")
    refused_with(errno.EISDIR, path, other, names=writes)
    refused_with(errno.EEXIST, path, other, names=("create exclusively", "mkdir", "mknod"))
    refused_with(errno.EINVAL, path, other, names=("readlink",))
    refused_with(errno.ENOTDIR, path, other, names=("rename from",))
    expect_equal([], os.listdir(path), "entries of the folder")
    return left


@check
def a_file_is_no_folder(writer, folder):
    other, left = file_and_path(folder)
    path = os.path.join(folder, "file")
    put(path, b"file")
    refused_with(errno.ENOTDIR, path, other, names=("open a folder", "rmdir", "listdir"))
    refused_with(errno.EEXIST, path, other, names=("create exclusively", "mkdir", "mknod"))
    refused_with(errno.EINVAL, path, other, names=("readlink",))
    expect_errno(errno.ENOTDIR, os.stat, path + "/")
    expect_errno((errno.EISDIR, errno.ENOTDIR), put, path + "/", b"")
    return {**left, "file": b"file"}


@check
def a_folder_with_entries_stays(writer, folder):
    full, empty = os.path.join(folder, "full"), os.path.join(folder, "empty")
    os.makedirs(os.path.join(full, "below"))
    os.mkdir(empty)
    expect_errno(errno.ENOTEMPTY, os.rmdir, full)
    expect_errno((errno.ENOTEMPTY, errno.EEXIST), os.rename, empty, full)
    expect_errno((errno.ENOTEMPTY, errno.EEXIST), os.rename, os.path.join(full, "below"), full)
    expect_errno(errno.EINVAL, os.rename, full, os.path.join(full, "below", "inner"))
    expect_errno((errno.EINVAL, errno.EBUSY), os.rmdir, os.path.join(full, "."))
    expect_errno((errno.ENOTEMPTY, errno.EBUSY), os.rmdir, os.path.join(full, "below", ".."))
    expect_equal(["below"], os.listdir(full), "entries")


@check
def a_descriptor_does_what_it_was_opened_for(writer, folder):
    path = os.path.join(folder, "file")
    put(path, b"file")
    reading, writing = os.open(path, os.O_RDONLY), os.open(path, os.O_WRONLY)
    expect_errno(errno.EBADF, os.write, reading, b"x")
    expect_errno(errno.EBADF, os.read, writing, 1)
    expect_errno((errno.EINVAL, errno.EBADF), os.ftruncate, reading, 0)
    expect_errno(errno.EINVAL, os.ftruncate, writing, -1)
    expect_errno(errno.EINVAL, os.truncate, path, -1)
    expect_errno(errno.EINVAL, os.lseek, reading, -1, os.SEEK_SET)
    expect_errno(errno.ENXIO, os.lseek, reading, 5, os.SEEK_DATA)
    expect_equal(4, os.lseek(reading, 0, os.SEEK_HOLE), "the hole at the end")
    os.close(reading)
    os.close(writing)
    expect_equal(b"file", get(path), "content")
    return {"file": b"file"}


@check
def beyond_the_end_there_is_nothing(writer, folder):
    path = os.path.join(folder, "file")
    put(path, b"file")
    with open(path, "r+b", buffering=0) as f:
        for offset in (4, 5, 4096, 1 << 40):
            expect_equal(b"", os.pread(f.fileno(), 10, offset), f"bytes at {offset}")
        expect_equal(0, os.pwrite(f.fileno(), b"", 1 << 20), "written of nothing")
        expect_equal(4, os.fstat(f.fileno()).st_size, "size after writing nothing")
    return {"file": b"file"}


@check
def sizes_and_counts_are_true(writer, folder):
    path = os.path.join(folder, "file")
    for size in (0, 1, 511, 512, 513, 4096, 70_000):
        put(path, bytes(size))
        found = os.stat(path)
        expect_equal(size, found.st_size, "size")
        expect_equal(1, found.st_nlink, "links")
        expect(stat.S_ISREG(found.st_mode), "not a file")
        expect(found.st_blocks * 512 >= size, f"{found.st_blocks} blocks of {size} bytes")
    return {"file": bytes(70_000)}


run(run_checks, options=options)
