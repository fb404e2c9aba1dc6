# SPDX-License-Identifier: Apache-2.0
"""ModelScope's parallel download: parts with "ab+" by threads, merge in 16 MiB reads, rename."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from writer import MIB, Content, expect, expect_equal, run, sha256, sha256_of_file

MODEL = "models/some--model"
NAME = "pytorch_model.bin"
CHUNK = MIB
MERGE = 16 * MIB


class Part:
    """A range of the file in a file of its own, named by its first and last byte."""

    def __init__(self, writer, content, start, end):
        self.content, self.start, self.end = content, start, end
        self.name = f"{NAME}_{start}_{end - 1}"
        self.path = writer.path(MODEL, self.name)
        self.middle = start + (end - start) // 2 + 4321

    def sha256(self, end=None):
        return sha256(self.content.pieces(MIB, self.start, self.end if end is None else end))

    def write(self, end):
        """Goes on where the file ends, up to a position."""
        length = 0
        if os.path.exists(self.path):
            with open(self.path, "rb") as f:
                length = f.seek(0, os.SEEK_END)
        position = self.start + length
        with open(self.path, "ab+") as f:
            expect_equal(length, f.tell(), f"position of {self.name} opened with ab+")
            for piece in self.content.pieces(CHUNK, position, end):
                f.write(piece)
            f.flush()
            f.seek(0)
            expect_equal(
                self.content.read(self.start, 1000), f.read(1000), f"start of {self.name} read back"
            )

    def download(self, halfway, interrupted):
        self.write(self.middle)
        if interrupted:
            expect_equal(
                self.middle - self.start, os.stat(self.path).st_size, f"size of {self.name}"
            )
        halfway.wait()
        halfway.wait()
        self.write(self.end)
        expect_equal(self.end - self.start, os.stat(self.path).st_size, f"size of {self.name}")


def merge(writer, content, parts):
    target = writer.path(MODEL, NAME + ".parallel_tmp")
    writer.step("merging the parts")
    left = {part.name: part for part in parts}
    with open(target, "wb") as output:
        for part in parts:
            with open(part.path, "rb") as f:
                for piece in iter(lambda: f.read(MERGE), b""):
                    output.write(piece)
            writer.step(f"removing {part.name}")
            os.remove(part.path)
            del left[part.name]
            if len(left) == len(parts) // 2:
                output.flush()
                writer.mark(
                    {f"{MODEL}/{part.name}": part.sha256() for part in left.values()},
                    {f"{MODEL}/{NAME}.parallel_tmp": [None]},
                )
        writer.step("closing the merged file")
    expect_equal(content.size, os.stat(target).st_size, "size of the merged file")
    writer.step("renaming over the final name")
    os.replace(target, writer.path(MODEL, NAME))


def write(writer):
    content: Content = writer.content(NAME)
    if not writer.again:
        writer.step("making the folder")
        os.makedirs(writer.path(MODEL), exist_ok=True)
        size = writer.options.part_size
        parts = [
            Part(writer, content, start, min(start + size, content.size))
            for start in range(0, content.size, size)
        ]
        halfway = threading.Barrier(len(parts) + 1, timeout=300)
        writer.step("writing the parts")
        with ThreadPoolExecutor(len(parts)) as threads:
            downloads = [
                threads.submit(part.download, halfway, i == 1) for i, part in enumerate(parts)
            ]
            for download in downloads:
                # A part that fails would leave the others waiting.
                download.add_done_callback(lambda d: d.exception() and halfway.abort())
            try:
                halfway.wait()
                writer.mark({f"{MODEL}/{p.name}": p.sha256(p.middle) for p in parts})
                halfway.wait()
            except threading.BrokenBarrierError:
                pass
            failures = [download.exception() for download in downloads]
        for failure in failures:
            if failure and not isinstance(failure, threading.BrokenBarrierError):
                raise failure
        expect(not any(failures), "a part was not written")
        merge(writer, content, parts)
    writer.step("hashing the final file")
    expect_equal(
        content.sha256(), sha256_of_file(writer.path(MODEL, NAME)), "hash of the final file"
    )
    writer.done({f"{MODEL}/{NAME}": content.sha256()})


def options(parser):
    parser.add_argument("--part-size", type=int, default=6 * MIB, help="ModelScope's: 160 MB")


run(write, options=options)
