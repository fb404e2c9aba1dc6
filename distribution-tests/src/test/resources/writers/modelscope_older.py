# SPDX-License-Identifier: Apache-2.0
"""Older ModelScope clients: a temporary folder, parts, merge with "wb+", shutil.move, rmtree."""

import hashlib
import os
import shutil
import tempfile

from writer import MIB, expect, expect_equal, run, sha256, sha256_of_file

TEMPORARY = "._____temp/some/model"
MODEL = "some/model"
NAME = "consolidated.00.pth"
PARTS = 3


def write_parts(writer, content):
    names = []
    step = -(-content.size // PARTS)
    for start in range(0, content.size, step):
        end = min(start + step, content.size)
        name = f"{NAME}_{start}_{end - 1}"
        writer.step(f"writing {name}")
        with open(writer.path(TEMPORARY, name), "ab+") as f:
            for piece in content.pieces(MIB, start, end):
                f.write(piece)
        names.append((name, sha256(content.pieces(MIB, start, end))))
    return names


def write(writer):
    content = writer.content(NAME)
    final = writer.path(MODEL, NAME)
    index = b'[{"Path": "consolidated.00.pth", "Revision": "abc"}]'
    if not writer.again:
        writer.step("making the folders")
        os.makedirs(writer.path(TEMPORARY), exist_ok=True)
        parts = write_parts(writer, content)

        writer.step("merging the parts")
        merged = writer.path(TEMPORARY, NAME)
        with open(merged, "wb+") as output:
            for i, (name, _) in enumerate(parts):
                part = writer.path(TEMPORARY, name)
                with open(part, "rb") as f:
                    for piece in iter(lambda: f.read(16 * MIB), b""):
                        output.write(piece)
                os.remove(part)
                if i == 0:
                    output.flush()
                    writer.mark(
                        {f"{TEMPORARY}/{name}": sum for name, sum in parts[1:]},
                        {f"{TEMPORARY}/{NAME}": [None]},
                    )
            writer.step("reading back through the handle of the merge")
            output.seek(content.size - 1000)
            expect_equal(content.read(content.size - 1000, 1000), output.read(), "the last bytes")
        expect_equal(content.sha256(), sha256_of_file(merged), "hash of the merged file")

        writer.step("moving the file out of the temporary folder")
        os.makedirs(writer.path(MODEL), exist_ok=True)
        shutil.move(merged, final)

        writer.step("moving the index from another file system")
        handle, name = tempfile.mkstemp()
        with open(handle, "wb") as f:
            f.write(index)
        shutil.move(name, writer.path(MODEL, ".msc"))

        writer.step("removing the temporary folder")
        shutil.rmtree(writer.path("._____temp"))
        expect(not os.path.exists(writer.path("._____temp")), "the temporary folder is still there")
    writer.step("hashing the final file")
    expect_equal(content.sha256(), sha256_of_file(final, 65536), "hash of the final file")
    writer.done(
        {
            f"{MODEL}/{NAME}": content.sha256(),
            f"{MODEL}/.msc": hashlib.sha256(index).hexdigest(),
        }
    )


run(write)
