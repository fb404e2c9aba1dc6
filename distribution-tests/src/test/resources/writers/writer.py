# SPDX-License-Identifier: Apache-2.0
"""What the writers share: arguments, reproducible bytes, and the lines they print.

A writer prints JSON, one object a line:
  {"mark": n, "closed": {path: sha256}, "open": {path: [sha256 or null, ...]}}
      how far it is: what is complete by now, and for files still open what the store may hold
      (null: nothing). With --pause n it waits there for a line on its standard input.
  {"written": {path: sha256}, "links": {path: target}}
      at the end: everything it left, and nothing else is left. Paths are relative.
Any deviation is one line on standard error and exit status 1.
"""

import argparse
import errno
import hashlib
import json
import os
import random
import sys
import traceback

MIB = 1 << 20
EMPTY = hashlib.sha256(b"").hexdigest()


class Deviation(Exception):
    """The file system did something else than it must."""


class Content:
    """Bytes that depend on seed, name and size only; any range can be had at any time."""

    def __init__(self, seed, name, size):
        self.seed, self.name, self.size = seed, name, size

    def _block(self, index):
        length = min(MIB, self.size - index * MIB)
        return random.Random(f"{self.seed}/{self.name}/{index}").randbytes(length)

    def read(self, offset, length):
        end = min(offset + length, self.size)
        got = bytearray()
        while offset < end:
            index, skip = divmod(offset, MIB)
            piece = self._block(index)[skip : skip + end - offset]
            got += piece
            offset += len(piece)
        return bytes(got)

    def pieces(self, length, start=0, end=None):
        end = self.size if end is None else end
        for offset in range(start, end, length):
            yield self.read(offset, min(length, end - offset))

    def sha256(self, end=None):
        return sha256(self.pieces(MIB, 0, end))


def sha256(pieces):
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def sha256_of_file(path, length=MIB):
    """Reads the whole file the way hash checks do."""
    with open(path, "rb", buffering=0) as f:
        return sha256(iter(lambda: f.read(length), b""))


def expect(condition, message):
    if not condition:
        raise Deviation(message)


def expect_equal(expected, actual, what):
    expect(expected == actual, f"{what}: expected {expected!r}, got {actual!r}")


def expect_errno(numbers, call, *arguments, **named):
    """Calls what must fail with one of the errno values."""
    numbers = (numbers,) if isinstance(numbers, int) else numbers
    names = " or ".join(errno.errorcode[n] for n in numbers)
    try:
        result = call(*arguments, **named)
    except OSError as e:
        expect(e.errno in numbers, f"expected {names}, got {errno.errorcode.get(e.errno, e.errno)}")
    else:
        raise Deviation(f"expected {names}, but it succeeded with {result!r}")


class Writer:
    """One run of a writer in one directory."""

    def __init__(self, directory, seed, size, pause, again, options):
        self.directory, self.seed, self.size = directory, seed, size
        self.pause, self.again, self.options = pause, again, options
        self.at = "starting"
        self._marks = 0

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def content(self, name, size=None):
        return Content(self.seed, name, self.size if size is None else size)

    def random(self, name):
        return random.Random(f"{self.seed}/{name}")

    def step(self, text):
        self.at = text

    def mark(self, closed, still_open=None):
        self._marks += 1
        self._print({"mark": self._marks, "closed": closed, "open": still_open or {}})
        if self.pause == self._marks:
            sys.stdin.readline()

    def done(self, written, links=None):
        self._print({"written": written, "links": links or {}})

    @staticmethod
    def _print(line):
        print(json.dumps(line), flush=True)


def run(write, size=24 * MIB, options=None):
    """Runs a writer with the arguments of the command line, and ends the process."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("directory", help="where to write; must exist")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=size, help="bytes of the large file")
    parser.add_argument("--pause", type=int, default=0, help="wait for a line at this mark")
    parser.add_argument("--again", action="store_true", help="only what a second run does")
    if options:
        options(parser)
    arguments = parser.parse_args()
    writer = Writer(
        arguments.directory,
        arguments.seed,
        arguments.size,
        arguments.pause,
        arguments.again,
        arguments,
    )
    name = os.path.basename(sys.argv[0])
    try:
        write(writer)
    except (Deviation, OSError) as e:
        where = traceback.extract_tb(e.__traceback__)
        lines = [f.lineno for f in where if os.path.basename(f.filename) == name]
        print(f"{name}:{lines[-1] if lines else '?'}: while {writer.at}: {e}", file=sys.stderr)
        sys.exit(1)
