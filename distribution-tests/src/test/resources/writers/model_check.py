# SPDX-License-Identifier: Apache-2.0
"""Random operations on the mount and on a local folder; every result and every byte must agree.

The local file system is the model. The same seed gives the same operations.
"""

import errno
import hashlib
import os
import stat
from collections import deque

from writer import Deviation, expect_equal, run, sha256_of_file

FOLDERS = ["a", "b", "a/c", "b/d e", "a/c/ü"]
NAMES = ["one", "two", "three"]
PATHS = [os.path.join(folder, name) for folder in ["", *FOLDERS] for name in NAMES]
FLAGS = [
    os.O_RDONLY,
    os.O_RDWR,
    os.O_WRONLY,
    os.O_RDWR | os.O_CREAT,
    os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    os.O_RDWR | os.O_CREAT | os.O_TRUNC,
    os.O_RDWR | os.O_CREAT | os.O_EXCL,
    os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    os.O_RDWR | os.O_APPEND,
]
MOST_HANDLES = 6
SMALL, LARGE = 300_000, 12 << 20


class Tree:
    """One of the two trees, with its open files by number."""

    def __init__(self, root):
        self.root = root
        self.handles = {}

    def perform(self, operation, *arguments):
        try:
            return getattr(self, operation)(*arguments)
        except OSError as e:
            same = operation == "rename" and e.errno == errno.EEXIST
            return errno.errorcode[errno.ENOTEMPTY if same else e.errno]

    def at(self, path):
        return os.path.join(self.root, path)

    def open(self, handle, path, flags):
        self.handles[handle] = os.open(self.at(path), flags, 0o644)
        return "opened"

    def close(self, handle):
        fd = self.handles.pop(handle, None)
        return fd is not None and os.close(fd)

    def write(self, handle, data):
        return os.write(self.handles[handle], data)

    def pwrite(self, handle, data, offset):
        return os.pwrite(self.handles[handle], data, offset)

    def pread(self, handle, length, offset):
        return hashlib.sha256(os.pread(self.handles[handle], length, offset)).hexdigest()

    def ftruncate(self, handle, size):
        return os.ftruncate(self.handles[handle], size)

    def fsync(self, handle):
        return os.fsync(self.handles[handle])

    def fstat(self, handle):
        found = os.fstat(self.handles[handle])
        return "folder" if stat.S_ISDIR(found.st_mode) else found.st_size

    def put(self, path, data):
        with open(self.at(path), "wb") as f:
            return f.write(data)

    def append(self, path, data):
        with open(self.at(path), "ab") as f:
            return f.tell(), f.write(data)

    def get(self, path):
        return sha256_of_file(self.at(path))

    def truncate(self, path, size):
        return os.truncate(self.at(path), size)

    def rename(self, source, target):
        return os.rename(self.at(source), self.at(target))

    def unlink(self, path):
        return os.unlink(self.at(path))

    def mkdir(self, path):
        return os.mkdir(self.at(path))

    def rmdir(self, path):
        return os.rmdir(self.at(path))

    def listdir(self, path):
        return sorted(os.listdir(self.at(path)))

    def stat(self, path):
        found = os.stat(self.at(path))
        return "folder" if stat.S_ISDIR(found.st_mode) else found.st_size

    def whole(self):
        """Every path with its SHA-256; None for folders."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            for name in folders:
                found[os.path.relpath(os.path.join(folder, name), self.root)] = None
            for name in files:
                path = os.path.join(folder, name)
                found[os.path.relpath(path, self.root)] = sha256_of_file(path)
        return found


class Choice:
    """The next operation, at random."""

    def __init__(self, random):
        self.random = random
        self.opened = 0

    def length(self):
        small = (0, 1, 100, 4095, 4096, 4097, 65_536, 131_073, self.random.randrange(SMALL))
        return self.random.choice(small)

    def position(self):
        if self.random.random() < 0.03:
            return self.random.randrange(LARGE)
        return self.random.choice((0, 1, 4096, self.random.randrange(SMALL)))

    def data(self):
        return self.random.randbytes(self.length())

    def any_path(self):
        return self.random.choice(PATHS if self.random.random() < 0.8 else FOLDERS)

    def next(self, handles):
        kinds = ["put", "append", "get", "truncate", "unlink", "stat", "listdir", "mkdir", "mkdir"]
        kinds += ["rename", "rename", "rename_folder", "rmdir"]
        if len(handles) < MOST_HANDLES:
            kinds += ["open"] * 5
        if handles:
            kinds += ["pwrite"] * 4 + ["write"] * 3 + ["pread"] * 3
            kinds += ["ftruncate", "fsync", "fstat", "close", "close"]
        kind = self.random.choice(kinds)
        handle = self.random.choice(sorted(handles)) if handles else None
        path = self.random.choice(PATHS)
        if kind == "open":
            self.opened += 1
            return kind, self.opened, self.any_path(), self.random.choice(FLAGS)
        if kind == "rename_folder":
            return "rename", self.random.choice(FOLDERS), self.random.choice(FOLDERS)
        if kind == "rename":
            return kind, path, self.any_path()
        arguments = {
            "write": lambda: (handle, self.data()),
            "pwrite": lambda: (handle, self.data(), self.position()),
            "pread": lambda: (handle, self.length(), self.position()),
            "ftruncate": lambda: (handle, self.position()),
            "fsync": lambda: (handle,),
            "fstat": lambda: (handle,),
            "close": lambda: (handle,),
            "put": lambda: (path, self.data()),
            "append": lambda: (path, self.data()),
            "get": lambda: (self.any_path(),),
            "truncate": lambda: (path, self.position()),
            "unlink": lambda: (self.any_path(),),
            "stat": lambda: (self.any_path(),),
            "listdir": lambda: (self.random.choice(FOLDERS),),
            "mkdir": lambda: (self.random.choice(FOLDERS),),
            "rmdir": lambda: (self.random.choice(FOLDERS),),
        }
        return kind, *arguments[kind]()


def shown(operation):
    def short(argument):
        return f"{len(argument)} bytes" if isinstance(argument, bytes) else repr(argument)

    return f"{operation[0]}({', '.join(short(a) for a in operation[1:])})"


class Comparison:
    """The mount beside the model."""

    def __init__(self, mount, model):
        self.mount, self.model = mount, model
        self.names = {}
        self.history = deque(maxlen=40)

    def perform(self, step, operation):
        expected = self.model.perform(*operation)
        found = self.mount.perform(*operation)
        self.history.append(f"{step}: {shown(operation)} = {expected}")
        self.agree(expected, found, f"step {step}: {shown(operation)}")
        if operation[0] == "open" and expected == "opened":
            self.names[operation[1]] = operation[2]
        touched = [a for a in operation[1:] if isinstance(a, str)]
        touched += [self.names[a] for a in operation[1:2] if a in self.names]
        for path in touched:
            question = ("listdir" if path in FOLDERS else "get", path)
            answers = [tree.perform(*question) for tree in (self.model, self.mount)]
            self.agree(*answers, f"after step {step}: {shown(question)}")

    def whole(self, when):
        self.agree(self.model.whole(), self.mount.whole(), f"the whole tree {when}")

    def agree(self, expected, found, what):
        if expected != found:
            past = "\n".join(self.history)
            raise Deviation(f"{what}: local {expected}, mount {found}; before:\n{past}")


def write(writer):
    comparison = Comparison(Tree(writer.directory), Tree(writer.options.local))
    if not writer.again:
        choice = Choice(writer.random("operations"))
        for folder in FOLDERS:
            comparison.perform("begin", ("mkdir", folder))
        for step in range(writer.options.steps):
            writer.step(f"at step {step} of seed {writer.seed}")
            comparison.perform(step, choice.next(comparison.model.handles))
            if step % 50 == 49:
                comparison.whole(f"after step {step}")
        for handle in sorted(comparison.model.handles):
            comparison.perform("end", ("close", handle))
    writer.step("comparing the whole trees")
    comparison.whole("at the end")
    found = comparison.model.whole()
    expect_equal({}, comparison.model.handles, "open files")
    writer.done({path: sum for path, sum in found.items() if sum})


def options(parser):
    parser.add_argument("--local", required=True, help="an empty folder of a local file system")
    parser.add_argument("--steps", type=int, default=400)


run(write, options=options)
