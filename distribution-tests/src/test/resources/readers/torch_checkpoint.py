# SPDX-License-Identifier: Apache-2.0
"""Makes a checkpoint with PyTorch, and loads it in several processes at once, every value compared."""
import os
import sys

import torch


def content():
    generator = torch.Generator().manual_seed(5)
    return {f"layers.{layer}.weight": torch.randn(1024, 1024, generator=generator) for layer in range(32)}


def load(path):
    loaded = torch.load(path, map_location="cpu")
    expected = content()
    return loaded.keys() == expected.keys() and all(torch.equal(loaded[name], expected[name]) for name in expected)


def main():
    torch.set_num_threads(1)
    if sys.argv[1] == "make":
        torch.save(content(), sys.argv[2])
        return
    children = []
    for _ in range(int(sys.argv[3])):
        child = os.fork()
        if child == 0:
            os._exit(0 if load(sys.argv[2]) else 1)
        children.append(child)
    if any([os.waitpid(child, 0)[1] for child in children]):
        sys.exit("a process did not load what was saved")


if __name__ == "__main__":
    main()
