# SPDX-License-Identifier: Apache-2.0
"""Reads files of a mount in the order loaders of models do, and says how long it took as one line of JSON.

Every process compares what it reads with a local copy, if it is given one.
"""
import argparse
import json
import mmap
import os
import random
import struct
import sys
import time

MIB = 1 << 20


class Buffered:
    """Plain reads through the page cache."""

    def __init__(self, path):
        self.descriptor = os.open(path, os.O_RDONLY)
        self.buffer = memoryview(bytearray(0))

    def read(self, offset, length):
        if len(self.buffer) < length:
            self.buffer = memoryview(bytearray(length))
        view = self.buffer[:length]
        done = 0
        while done < length:
            count = os.preadv(self.descriptor, [view[done:]], offset + done)
            if count == 0:
                raise EOFError(f"{length} bytes from {offset} end after {done}")
            done += count
        return view


class Direct(Buffered):
    """Reads past the page cache, into memory that starts on a page."""

    def __init__(self, path):
        self.descriptor = os.open(path, os.O_RDONLY | os.O_DIRECT)
        self.size = os.fstat(self.descriptor).st_size
        self.memory = mmap.mmap(-1, 16 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.buffer = memoryview(self.memory)

    def read(self, offset, length):
        skipped = offset % 4096
        end = min(self.size, offset + length)
        wanted = -(-(end - offset + skipped) // 4096) * 4096
        done = 0
        while done < end - offset + skipped:
            count = os.preadv(self.descriptor, [self.buffer[done:wanted]], offset - skipped + done)
            if count == 0:
                raise EOFError(f"{length} bytes from {offset} end after {done}")
            done += count
        return self.buffer[skipped : skipped + length]


class Mapped:
    """Page faults."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.memory = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        self.buffer = bytearray(MIB)

    def read(self, offset, length):
        view = self.memory[offset : offset + length]
        for at in range(0, length, MIB):
            part = view[at : at + MIB]
            self.buffer[: len(part)] = part
        return view


ACCESSES = {"buffered": Buffered, "direct": Direct, "mmap": Mapped}


def in_order(start, end, piece):
    for at in range(start, end, piece):
        yield at, min(piece, end - at)


def whole(options, path, rank):
    yield from in_order(0, os.path.getsize(path), options.request)


def shards(options, path, rank):
    """Each process reads its part of the file."""
    size = os.path.getsize(path)
    yield from in_order(size * rank // options.processes, size * (rank + 1) // options.processes, options.request)


def striped(options, path, rank):
    """Each process reads every so many pieces, so that all of them read the file together."""
    size = os.path.getsize(path)
    for start in range(rank * options.piece, size, options.processes * options.piece):
        yield from in_order(start, min(size, start + options.piece), options.request)


def shuffled(options, path, rank):
    """Pieces in random order, each once."""
    size = os.path.getsize(path)
    starts = list(range(0, size, options.piece))
    random.Random(options.seed).shuffle(starts)
    for start in starts:
        yield from in_order(start, min(size, start + options.piece), options.request)


def scattered(options, path, rank):
    """Small reads at random."""
    pages = os.path.getsize(path) // 4096
    chosen = random.Random(options.seed)
    for _ in range(options.count):
        yield 4096 * chosen.randrange(pages), 4096


def apart(options, path, rank):
    """The first process reads from the start, the second from the middle; both to the end."""
    size = os.path.getsize(path)
    yield from in_order(size * rank // options.processes, size, options.request)


def zip_archive(options, path, rank):
    """As a reader of an archive does: its head, the end of its directory, the directory, its members."""
    size = os.path.getsize(path)
    directory = min(size // 4, options.piece)
    yield 0, 64
    yield size - 22, 22
    yield size - min(size, 65557), min(size, 65557)
    yield from in_order(size - directory, size, 64 << 10)
    at = 0
    while at < size - directory:
        yield at, min(64, size - directory - at)
        end = min(size - directory, at + options.piece)
        yield from in_order(at, end, options.request)
        at = end


def tensors(options, path, rank):
    """Each process maps the file and reads its part of every tensor, in an order that is not the file's.

    Every third tensor is divided by columns, the others by rows.
    """
    with open(path, "rb", buffering=0) as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    header.pop("__metadata__", None)
    names = sorted(header)
    random.Random(options.seed).shuffle(names)
    for name in names:
        start, end = (8 + length + offset for offset in header[name]["data_offsets"])
        rows = header[name]["shape"][0]
        parts = options.processes
        if len(header[name]["shape"]) == 2 and header[name]["shape"][1] % parts == 0 and hash_of(name) % 3 == 0:
            row = (end - start) // rows
            for first in range(start, end, row):
                yield first + row * rank // parts, row // parts
        else:
            row = (end - start) // rows
            yield from in_order(start + rows * rank // parts * row, start + rows * (rank + 1) // parts * row, options.request)


def hash_of(name):
    return sum(name.encode())


PATTERNS = {
    "whole": whole,
    "shards": shards,
    "striped": striped,
    "shuffled": shuffled,
    "scattered": scattered,
    "apart": apart,
    "zip": zip_archive,
    "tensors": tensors,
}


def read(options, rank, files):
    """Reads all files and leaves them open; returns the bytes read and the seconds each file took."""
    total = 0
    seconds = []
    for number, path in enumerate(options.files):
        before = time.monotonic()
        if not options.shared:
            files.append(ACCESSES[options.access](path))
        file = files[number]
        copy = Mapped(options.copies[number]) if options.copies else None
        for offset, length in PATTERNS[options.pattern](options, path, rank):
            got = file.read(offset, length)
            total += length
            if copy is not None and got != copy.memory[offset : offset + length]:
                raise ValueError(f"{length} bytes from {offset} of {path} are not those of {options.copies[number]}")
        seconds.append(round(time.monotonic() - before, 3))
    return total, seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pattern", choices=PATTERNS)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--access", choices=ACCESSES, default="buffered")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--shared", action="store_true", help="all processes read through one descriptor")
    parser.add_argument("--stagger", type=float, default=0, help="seconds from the first process's start to the last's")
    parser.add_argument("--request", type=int, default=MIB, help="bytes of one system call")
    parser.add_argument("--piece", type=int, default=16 * MIB)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--copies", nargs="*", default=[], help="local files to compare with")
    options = parser.parse_args()

    started = time.monotonic()
    shared = [ACCESSES[options.access](path) for path in options.files] if options.shared else []
    children = []
    for rank in range(options.processes):
        out, into = os.pipe()
        child = os.fork()
        if child == 0:
            time.sleep(options.stagger * rank / max(1, options.processes - 1))
            total, seconds = read(options, rank, shared)
            os.write(into, json.dumps([total, seconds]).encode())
            os._exit(0)
        os.close(into)
        children.append((child, out))
    results = []
    for child, out in children:
        with os.fdopen(out) as said:
            text = said.read()
        _, status = os.waitpid(child, 0)
        if status != 0:
            sys.exit("a reader failed")
        results.append(json.loads(text))
    print(
        json.dumps(
            {
                "bytes": sum(total for total, _ in results),
                "seconds": round(time.monotonic() - started, 3),
                "files": results[0][1],
            }
        )
    )


if __name__ == "__main__":
    main()
