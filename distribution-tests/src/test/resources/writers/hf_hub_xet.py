# SPDX-License-Identifier: Apache-2.0
"""huggingface_hub with xet: one handle stays open while the other library writes the same path.

sequential: the library opens the path once more and writes from start to end.
parallel:   several handles write pieces at their offsets, in any order, at the same time.
"""

import hashlib
import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from hf_hub import check_free_space, chmod_and_move, file_lock
from writer import EMPTY, MIB, expect, expect_equal, run, sha256_of_file

NAME = "model-00001-of-00003.safetensors"
FOLDER = "local"
CACHE = f"{FOLDER}/.cache/huggingface/download"
PIECE = 2 * MIB + 4096  # xet's terms have any length
HANDLES = 4


def write_sequentially(writer, path, content, halfway):
    with open(path, "r+b", buffering=0) as f:
        for index, piece in enumerate(content.pieces(PIECE)):
            writer.step(f"writing at {index * PIECE} through the second handle")
            expect_equal(len(piece), f.write(piece), "bytes written")
            if index * PIECE <= content.size // 2 < (index + 1) * PIECE:
                halfway()
        writer.step("closing the second handle")


def write_in_parallel(writer, path, content, halfway):
    offsets = list(range(0, content.size, PIECE))
    writer.random("order").shuffle(offsets)

    def write_some(fd, some):
        for offset in some:
            piece = content.read(offset, PIECE)
            expect_equal(len(piece), os.pwrite(fd, piece, offset), f"bytes written at {offset}")

    writer.step("writing out of order through four handles")
    handles = [os.open(path, os.O_WRONLY) for _ in range(HANDLES)]
    try:
        with ThreadPoolExecutor(HANDLES) as threads:
            half = len(offsets) // 2
            for batch in (offsets[:half], offsets[half:]):
                for result in [
                    threads.submit(write_some, fd, batch[i::HANDLES])
                    for i, fd in enumerate(handles)
                ]:
                    result.result()
                if batch[0] == offsets[0]:
                    halfway()
    finally:
        writer.step("closing the four handles")
        for fd in handles:
            os.close(fd)


def write(writer):
    content = writer.content(NAME)
    etag = content.sha256()
    stem = uuid.UUID(int=writer.random("uuid").getrandbits(128), version=4)
    final = writer.path(FOLDER, NAME)
    metadata = writer.path(CACHE, NAME + ".metadata")
    lock = f"{CACHE}/{NAME}.lock"
    ignore = f"{FOLDER}/.cache/huggingface/.gitignore"
    incomplete = f"{CACHE}/{NAME}.{stem}.incomplete"
    if not writer.again:
        writer.step("making the folders")
        os.makedirs(writer.path(CACHE), exist_ok=True)
        with open(writer.path(ignore), "w") as f:
            f.write("*")
        writer.step("locking")
        with file_lock(writer.path(lock)):
            path = writer.path(incomplete)
            writer.step("opening .incomplete with wb")
            with open(path, "wb") as idle:
                check_free_space(writer.path(CACHE), content.size)

                def halfway():
                    writer.mark(
                        {ignore: hashlib.sha256(b"*").hexdigest()},
                        {incomplete: [None], lock: [None, EMPTY]},
                    )

                shape = {"sequential": write_sequentially, "parallel": write_in_parallel}
                shape[writer.options.shape](writer, path, content, halfway)
                writer.step("closing the first handle")
                expect_equal(content.size, os.fstat(idle.fileno()).st_size, "size before closing")
            expect_equal(content.size, os.stat(path).st_size, "size after closing")
            chmod_and_move(writer, path, final, "probe")
            writer.step("writing the metadata")
            with open(metadata, "w") as f:
                f.write(f"main\n{etag}\n{time.time()}\n")
    writer.step("comparing the time of the file with the metadata's")
    with open(metadata) as f:
        lines = f.read().splitlines()
    expect_equal(etag, lines[1], "etag in the metadata")
    changed = os.stat(final).st_mtime
    expect(changed - 1 <= float(lines[2]), f"the file of {lines[2]} seems changed at {changed}")
    writer.step("hashing the final file")
    expect_equal(etag, sha256_of_file(final), "hash of the final file")
    writer.done(
        {
            f"{FOLDER}/{NAME}": etag,
            f"{CACHE}/{NAME}.metadata": sha256_of_file(metadata),
            lock: EMPTY,
            ignore: hashlib.sha256(b"*").hexdigest(),
        }
    )


def options(parser):
    parser.add_argument("--shape", choices=("sequential", "parallel"), default="sequential")


run(write, options=options)
