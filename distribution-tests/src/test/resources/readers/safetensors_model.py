# SPDX-License-Identifier: Apache-2.0
"""Makes a model as shards in the safetensors format, and reads it as its library does: by mapping the shards.

The format: eight bytes little-endian with the length of the header, the header as JSON with the type, shape and
offsets of every tensor, counted from the header's end, then the tensors.
"""
import hashlib
import json
import mmap
import os
import random
import struct
import sys

INDEX = "model.safetensors.index.json"
LAYERS = 8
SHAPES = {"attn.qkv": [1536, 1024], "attn.out": [1024, 1024], "mlp.up": [4096, 1024], "mlp.down": [1024, 4096], "norm": [1024]}


def make(folder, shards):
    """Writes the shards and an index, and returns the hash of every tensor."""
    names = [f"layers.{layer}.{name}" for layer in range(LAYERS) for name in SHAPES]
    content = random.Random(11)
    hashes, places = {}, {}
    for shard in range(shards):
        file_name = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        header, tensors, at = {"__metadata__": {"format": "pt"}}, [], 0
        for name in names[shard * len(names) // shards : (shard + 1) * len(names) // shards]:
            shape = SHAPES[name.split(".", 2)[2]]
            length = 2 * shape[0] * (shape[1] if len(shape) > 1 else 1)
            tensors.append(content.randbytes(length))
            header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + length]}
            hashes[name] = hashlib.sha256(tensors[-1]).hexdigest()
            places[name] = file_name
            at += length
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(os.path.join(folder, file_name), "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            file.writelines(tensors)
    with open(os.path.join(folder, INDEX), "w", encoding="utf-8") as file:
        json.dump({"metadata": {"hashes": hashes}, "weight_map": places}, file)


def tensors_of(path):
    """Yields name and bytes of every tensor of a shard, in the order of names."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        memory = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
    (length,) = struct.unpack("<Q", memory[:8])
    header = json.loads(memory[8 : 8 + length])
    header.pop("__metadata__", None)
    for name in sorted(header):
        start, end = header[name]["data_offsets"]
        yield name, memoryview(memory)[8 + length + start : 8 + length + end]


def check(folder):
    """Compares every tensor with its hash; returns how many there are."""
    with open(os.path.join(folder, INDEX), encoding="utf-8") as file:
        index = json.load(file)
    hashes = index["metadata"]["hashes"]
    checked = 0
    for shard in sorted(set(index["weight_map"].values())):
        for name, content in tensors_of(os.path.join(folder, shard)):
            if hashlib.sha256(content).hexdigest() != hashes[name]:
                sys.exit(f"{name} of {shard} is not what was written")
            checked += 1
    return checked


def check_at_once(folder, processes):
    """Checks the model in several processes, as the ranks of a server load it."""
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            os._exit(0 if check(folder) == LAYERS * len(SHAPES) else 1)
        children.append(child)
    if any([os.waitpid(child, 0)[1] for child in children]):
        sys.exit("a process failed")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]))
    else:
        check_at_once(sys.argv[2], int(sys.argv[3]))
