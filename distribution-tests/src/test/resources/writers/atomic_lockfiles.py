# SPDX-License-Identifier: Apache-2.0
"""Processes that exclude each other by O_CREAT|O_EXCL, flock and fcntl."""

import errno
import fcntl
import hashlib
import multiprocessing
import os
import signal
from collections import Counter

from writer import EMPTY, expect, expect_equal, expect_errno, run

PROCESSES = 8
ROUNDS = 25
INCREMENTS = 25


def create_exclusively(path, rounds, barrier, results):
    """In every round all try to make the same file; the one that made it removes it."""
    for _ in range(rounds):
        barrier.wait()
        try:
            fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            os.write(fd, str(os.getpid()).encode())
            os.close(fd)
            results.put("made")
        except FileExistsError:
            results.put("exists")
        barrier.wait()
        try:
            with open(path) as f:
                owner = f.read()
        except OSError as e:
            owner = None
            results.put(f"made, and then {e}")
        barrier.wait()
        if owner == str(os.getpid()):
            os.unlink(path)


def increment(lock, counter, kind):
    """Adds one to the number in a file, again and again, each time under the lock."""
    for _ in range(INCREMENTS):
        fd = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        kind(fd, fcntl.LOCK_EX)
        with open(counter, "r+b", buffering=0) as f:
            number = int(f.read(20))
            f.seek(0)
            f.write(b"%020d" % (number + 1))
        kind(fd, fcntl.LOCK_UN)
        os.close(fd)


def hold(lock, kind, held, release):
    fd = os.open(lock, os.O_RDWR)
    kind(fd, fcntl.LOCK_EX)
    held.set()
    release.wait()


def start(processes):
    for process in processes:
        process.start()


def join(processes, what):
    for process in processes:
        process.join(240)
        code = process.exitcode
        if code is None:
            process.kill()
        expect_equal(0, code, f"exit status of a process {what}")


def exclusive_creation(writer):
    writer.step("creating with O_EXCL from many processes")
    path = writer.path("locks", "soft.lock")
    barrier = multiprocessing.Barrier(PROCESSES)
    results = multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=create_exclusively, args=(path, ROUNDS, barrier, results))
        for _ in range(PROCESSES)
    ]
    start(processes)
    outcomes = [results.get(timeout=240) for _ in range(PROCESSES * ROUNDS)]
    join(processes, "that creates")
    while not results.empty():
        outcomes.append(results.get())
    expected = {"made": ROUNDS, "exists": ROUNDS * (PROCESSES - 1)}
    expect_equal(expected, dict(Counter(outcomes)), f"outcomes of {ROUNDS} rounds")
    expect(not os.path.exists(path), "the lock file is still there")


def counting(writer, name, kind):
    writer.step(f"counting under {name}")
    lock = writer.path("locks", f"{name}.lock")
    counter = writer.path("locks", f"{name}.counter")
    with open(counter, "wb") as f:
        f.write(b"%020d" % 0)
    processes = [
        multiprocessing.Process(target=increment, args=(lock, counter, kind))
        for _ in range(PROCESSES)
    ]
    start(processes)
    join(processes, f"that counts under {name}")
    with open(counter, "rb") as f:
        expect_equal(b"%020d" % (PROCESSES * INCREMENTS), f.read(), f"count under {name}")


def exclusion(writer, name, kind):
    """A lock that is held is refused to others, and is free when its holder is killed."""
    writer.step(f"holding {name}")
    lock = writer.path("locks", f"{name}.lock")
    held, release = multiprocessing.Event(), multiprocessing.Event()
    holder = multiprocessing.Process(target=hold, args=(lock, kind, held, release))
    holder.start()
    expect(held.wait(60), f"{name} is not given to anybody")
    fd = os.open(lock, os.O_RDWR)
    expect_errno((errno.EAGAIN, errno.EACCES), kind, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    writer.step(f"taking {name} after its holder was killed")
    kind(fd, fcntl.LOCK_EX)
    os.close(fd)


def write(writer):
    kinds = {"flock": fcntl.flock, "fcntl": fcntl.lockf}
    written = {}
    if not writer.again:
        os.mkdir(writer.path("locks"))
        exclusive_creation(writer)
    for name, kind in kinds.items():
        if not writer.again:
            counting(writer, name, kind)
            exclusion(writer, name, kind)
        written[f"locks/{name}.lock"] = EMPTY
        count = b"%020d" % (PROCESSES * INCREMENTS)
        written[f"locks/{name}.counter"] = hashlib.sha256(count).hexdigest()
        if name == "flock":
            writer.mark(dict(written))
    writer.done(written)


multiprocessing.set_start_method("fork")
run(write)
