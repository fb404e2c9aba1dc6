# SPDX-License-Identifier: Apache-2.0
"""Every way to change the bytes of a file, one check each."""

import ctypes
import errno
import mmap
import os
import time

from checks import check, get, options, put, run_checks, some
from writer import MIB, expect, expect_equal, expect_errno, run

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.fallocate64.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


def fallocate(fd, offset, length):
    """The system call, where posix_fallocate would write instead if it is not supported."""
    if LIBC.fallocate64(fd, 0, offset, length) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "fallocate")


@check
def truncate_down(writer, folder):
    path = os.path.join(folder, "file")
    content = some(writer, "truncate_down", 300_001)
    put(path, content)
    os.truncate(path, 100_003)
    expect_equal(100_003, os.stat(path).st_size, "size after truncate")
    expect(get(path) == content[:100_003], "the bytes left differ")
    return {"file": content[:100_003]}


@check
def truncate_up(writer, folder):
    path = os.path.join(folder, "file")
    content = some(writer, "truncate_up", 70_001)
    put(path, content)
    os.truncate(path, 200_000)
    expected = content + bytes(200_000 - 70_001)
    expect(get(path) == expected, "what was added is not zeros")
    return {"file": expected}


@check
def truncate_to_zero_and_back(writer, folder):
    path = os.path.join(folder, "file")
    put(path, some(writer, "zero_and_back", 50_000))
    os.truncate(path, 0)
    expect_equal(0, os.stat(path).st_size, "size")
    os.truncate(path, 10_000)
    expect(get(path) == bytes(10_000), "old bytes came back")
    return {"file": bytes(10_000)}


@check
def ftruncate_while_writing(writer, folder):
    path = os.path.join(folder, "file")
    content = some(writer, "ftruncate", 3 * MIB)
    with open(path, "w+b", buffering=0) as f:
        f.write(content)
        f.truncate(MIB + 17)
        expect_equal(MIB + 17, os.fstat(f.fileno()).st_size, "size after shrinking")
        f.truncate(2 * MIB)
        expect_equal(2 * MIB, os.fstat(f.fileno()).st_size, "size after growing")
        f.seek(0)
        expected = content[: MIB + 17] + bytes(MIB - 17)
        expect(f.read() == expected, "bytes cut off came back")
    return {"file": expected}


@check
def open_with_o_trunc(writer, folder):
    path = os.path.join(folder, "file")
    put(path, some(writer, "old", 200_000))
    with open(path, "wb") as f:
        expect_equal(0, os.fstat(f.fileno()).st_size, "size after O_TRUNC")
        f.write(b"new")
    return {"file": b"new"}


@check
def hole_after_seek_beyond_the_end(writer, folder):
    path = os.path.join(folder, "file")
    with open(path, "w+b", buffering=0) as f:
        f.write(b"head")
        f.seek(5 * MIB + 3)
        f.write(b"tail")
        f.seek(0)
        expected = b"head" + bytes(5 * MIB - 1) + b"tail"
        expect(f.read() == expected, "the hole does not read as zeros")
    expect(get(path) == expected, "the hole does not read as zeros after closing")
    return {"file": expected}


@check
def append_from_two_handles(writer, folder):
    path = os.path.join(folder, "file")
    expected = b""
    first = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    second = os.open(path, os.O_WRONLY | os.O_APPEND)
    for i in range(50):
        for fd in (first, second):
            piece = b"%d from %s\n" % (i, b"first" if fd == first else b"second")
            expect_equal(len(piece), os.write(fd, piece), "bytes appended")
            expected += piece
    os.close(first)
    os.close(second)
    expect_equal(expected, get(path), "what two handles appended")
    return {"file": expected}


@check
def append_and_read_on_one_handle(writer, folder):
    path = os.path.join(folder, "file")
    put(path, b"before ")
    with open(path, "a+b", buffering=0) as f:
        f.write(b"after")
        f.seek(0)
        expect_equal(b"before after", f.read(), "read back")
        f.seek(0)
        f.write(b"!")
    expect_equal(b"before after!", get(path), "what was appended after a seek")
    return {"file": b"before after!"}


@check
def append_to_a_large_file(writer, folder):
    path = os.path.join(folder, "file")
    content = some(writer, "append_large", 18 * MIB + 5)
    put(path, content[: 17 * MIB])
    with open(path, "ab") as f:
        expect_equal(17 * MIB, f.tell(), "position")
        f.write(content[17 * MIB :])
    expect_equal(len(content), os.stat(path).st_size, "size")
    return {"file": content}


@check
def read_what_the_same_handle_wrote(writer, folder):
    path = os.path.join(folder, "file")
    content = bytearray(some(writer, "read_after_write", 400_000))
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    os.write(fd, content)
    choice = writer.random("offsets")
    for _ in range(100):
        offset = choice.randrange(len(content) - 5000)
        piece = choice.randbytes(choice.randrange(1, 5000))
        os.pwrite(fd, piece, offset)
        content[offset : offset + len(piece)] = piece
        at = choice.randrange(len(content) - 7000)
        expect(os.pread(fd, 7000, at) == content[at : at + 7000], f"read at {at} differs")
    os.close(fd)
    return {"file": bytes(content)}


@check
def read_what_another_handle_wrote(writer, folder):
    path = os.path.join(folder, "file")
    content = some(writer, "other_handle", 2 * MIB)
    with open(path, "wb", buffering=0) as f:
        for i in range(0, len(content), 300_000):
            f.write(content[i : i + 300_000])
            end = min(len(content), i + 300_000)
            expect_equal(end, os.stat(path).st_size, "size seen by stat")
            expect(get(path) == content[:end], f"another handle reads other bytes at {end}")
    return {"file": content}


@check
def overwrite_the_middle_of_an_existing_file(writer, folder):
    path = os.path.join(folder, "file")
    content = bytearray(some(writer, "middle", 20 * MIB + 11))
    put(path, content)
    with open(path, "r+b", buffering=0) as f:
        for offset in (19 * MIB, 7 * MIB + 5, 0, 20 * MIB + 10):
            f.seek(offset)
            f.write(b"X")
            content[offset : offset + 1] = b"X"
    expect(get(path) == content, "the overwritten file differs")
    return {"file": bytes(content)}


@check
def write_after_reading(writer, folder):
    path = os.path.join(folder, "file")
    content = some(writer, "after_reading", 100_000)
    put(path, content)
    with open(path, "r+b", buffering=0) as f:
        expect(f.read(60_000) == content[:60_000], "what was read differs")
        f.write(b"here")
    return {"file": content[:60_000] + b"here" + content[60_004:]}


@check
def pwrite_of_odd_sizes_in_any_order(writer, folder):
    path = os.path.join(folder, "file")
    size = 4 * MIB + 333
    content = some(writer, "pwrite", size)
    pieces, offset, choice = [], 0, writer.random("sizes")
    while offset < size:
        length = min(choice.choice((1, 511, 4095, 4097, 65_537, 131_071, 262_147)), size - offset)
        pieces.append((offset, length))
        offset += length
    choice.shuffle(pieces)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    for offset, length in pieces:
        expect_equal(length, os.pwrite(fd, content[offset : offset + length], offset), "bytes")
    os.close(fd)
    return {"file": content}


@check
def writev_of_odd_sizes(writer, folder):
    path = os.path.join(folder, "file")
    content = some(writer, "writev", 1_000_003)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    cuts = [0, 1, 4097, 4098, 131_073, 500_000, 1_000_003]
    pieces = [content[a:b] for a, b in zip(cuts, cuts[1:])]
    written = os.writev(fd, pieces)
    while written < len(content):
        written += os.write(fd, content[written:])
    os.close(fd)
    return {"file": content}


@check
def empty_files(writer, folder):
    put(os.path.join(folder, "wb"), b"")
    os.close(os.open(os.path.join(folder, "creat"), os.O_CREAT | os.O_WRONLY, 0o600))
    os.mknod(os.path.join(folder, "mknod"), 0o644)
    for name in ("wb", "creat", "mknod"):
        expect_equal(0, os.stat(os.path.join(folder, name)).st_size, f"size of {name}")
    return {"wb": b"", "creat": b"", "mknod": b""}


@check
def fsync_keeps_the_file_writable(writer, folder):
    path = os.path.join(folder, "file")
    content = some(writer, "fsync", 12 * MIB)
    with open(path, "wb", buffering=0) as f:
        for i in range(0, len(content), 3 * MIB):
            f.write(content[i : i + 3 * MIB])
            os.fsync(f.fileno())
            os.fdatasync(f.fileno())
            expect(get(path) == content[: i + 3 * MIB], f"after fsync at {i} the file differs")
    return {"file": content}


@check
def two_descriptors_of_one_handle(writer, folder):
    """close of a duplicate is a flush, and writing goes on."""
    path = os.path.join(folder, "file")
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.write(fd, b"one ")
    os.close(os.dup(fd))
    os.write(fd, b"two ")
    os.close(os.dup(fd))
    os.write(fd, b"three")
    os.close(fd)
    expect_equal(b"one two three", get(path), "what was written")
    return {"file": b"one two three"}


@check
def child_processes_inherit_the_handle(writer, folder):
    path = os.path.join(folder, "file")
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    os.write(fd, b"parent ")
    child = os.fork()
    if child == 0:
        os.write(fd, b"child ")
        os._exit(0)
    os.waitpid(child, 0)
    os.write(fd, b"parent")
    os.close(fd)
    return {"file": b"parent child parent"}


@check
def fallocate_without_flags(writer, folder):
    path = os.path.join(folder, "file")
    with open(path, "w+b", buffering=0) as f:
        fallocate(f.fileno(), 0, 100_000)
        expect_equal(100_000, os.fstat(f.fileno()).st_size, "size after fallocate")
        f.write(b"begin")
        fallocate(f.fileno(), 10, 100)
        expect_equal(100_000, os.fstat(f.fileno()).st_size, "size after fallocate within the file")
    expected = b"begin" + bytes(99_995)
    expect(get(path) == expected, "what was allocated does not read as zeros")
    return {"file": expected}


@check
def copy_file_range(writer, folder):
    source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
    content = some(writer, "copy_file_range", 3 * MIB + 1)
    put(source, content)
    clean = (errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
    with open(source, "rb") as a, open(target, "wb", buffering=0) as b:
        copied = 0
        while copied < len(content):
            try:
                n = os.copy_file_range(a.fileno(), b.fileno(), len(content) - copied)
            except OSError as e:
                expect(copied == 0 and e.errno in clean, f"copy_file_range at {copied}: {e}")
                n = os.sendfile(b.fileno(), a.fileno(), copied, len(content) - copied)
            expect(n > 0, f"nothing more was copied at {copied}")
            copied += n
    expect(get(target) == content, "the copy differs")
    return {"source": content, "target": content}


@check
def mapped_memory(writer, folder):
    path = os.path.join(folder, "file")
    content = bytearray(some(writer, "mmap", 300_007))
    put(path, content)
    with open(path, "r+b") as f:
        with mmap.mmap(f.fileno(), 0, mmap.MAP_SHARED) as m:
            m[0:5] = b"first"
            m[200_000:200_006] = b"middle"
            m[-4:] = b"last"
            m.flush()
            expect(os.pread(f.fileno(), 5, 0) == b"first", "pread does not see the mapping")
            m[100:103] = b"odd"
            m.flush()
    content[0:5], content[200_000:200_006] = b"first", b"middle"
    content[-4:], content[100:103] = b"last", b"odd"
    expect(get(path) == content, "what was stored through the mapping is not there")
    return {"file": bytes(content)}


@check
def mapped_memory_of_a_new_file(writer, folder):
    path = os.path.join(folder, "file")
    content = some(writer, "mmap_new", 1_000_001)
    with open(path, "w+b") as f:
        f.truncate(len(content))
        with mmap.mmap(f.fileno(), 0, mmap.MAP_SHARED) as m:
            m[:] = content
    return {"file": content}


@check
def modification_time_is_truthful(writer, folder):
    path = os.path.join(folder, "file")
    for round in range(2):
        before = time.time()
        with open(path, "ab") as f:
            f.write(b"x")
            f.flush()
            while_open = os.fstat(f.fileno()).st_mtime
        closed = os.stat(path).st_mtime
        after = time.time()
        for when, what in ((while_open, "while open"), (closed, "after closing")):
            expect(before - 2 <= when <= after + 2, f"{what} {when}, now {before}..{after}")
        if round == 0:
            time.sleep(1.1)
            first = closed
    expect(closed > first, "a second write did not change the time")
    return {"file": b"xx"}


run(run_checks, options=options)
