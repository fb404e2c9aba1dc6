# SPDX-License-Identifier: Apache-2.0
"""huggingface_hub over plain HTTP into its cache: lock, .incomplete, rename to a blob, link."""

import hashlib
import os

from hf_hub import check_free_space, chmod_and_move, file_lock, link_or_move, symlinks_are_supported
from writer import EMPTY, MIB, expect, expect_equal, run, sha256_of_file

REPOSITORY = "hub/models--org--name"
REVISION = "5f0b02c75b57c5855da9ae460ce51323ea669d8a"
SNAPSHOT = f"{REPOSITORY}/snapshots/{REVISION}"
LOCKS = "hub/.locks/models--org--name"
CHUNK = 10 * MIB


def get(writer, f, content, blob):
    """Writes chunk by chunk; after a broken connection goes on with the same handle."""
    broken = content.size // 2 + 99
    for start, end in ((0, broken), (broken, content.size)):
        expect_equal(start, f.tell(), "position to go on at")
        for piece in content.pieces(CHUNK, start, end):
            writer.step(f"writing at {f.tell()}")
            f.write(piece)
        if start == 0 and content.size > CHUNK:
            f.flush()
            writer.mark(
                {f"{REPOSITORY}/refs/main": hashlib.sha256(REVISION.encode()).hexdigest()},
                {
                    f"{REPOSITORY}/blobs/{blob}.incomplete": [None],
                    f"{LOCKS}/{blob}.lock": [None, EMPTY],
                },
            )
    expect_equal(content.size, f.tell(), "position after the last write")


def download(writer, name, content, supported, written, links):
    blob = content.sha256()
    blob_path = writer.path(REPOSITORY, "blobs", blob)
    name_path = writer.path(SNAPSHOT, name)
    lock_path = writer.path(LOCKS, blob + ".lock")
    incomplete = blob_path + ".incomplete"
    if not writer.again:
        os.makedirs(os.path.dirname(blob_path), exist_ok=True)
        os.makedirs(os.path.dirname(name_path), exist_ok=True)
        os.makedirs(os.path.dirname(lock_path), exist_ok=True)
        writer.step("locking")
        with file_lock(lock_path):
            expect(not os.path.exists(blob_path), "the blob is there before it was written")
            writer.step("opening .incomplete with ab")
            with open(incomplete, "ab") as f:
                expect_equal(0, f.tell(), "position in the new file")
                check_free_space(os.path.dirname(incomplete), content.size)
                get(writer, f, content, blob)
                writer.step("closing .incomplete")
            chmod_and_move(writer, incomplete, blob_path, blob[:8])
            expect_equal(content.size, os.stat(blob_path).st_size, "size of the blob")
            target = link_or_move(writer, blob_path, name_path, supported)
    else:
        target = os.readlink(name_path) if supported else None
    writer.step(f"hashing {name}")
    expect_equal(blob, sha256_of_file(name_path), f"hash of {name}")
    written[f"{LOCKS}/{blob}.lock"] = EMPTY
    if target is None:
        written[f"{SNAPSHOT}/{name}"] = blob
    else:
        written[f"{REPOSITORY}/blobs/{blob}"] = blob
        links[f"{SNAPSHOT}/{name}"] = target


def write(writer):
    written, links = {}, {}
    reference = writer.path(REPOSITORY, "refs", "main")
    if not writer.again:
        writer.step("writing refs/main")
        os.makedirs(os.path.dirname(reference))
        with open(reference, "w") as f:
            f.write(REVISION)
        supported = symlinks_are_supported(writer, writer.path("hub"))
    else:
        supported = os.path.islink(writer.path(SNAPSHOT, "model.safetensors"))
    with open(reference) as f:
        expect_equal(REVISION, f.read(), "refs/main")
    written[f"{REPOSITORY}/refs/main"] = hashlib.sha256(REVISION.encode()).hexdigest()
    for name, size in (("model.safetensors", writer.size), ("onnx/config.json", 1234)):
        download(writer, name, writer.content(name, size), supported, written, links)
    writer.done(written, links)


run(write)
