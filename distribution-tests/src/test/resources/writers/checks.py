# SPDX-License-Identifier: Apache-2.0
"""Independent checks in one writer: each runs, whatever became of those before it."""

import hashlib
import os
import sys
import traceback

from writer import Deviation

CHECKS = []


def check(function):
    """Registers a check: a function of the writer and an empty folder of its own.

    It returns what it left in the folder: {name: bytes}.
    """
    CHECKS.append(function)
    return function


def put(path, content):
    with open(path, "wb") as f:
        f.write(content)


def get(path):
    with open(path, "rb") as f:
        return f.read()


def some(writer, name, size):
    return writer.content(name, size).read(0, size)


def run_checks(writer):
    """Runs them in order, with a mark after half of them and one after all."""
    left, failures = {}, []
    writer.may_remain = {}
    chosen = [f for f in CHECKS if not writer.options.only or f.__name__ in writer.options.only]
    for index, function in enumerate(chosen):
        name = function.__name__
        try:
            folder = writer.path(name)
            os.mkdir(folder)
            for key, content in (function(writer, folder) or {}).items():
                left[f"{name}/{key}"] = hashlib.sha256(content).hexdigest()
        except (Deviation, OSError, ValueError) as e:
            frames = [
                frame
                for frame in traceback.extract_tb(e.__traceback__)
                if os.path.basename(frame.filename) == os.path.basename(sys.argv[0])
            ]
            failures.append(f"{name}:{frames[-1].lineno if frames else '?'}: {e}")
        if index + 1 in (len(chosen) // 2, len(chosen)):
            writer.mark(dict(left), dict(writer.may_remain))
    if failures:
        raise Deviation(f"{len(failures)} of {len(chosen)} checks failed\n" + "\n".join(failures))
    writer.done(left)


def options(parser):
    parser.add_argument("--only", nargs="*", help="names of checks")
