# SPDX-License-Identifier: Apache-2.0
"""Does to files what it is told, a line an operation, each in a thread of its own.

A line is a number and words separated by tabs; the answer is the number and the result: ok, what
was found, or the name of an errno. The operations are those of FileOperation.
"""

import errno
import hashlib
import os
import stat
import sys
import threading

MIB = 1 << 20
PERIOD = 4099


def pattern(words):
    seed, length = map(int, words.split(" "))
    digests = (hashlib.sha256(f"{seed}/{i}".encode()).digest() for i in range(PERIOD // 32 + 1))
    period = b"".join(digests)[:PERIOD]
    return (period * (length // PERIOD + 1))[:length]


def summary(size, digest):
    return f"{size} {digest.hexdigest()}"


def write_all(fd, data, offset=None):
    """Writes as often as it takes; a write that says less than everything is no failure."""
    view = memoryview(data)
    while view:
        piece = view[:MIB]
        n = os.write(fd, piece) if offset is None else os.pwrite(fd, piece, offset)
        view = view[n:]
        offset = None if offset is None else offset + n


def read_all(fd):
    digest, size = hashlib.sha256(), 0
    while piece := os.read(fd, MIB):
        digest.update(piece)
        size += len(piece)
    return summary(size, digest)


def kind(found):
    return "directory" if stat.S_ISDIR(found.st_mode) else str(found.st_size)


class Worker:
    def __init__(self, root):
        self.root = root
        self.handles = {}

    def at(self, path):
        return os.path.join(self.root, path)

    def open(self, handle, path, mode):
        access, *more = mode.split(" ")
        flags = {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}[access]
        names = {"c": os.O_CREAT, "t": os.O_TRUNC, "x": os.O_EXCL, "a": os.O_APPEND}
        for name in more:
            flags |= names[name]
        fd = os.open(self.at(path), flags, 0o644)
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            os.close(fd)
            raise IsADirectoryError(errno.EISDIR, path)
        self.handles[handle] = (fd, "a" in more)

    def close(self, handle):
        os.close(self.handles.pop(handle)[0])

    def write(self, handle, data, offset):
        fd, appends = self.handles[handle]
        write_all(fd, pattern(data), None if appends else int(offset))

    def read(self, handle, length, offset):
        fd, left, at = self.handles[handle][0], int(length), int(offset)
        got = bytearray()
        while left and (piece := os.pread(fd, left, at)):
            got += piece
            left -= len(piece)
            at += len(piece)
        return summary(len(got), hashlib.sha256(got))

    def resize(self, handle, size):
        os.ftruncate(self.handles[handle][0], int(size))

    def sync(self, handle):
        os.fsync(self.handles[handle][0])

    def size(self, handle):
        return kind(os.fstat(self.handles[handle][0]))

    def put(self, path, data):
        self._written(path, data, os.O_TRUNC)

    def append(self, path, data):
        self._written(path, data, os.O_APPEND)

    def appendmany(self, path, data, count):
        for _ in range(int(count)):
            self.append(path, data)

    def _written(self, path, data, flag):
        fd = os.open(self.at(path), os.O_WRONLY | os.O_CREAT | flag, 0o644)
        try:
            write_all(fd, pattern(data))
        except OSError:
            try:
                os.close(fd)
            except OSError:
                pass
            raise
        os.close(fd)

    def get(self, path):
        fd = os.open(self.at(path), os.O_RDONLY)
        try:
            return read_all(fd)
        finally:
            os.close(fd)

    def truncate(self, path, size):
        os.truncate(self.at(path), int(size))

    def rename(self, source, target):
        try:
            os.rename(self.at(source), self.at(target))
        except FileExistsError as e:
            raise OSError(errno.ENOTEMPTY, target) from e

    def unlink(self, path):
        os.unlink(self.at(path))

    def makedirectory(self, path):
        os.mkdir(self.at(path))

    def removedirectory(self, path):
        os.rmdir(self.at(path))

    def listnames(self, path):
        return "[" + "|".join(sorted(os.listdir(self.at(path)))) + "]"

    def stat(self, path):
        return kind(os.stat(self.at(path)))

    def observe(self, path):
        """What a path leads to, as NameState says it."""
        while True:
            try:
                return "directory" if self.stat(path) == "directory" else self.get(path)
            except (FileNotFoundError, NotADirectoryError):
                return "absent"
            except InterruptedError:
                """A signal came, as when the process was stopped: it is asked again."""

    def walk(self):
        """Every path and what it leads to."""
        while True:
            try:
                return self._walk()
            except InterruptedError:
                """As above."""

    def _walk(self):
        found = []
        for folder, folders, files in os.walk(self.root, onerror=_raised):
            for name in folders + files:
                path = os.path.relpath(os.path.join(folder, name), self.root)
                found.append(f"{path}\t{self.observe(path)}")
        return "\n".join(sorted(found)).replace("\n", "\t")

    def reset(self):
        """Lets go of all handles, whatever becomes of them."""
        while self.handles:
            try:
                os.close(self.handles.popitem()[1][0])
            except OSError:
                pass


def _raised(error):
    raise error


def answer(worker, number, operation, arguments):
    try:
        result = getattr(worker, operation)(*arguments) or "ok"
    except OSError as e:
        result = errno.errorcode.get(e.errno, str(e))
    print(f"{number}\t{result}\n", end="", flush=True)


def main():
    worker = Worker(sys.argv[1])
    for line in sys.stdin:
        number, operation, *arguments = line.rstrip("\n").split("\t")
        threading.Thread(target=answer, args=(worker, number, operation, arguments)).start()


main()
