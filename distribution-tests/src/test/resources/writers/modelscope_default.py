# SPDX-License-Identifier: Apache-2.0
"""ModelScope's default download: a lock, NAME.incomplete, resumption with "ab", rename, hash."""

import fcntl
import hashlib
import os

from writer import EMPTY, MIB, expect, expect_equal, run, sha256_of_file

MODEL = "models/some--model"
NAME = "model-00001-of-00002.safetensors"
CHUNK = MIB
HASH_BUFFER = 64 * 1024


def download(writer, content):
    final = writer.path(MODEL, NAME)
    incomplete = final + ".incomplete"
    # Where the connection breaks: within a chunk, so that sizes are odd.
    breaks = [content.size // 3 + 12345, content.size * 2 // 3 + 77]

    writer.step("opening .incomplete with wb")
    position = 0
    mode = "wb"
    for end in [*breaks, content.size]:
        with open(incomplete, mode) as f:
            expect_equal(position, f.tell(), f"position after opening with {mode}")
            for piece in content.pieces(CHUNK, position, end):
                writer.step(f"writing at {position}")
                f.write(piece)
                position += len(piece)
            if end == breaks[-1]:
                f.flush()
                writer.mark(
                    {},
                    {
                        f"{MODEL}/{NAME}.incomplete": [content.sha256(breaks[0])],
                        f".lock/{NAME}.lock": [None, EMPTY],
                    },
                )
            writer.step(f"closing at {position}")
        expect_equal(position, os.stat(incomplete).st_size, "size after closing")
        mode = "ab"

    writer.step("renaming over the final name")
    os.replace(incomplete, final)
    expect(not os.path.exists(incomplete), ".incomplete is still there after the rename")
    expect_equal(content.size, os.stat(final).st_size, "size of the final file")


def verify(writer, content):
    writer.step("hashing the final file")
    final = writer.path(MODEL, NAME)
    expect_equal(content.size, os.path.getsize(final), "size of the final file")
    expect_equal(content.sha256(), sha256_of_file(final, HASH_BUFFER), "hash of the final file")


def write(writer):
    content = writer.content(NAME)
    config = b'{"architectures": ["SomeModel"]}\n'
    if not writer.again:
        writer.step("making the folders")
        os.makedirs(writer.path(MODEL), exist_ok=True)
        os.makedirs(writer.path(".lock"), exist_ok=True)
        writer.step("locking")
        with open(writer.path(".lock", NAME + ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            download(writer, content)
            verify(writer, content)
            fcntl.flock(lock, fcntl.LOCK_UN)
        writer.step("writing config.json")
        with open(writer.path(MODEL, "config.json.incomplete"), "wb") as f:
            f.write(config)
        os.replace(
            writer.path(MODEL, "config.json.incomplete"), writer.path(MODEL, "config.json")
        )
    verify(writer, content)
    writer.done(
        {
            f"{MODEL}/{NAME}": content.sha256(),
            f"{MODEL}/config.json": hashlib.sha256(config).hexdigest(),
            f".lock/{NAME}.lock": EMPTY,
        }
    )


run(write)
