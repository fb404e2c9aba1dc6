# SPDX-License-Identifier: Apache-2.0
"""Files that lose or change their name while they are open, one check each."""

import errno
import fcntl
import hashlib
import os
import subprocess
import sys

from checks import check, get, options, put, run_checks, some
from writer import MIB, expect, expect_equal, expect_errno, run


@check
def unlinked_while_open(writer, folder):
    path = os.path.join(folder, "gone")
    content = bytearray(some(writer, "unlinked", 6 * MIB))
    with open(path, "w+b", buffering=0) as f:
        f.write(content[: 3 * MIB])
        os.unlink(path)
        expect(not os.path.exists(path), "the name is still there")
        expect_equal([], os.listdir(folder), "what is listed")
        f.write(content[3 * MIB :])
        f.seek(0)
        expect(f.read() == content, "the file differs after the unlink")
        expect_equal(len(content), os.fstat(f.fileno()).st_size, "size")
    expect_errno(errno.ENOENT, os.stat, path)
    return {}


@check
def existing_file_unlinked_while_open(writer, folder):
    path = os.path.join(folder, "gone")
    content = some(writer, "existing_unlinked", 3 * MIB)
    put(path, content)
    # A daemon that dies before the last close brings it back.
    name = f"{os.path.basename(folder)}/gone"
    writer.may_remain[name] = [hashlib.sha256(content).hexdigest(), None]
    with open(path, "r+b", buffering=0) as f:
        os.unlink(path)
        expect(f.read() == content, "the file differs after the unlink")
        f.seek(0)
        f.write(b"still written")
        f.seek(0)
        expect_equal(b"still written", f.read(13), "read back")
    expect_errno(errno.ENOENT, os.stat, path)
    return {}


@check
def name_reused_while_the_old_file_is_open(writer, folder):
    path = os.path.join(folder, "file")
    with open(path, "w+b", buffering=0) as old:
        old.write(b"old bytes")
        os.unlink(path)
        put(path, b"new bytes")
        old.seek(0)
        expect_equal(b"old bytes", old.read(), "the old file")
        old.write(b" and more")
    expect_equal(b"new bytes", get(path), "the new file")
    return {"file": b"new bytes"}


@check
def locked_against_another_process(writer, folder):
    path = os.path.join(folder, "locked")
    for kind in ("flock", "lockf"):
        attempt = f"import fcntl, sys; fcntl.{kind}(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        other = [sys.executable, "-c", attempt, path]
        with open(path, "w+b", buffering=0) as f:
            getattr(fcntl, kind)(f, fcntl.LOCK_EX)
            refused = subprocess.run(other, capture_output=True, text=True, check=False)
            expect("BlockingIOError" in refused.stderr, f"{kind} was granted twice")
            getattr(fcntl, kind)(f, fcntl.LOCK_UN)
            expect_equal(0, subprocess.run(other, check=False).returncode, f"{kind} after unlock")
            f.write(b"locked")
    return {"locked": b"locked"}


@check
def renamed_while_open_for_writing(writer, folder):
    path, to = os.path.join(folder, "before"), os.path.join(folder, "after")
    content = some(writer, "renamed_open", 9 * MIB)
    with open(path, "wb", buffering=0) as f:
        f.write(content[: 5 * MIB])
        os.rename(path, to)
        expect(not os.path.exists(path), "the old name is still there")
        f.write(content[5 * MIB :])
        expect_equal(len(content), os.stat(to).st_size, "size under the new name")
    expect(get(to) == content, "the file differs under its new name")
    return {"after": content}


@check
def replaced_while_open_for_reading(writer, folder):
    path, new = os.path.join(folder, "file"), os.path.join(folder, "new")
    old = some(writer, "replaced", 2 * MIB)
    put(path, old)
    put(new, b"the new one")
    with open(path, "rb", buffering=0) as f:
        head = f.read(1000)
        os.rename(new, path)
        expect_equal(b"the new one", get(path), "the new file")
        try:
            expect(head + f.read() == old, "the old file differs, or is mixed with the new one")
        except OSError as e:
            expect_equal(errno.ESTALE, e.errno, "error of reading the old file")
    return {"file": b"the new one"}


run(run_checks, options=options)
