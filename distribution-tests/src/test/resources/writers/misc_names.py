# SPDX-License-Identifier: Apache-2.0
"""Names, folders, links and attributes: what works and what is refused, one check each."""

import errno
import os
import shutil
import stat
import time

from checks import check, get, options, put, run_checks
from writer import expect, expect_equal, expect_errno, run


def is_fuse(folder):
    """Whether refusals that are the mount's own can be expected."""
    with open("/proc/self/mounts") as mounts:
        fields = [line.split(" ") for line in mounts]
    _, kind = max((len(place), kind) for _, place, kind, *_ in fields if folder.startswith(place))
    return kind.startswith("fuse")


@check
def names_of_every_kind(writer, folder):
    names = [
        "with space",
        "ünïcode ☃ 模型",
        "e\u0301 decomposed",
        "percent%20+plus&amp;?#",
        "quotes'\"`$(x)",
        "back\\slash",
        "new\nline",
        "-leading-hyphen",
        ".hidden",
        "trailing.",
        "trailing ",
        "x" * 255,
        "模" * 85,
    ]
    for name in names:
        put(os.path.join(folder, name), name.encode())
    expect_equal(sorted(names), sorted(os.listdir(folder)), "names listed")
    for name in names:
        expect_equal(name.encode(), get(os.path.join(folder, name)), f"content of {name!r}")
    expect_errno(errno.ENAMETOOLONG, put, os.path.join(folder, "x" * 256), b"")
    return {name: name.encode() for name in names}


@check
def rename_over_an_existing_file(writer, folder):
    old, new = os.path.join(folder, "old"), os.path.join(folder, "new")
    put(old, b"old" * 1000)
    put(new, b"new")
    os.rename(new, old)
    expect_equal(["old"], os.listdir(folder), "names left")
    expect_equal(b"new", get(old), "content")
    expect_equal(3, os.stat(old).st_size, "size")
    return {"old": b"new"}


@check
def rename_of_a_folder_with_content(writer, folder):
    source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
    left = {}
    for i in range(40):
        name = f"{i % 4}/{i % 3}/file-{i}"
        path = os.path.join(source, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        put(path, name.encode())
        left[f"target/{name}"] = name.encode()
    os.mkdir(os.path.join(source, "empty"))
    os.rename(source, target)
    expect(not os.path.exists(source), "the old folder is still there")
    expect(os.path.isdir(os.path.join(target, "empty")), "the empty folder is gone")
    for name, content in left.items():
        expect_equal(content, get(os.path.join(folder, name)), f"content of {name}")
    return left


@check
def rename_of_folders_is_refused_where_it_must_be(writer, folder):
    for name in ("full/inner", "empty", "other"):
        os.makedirs(os.path.join(folder, name))
    put(os.path.join(folder, "file"), b"file")
    put(os.path.join(folder, "full/kept"), b"kept")

    def at(name):
        return os.path.join(folder, name)

    expect_errno((errno.ENOTEMPTY, errno.EEXIST), os.rename, at("other"), at("full"))
    expect_errno(errno.EINVAL, os.rename, at("full"), at("full/inner/below"))
    expect_errno(errno.EISDIR, os.rename, at("file"), at("empty"))
    expect_errno(errno.ENOTDIR, os.rename, at("other"), at("file"))
    expect_errno(errno.ENOENT, os.rename, at("missing"), at("new"))
    os.rename(at("other"), at("empty"))
    expect_equal(["empty", "file", "full"], sorted(os.listdir(folder)), "names left")
    return {"file": b"file", "full/kept": b"kept"}


@check
def rename_to_itself_changes_nothing(writer, folder):
    path = os.path.join(folder, "file")
    put(path, b"same")
    os.rename(path, path)
    expect_equal(b"same", get(path), "content")
    return {"file": b"same"}


@check
def rename_of_a_folder_with_a_file_open_for_writing(writer, folder):
    source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
    os.mkdir(source)
    with open(os.path.join(source, "file"), "wb", buffering=0) as f:
        f.write(b"before ")
        os.rename(source, target)
        f.write(b"after")
    expect(not os.path.exists(source), "the old folder is still there")
    expect_equal(b"before after", get(os.path.join(target, "file")), "content")
    return {"target/file": b"before after"}


@check
def folders_come_and_go(writer, folder):

    def at(name):
        return os.path.join(folder, name)

    os.mkdir(at("a"))
    expect_errno(errno.EEXIST, os.mkdir, at("a"))
    os.makedirs(at("a/b/c"))
    put(at("a/b/c/file"), b"x")
    expect_errno((errno.ENOTEMPTY, errno.EEXIST), os.rmdir, at("a/b/c"))
    expect_errno((errno.ENOTEMPTY, errno.EEXIST), os.rmdir, at("a"))
    os.unlink(at("a/b/c/file"))
    expect_equal([], os.listdir(at("a/b/c")), "what is in an emptied folder")
    for name in ("a/b/c", "a/b", "a"):
        os.rmdir(at(name))
    expect(not os.path.exists(at("a")), "the removed folder is there")
    expect_errno(errno.ENOENT, os.rmdir, at("a"))
    put(at("file"), b"x")
    expect_errno(errno.ENOTDIR, os.rmdir, at("file"))
    expect_errno(errno.ENOTDIR, os.mkdir, at("file/below"))
    expect_errno((errno.EISDIR, errno.EPERM), os.unlink, folder)
    expect_errno(errno.ENOENT, put, at("missing/file"), b"")
    expect_errno(errno.EISDIR, os.open, folder, os.O_WRONLY)
    return {"file": b"x"}


@check
def a_folder_stays_when_its_last_file_goes(writer, folder):
    path = os.path.join(folder, "only")
    put(path, b"x")
    os.unlink(path)
    expect(os.path.isdir(folder), "the folder went with its last file")
    put(path, b"y")
    os.rename(path, folder + ".moved")
    expect(os.path.isdir(folder), "the folder went with its last file")
    os.rename(folder + ".moved", path)
    return {"only": b"y"}


@check
def a_tree_is_removed(writer, folder):
    for i in range(30):
        path = os.path.join(folder, "tree", f"d{i % 5}", f"file-{i}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        put(path, b"x" * i)
    shutil.rmtree(os.path.join(folder, "tree"))
    expect_equal([], os.listdir(folder), "what is left")
    return {}


@check
def exclusive_creation_of_what_exists(writer, folder):
    path = os.path.join(folder, "file")
    put(path, b"first")
    expect_errno(errno.EEXIST, open, path, "xb")
    os.unlink(path)
    with open(path, "xb") as f:
        f.write(b"second")
    return {"file": b"second"}


@check
def missing_files(writer, folder):
    path = os.path.join(folder, "missing")
    expect_errno(errno.ENOENT, os.stat, path)
    expect_errno(errno.ENOENT, os.unlink, path)
    expect_errno(errno.ENOENT, open, path, "r+b")
    expect_errno(errno.ENOENT, os.truncate, path, 0)
    expect_errno(errno.ENOENT, os.utime, path)
    return {}


@check
def hard_links_are_refused(writer, folder):
    path = os.path.join(folder, "file")
    put(path, b"x")
    if is_fuse(folder):
        expect_errno((errno.EPERM, errno.ENOTSUP), os.link, path, path + ".link")
    return {"file": b"x"}


@check
def extended_attributes_of_others_are_refused(writer, folder):
    path = os.path.join(folder, "file")
    put(path, b"x")
    if is_fuse(folder):
        expect_errno(errno.ENOTSUP, os.setxattr, path, "user.comment", b"c")
        expect_errno((errno.ENOTSUP, errno.ENODATA), os.getxattr, path, "user.comment")
    return {"file": b"x"}


@check
def extended_attributes_tell_of_the_object(writer, folder):
    path = os.path.join(folder, "file")
    put(path, b"x")
    if is_fuse(folder):
        key = os.getxattr(path, "user.sluice.key").decode()
        expect(key.endswith("extended_attributes_tell_of_the_object/file"), f"key is {key}")
        etag = os.getxattr(path, "user.sluice.etag").decode()
        expect(len(etag) > 0, "no etag")
        put(path, b"y")
        expect(etag != os.getxattr(path, "user.sluice.etag").decode(), "the etag did not change")
        refused = (errno.ENOTSUP, errno.EPERM, errno.EACCES)
        expect_errno(refused, os.setxattr, path, "user.sluice.etag", b"forged")
    else:
        put(path, b"y")
    return {"file": b"y"}


@check
def modes_owners_and_times_are_accepted(writer, folder):
    path = os.path.join(folder, "file")
    put(path, b"x")
    for mode in (0o600, 0o755, 0o444, 0o644):
        os.chmod(path, mode)
    os.chmod(folder, 0o700)
    os.chmod(folder, 0o755)
    os.chown(path, os.getuid(), os.getgid())
    os.chown(path, -1, -1)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    os.utime(path)
    os.utime(folder)
    with open(path, "r+b") as f:
        os.fchmod(f.fileno(), 0o644)
        os.fchown(f.fileno(), -1, -1)
        os.utime(f.fileno(), (1_500_000_000, 1_500_000_000))
        f.write(b"z")
    shutil.copystat(__file__, path)
    os.utime(path)
    now = time.time()
    expect(abs(os.stat(path).st_mtime - now) < 5, "a touched file is not of now")
    return {"file": b"z"}


@check
def symbolic_links(writer, folder):
    put(os.path.join(folder, "target"), b"through a link")
    link = os.path.join(folder, "link")
    try:
        os.symlink("target", link)
    except OSError as e:
        clean = (errno.EPERM, errno.ENOTSUP)
        expect(e.errno in clean, f"symlink must work or fail with EPERM or ENOTSUP, but: {e}")
        expect(not os.path.lexists(link), "a refused link is there")
        return {"target": b"through a link"}
    expect_equal("target", os.readlink(link), "the link")
    expect(stat.S_ISLNK(os.lstat(link).st_mode), "the link is no link")
    expect_equal(len("target"), os.lstat(link).st_size, "size of the link")
    expect_equal(b"through a link", get(link), "what is behind the link")
    expect_errno(errno.EEXIST, os.symlink, "other", link)
    moved = os.path.join(folder, "moved")
    os.rename(link, moved)
    expect_equal("target", os.readlink(moved), "the renamed link")
    os.symlink("no/such/place", link)
    expect(not os.path.exists(link) and os.path.lexists(link), "a dangling link")
    os.unlink(link)
    os.unlink(moved)
    expect_equal(["target"], os.listdir(folder), "names left")
    return {"target": b"through a link"}


@check
def special_files_are_refused(writer, folder):
    if is_fuse(folder):
        clean = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS)
        expect_errno(clean, os.mkfifo, os.path.join(folder, "fifo"))
        expect_equal([], os.listdir(folder), "what is left")
    return {}


@check
def probes(writer, folder):
    """Tiny files made and removed at once, as downloaders do to try a folder."""
    for i in range(30):
        path = os.path.join(folder, f"probe-{i}")
        put(path, b"")
        os.unlink(path)
        expect(not os.path.exists(path), f"probe {i} is still there")
    expect_equal([], os.listdir(folder), "what is left")
    return {}


@check
def there_is_room(writer, folder):
    if is_fuse(folder):
        free = shutil.disk_usage(folder).free
        expect(free >= 1 << 40, f"statvfs says that {free} bytes are free")
    return {}


run(run_checks, options=options)
