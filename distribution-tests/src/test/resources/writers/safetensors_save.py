# SPDX-License-Identifier: Apache-2.0
"""Saving safetensors checkpoints over each other, while another process reads old or new.

Temporary name, sequential write, fsync, rename; the reader never meets a mixture or no file.
"""

import json
import os
import subprocess
import sys

from writer import MIB, Content, expect, expect_equal, run, sha256, sha256_of_file

NAME = "model.safetensors"
CHECKPOINTS = 6

READER = """
import errno, hashlib, os, sys
path, sums = sys.argv[1], set(sys.argv[2:])
print("reading", flush=True)
seen = {}
stale = 0
while not os.path.exists(path + ".done"):
    try:
        with open(path, "rb", buffering=0) as f:
            size = os.fstat(f.fileno()).st_size
            digest, length = hashlib.sha256(), 0
            while piece := f.read(1 << 20):
                digest.update(piece)
                length += len(piece)
    except OSError as e:
        # The version that was open is gone: an honest answer, unlike a mixture.
        if e.errno != errno.ESTALE:
            sys.exit(f"reader: {e}")
        stale += 1
        continue
    if length != size:
        sys.exit(f"reader: read {length} bytes of a file of {size}")
    if digest.hexdigest() not in sums:
        sys.exit(f"reader: {length} bytes that nobody wrote, or of two versions")
    seen[digest.hexdigest()] = True
print(len(seen), stale, flush=True)
"""


def header(version, content):
    """A safetensors header padded with blanks to 8 bytes, its length before it."""
    tensors = {
        "__metadata__": {"step": str(version)},
        "weight": {"dtype": "U8", "shape": [content.size], "data_offsets": [0, content.size]},
    }
    text = json.dumps(tensors).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def checkpoint(writer, version):
    """Every checkpoint has a length of its own."""
    return Content(writer.seed, f"checkpoint-{version}", writer.size + version * 1017)


def sha256_of_checkpoint(writer, version):
    content = checkpoint(writer, version)
    return sha256([header(version, content), *content.pieces(MIB)])


def save(writer, version, sums):
    content = checkpoint(writer, version)
    temporary = writer.path(f".{NAME}.tmp{version}")
    writer.step(f"writing checkpoint {version}")
    with open(temporary, "wb") as f:
        f.write(header(version, content))
        for i, piece in enumerate(content.pieces(MIB)):
            f.write(piece)
            if version == CHECKPOINTS // 2 and i == content.size // MIB // 2:
                f.flush()
                writer.mark({NAME: sums[version - 1]}, {f".{NAME}.tmp{version}": [None]})
        f.flush()
        writer.step(f"syncing checkpoint {version}")
        os.fsync(f.fileno())
    writer.step(f"renaming checkpoint {version}")
    os.rename(temporary, writer.path(NAME))
    folder = os.open(writer.directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    expect_equal(
        len(header(version, content)) + content.size,
        os.stat(writer.path(NAME)).st_size,
        "size after the rename",
    )


def write(writer):
    sums = [sha256_of_checkpoint(writer, version) for version in range(CHECKPOINTS)]
    if not writer.again:
        save(writer, 0, sums)
        reader = subprocess.Popen(
            [sys.executable, "-c", READER, writer.path(NAME), *sums], stdout=subprocess.PIPE
        )
        try:
            reader.stdout.readline()
            for version in range(1, CHECKPOINTS):
                save(writer, version, sums)
            writer.step("ending the reader")
            with open(writer.path(NAME + ".done"), "wb"):
                pass
            out, _ = reader.communicate(timeout=120)
            expect_equal(0, reader.returncode, "status of the reader")
            expect(int(out.split()[0]) > 0, "the reader read nothing")
            os.unlink(writer.path(NAME + ".done"))
        finally:
            reader.kill()
    writer.step("hashing the last checkpoint")
    expect_equal(sums[-1], sha256_of_file(writer.path(NAME)), "hash of the last checkpoint")
    writer.done({NAME: sums[-1]})


run(write, size=8 * MIB)
