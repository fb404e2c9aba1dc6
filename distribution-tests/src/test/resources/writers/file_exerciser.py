# SPDX-License-Identifier: Apache-2.0
"""One file, written, read, mapped, cut, extended and copied at random, beside an array of bytes.

Of the kind of fsx: what goes wrong between the page cache, mappings and sizes shows here.
"""

import errno
import mmap
import os
from collections import deque

from writer import MIB, Deviation, expect_equal, run, sha256

USUAL, MOST = 600_000, 20 * MIB
KINDS = ["read"] * 4 + ["write"] * 4 + ["map_read"] * 2 + ["map_write"] * 3
KINDS += ["cut", "extend", "append", "copy", "sync", "reopen", "reopen", "allocate", "second"]


class Exerciser:
    def __init__(self, path, random):
        self.path, self.random = path, random
        self.model = bytearray()
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self.history = deque(maxlen=30)

    def size(self):
        return len(self.model)

    def position(self, most):
        """Often at or beside the edge of a page, or at the end."""
        choice = self.random.randrange(max(1, min(most, MOST)))
        page = choice // 4096 * 4096
        return min(most, self.random.choice((choice, page, page + 1, max(0, page - 1), most)))

    def length(self, most):
        return min(most, self.random.choice((1, 100, 4096, 8191, self.random.randrange(1, 200_000))))

    def place(self, data, offset):
        if offset > self.size():
            self.model += bytes(offset - self.size())
        self.model[offset : offset + len(data)] = data

    def compare(self, found, offset, what):
        expected = self.model[offset : offset + len(found)]
        if found != expected:
            first = next(i for i, (a, b) in enumerate(zip(expected, found)) if a != b)
            raise Deviation(f"{what}: byte {offset + first} of {self.size()} differs")

    def read(self):
        offset = self.position(self.size())
        length = self.length(max(1, self.size() - offset))
        found = os.pread(self.fd, length, offset)
        expect_equal(min(length, self.size() - offset), len(found), "bytes read")
        self.compare(found, offset, "read")

    def write(self):
        far = self.random.random() < 0.03
        offset = self.position(MOST if far else max(self.size(), USUAL))
        data = self.random.randbytes(self.length(MOST))
        expect_equal(len(data), os.pwrite(self.fd, data, offset), "bytes written")
        self.place(data, offset)

    def append(self):
        data = self.random.randbytes(self.length(MOST))
        expect_equal(len(data), os.pwrite(self.fd, data, self.size()), "bytes appended")
        self.place(data, self.size())

    def mapping(self, access):
        offset = self.position(self.size() - 1) // mmap.PAGESIZE * mmap.PAGESIZE
        length = self.length(self.size() - offset)
        return offset, mmap.mmap(self.fd, length, access=access, offset=offset)

    def map_read(self):
        if self.size():
            offset, mapped = self.mapping(mmap.ACCESS_READ)
            with mapped:
                self.compare(mapped[:], offset, "mapping")

    def map_write(self):
        if self.size():
            offset, mapped = self.mapping(mmap.ACCESS_WRITE)
            with mapped:
                data = self.random.randbytes(len(mapped))
                mapped[:] = data
                if self.random.random() < 0.7:
                    mapped.flush()
            self.place(data, offset)

    def cut(self):
        size = self.position(self.size())
        os.ftruncate(self.fd, size)
        del self.model[size:]

    def extend(self):
        size = self.size() + self.length(MOST)
        os.ftruncate(self.fd, size)
        self.model += bytes(size - self.size())

    def allocate(self):
        offset, length = self.position(max(self.size(), USUAL)), self.length(MOST)
        os.posix_fallocate(self.fd, offset, length)
        self.model += bytes(max(0, offset + length - self.size()))

    def copy(self):
        if self.size() < 2:
            return
        half = self.size() // 2
        source, length = self.position(half - 1), self.length(half)
        length = min(length, half - source)
        target = half + self.position(half)
        data = bytes(self.model[source : source + length])
        copied = 0
        while copied < length:
            try:
                count = os.copy_file_range(
                    self.fd, self.fd, length - copied, source + copied, target + copied
                )
            except OSError as e:
                if e.errno not in (errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL):
                    raise
                count = os.pwrite(self.fd, data[copied:], target + copied)
            if count == 0:
                raise Deviation(f"nothing more was copied at {copied} of {length}")
            copied += count
        self.place(data, target)

    def sync(self):
        os.fsync(self.fd)

    def reopen(self):
        os.close(self.fd)
        self.fd = os.open(self.path, os.O_RDWR)
        self.whole()

    def second(self):
        """Another descriptor changes the file and sees the same."""
        other = os.open(self.path, os.O_RDWR)
        self.fd, other = other, self.fd
        self.write()
        self.read()
        os.close(other)

    def whole(self):
        expect_equal(self.size(), os.fstat(self.fd).st_size, "size")
        offset = 0
        while offset < self.size():
            found = os.pread(self.fd, MIB, offset)
            if not found:
                raise Deviation(f"the file ends at {offset} of {self.size()}")
            self.compare(found, offset, "whole file")
            offset += len(found)

    def step(self):
        kind = self.random.choice(KINDS)
        before = self.size()
        getattr(self, kind)()
        self.history.append(f"{kind}: {before} to {self.size()} bytes")
        expect_equal(self.size(), os.fstat(self.fd).st_size, f"size after {kind}")


def write(writer):
    exerciser = Exerciser(writer.path("file"), writer.random("file"))
    for step in range(writer.options.steps):
        writer.step(f"at step {step} of seed {writer.seed}")
        try:
            exerciser.step()
        except Deviation as e:
            raise Deviation(f"{e}; before: {'; '.join(exerciser.history)}") from e
    exerciser.whole()
    os.close(exerciser.fd)
    writer.done({"file": sha256([exerciser.model])})


def options(parser):
    parser.add_argument("--steps", type=int, default=400)


run(write, options=options)
