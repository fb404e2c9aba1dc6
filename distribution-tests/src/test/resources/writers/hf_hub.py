# SPDX-License-Identifier: Apache-2.0
"""Steps that every release of huggingface_hub takes around a download."""

import errno
import fcntl
import os
import shutil
import stat
import time
from contextlib import contextmanager

from writer import expect


@contextmanager
def file_lock(path):
    """As the filelock package does on Unix."""
    fd = os.open(path, os.O_RDWR | os.O_TRUNC | os.O_CREAT, 0o644)
    try:
        os.fchmod(fd, 0o644)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
        fcntl.flock(fd, fcntl.LOCK_UN)
    finally:
        os.close(fd)


def check_free_space(folder, size):
    free = shutil.disk_usage(folder).free
    expect(free > size, f"only {free} bytes are free in {folder}")


def chmod_and_move(writer, source, destination, probe):
    """Gives the file the mode that new files get, learnt from a probe, and moves it."""
    writer.step("probing the mode of new files")
    path = os.path.join(os.path.dirname(os.path.dirname(destination)), f"tmp_{probe}")
    with open(path, "xb"):
        pass
    now = time.time()
    found = os.stat(path)
    expect(abs(found.st_mtime - now) < 60, f"the probe's time is {found.st_mtime}, now is {now}")
    writer.step("setting the mode of the download")
    os.chmod(source, stat.S_IMODE(found.st_mode))
    writer.step("removing the probe")
    os.unlink(path)
    expect(not os.path.exists(path), "the probe is still there")
    writer.step("moving the download to its place")
    shutil.move(source, destination)


def symlinks_are_supported(writer, folder):
    writer.step("trying a symbolic link")
    trial = os.path.join(folder, "tmp_symlinks")
    os.mkdir(trial)
    source = os.path.join(trial, "dummy_file_src")
    target = os.path.join(trial, "dummy_file_dst")
    with open(source, "wb"):
        pass
    try:
        os.symlink("dummy_file_src", target)
        supported = True
        expect(os.path.realpath(target) == os.path.realpath(source), "the link leads elsewhere")
    except OSError as e:
        clean = (errno.EPERM, errno.ENOTSUP)
        expect(e.errno in clean, f"symlink must work or fail with EPERM or ENOTSUP, but: {e}")
        supported = False
    shutil.rmtree(trial)
    return supported


def link_or_move(writer, source, destination, supported):
    """Shows a blob under its name; the relative target of the link, or None without links."""
    writer.step("linking the name to the blob")
    try:
        os.remove(destination)
    except FileNotFoundError:
        pass
    if not supported:
        shutil.move(source, destination)
        return None
    target = os.path.relpath(source, os.path.dirname(destination))
    os.symlink(target, destination)
    expect(os.readlink(destination) == target, f"the link reads {os.readlink(destination)!r}")
    expect(os.path.islink(destination), "the link is no link")
    return target
