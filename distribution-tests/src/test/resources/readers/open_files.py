# SPDX-License-Identifier: Apache-2.0
"""Several processes that each hold all files open and read their share of them, piece by piece.

open_files.py PROCESSES FOLDER: process r reads every piece i of every file with i % PROCESSES == r,
all files in turn, as the ranks of a tensor-parallel load do. Prints the bytes that were read.
"""

import multiprocessing
import os
import sys

PIECE = 1 << 20


def read_share(rank, processes, paths, totals):
    descriptors = [os.open(path, os.O_RDONLY) for path in paths]
    sizes = [os.fstat(descriptor).st_size for descriptor in descriptors]
    total = 0
    for offset in range(rank * PIECE, max(sizes), processes * PIECE):
        for descriptor, size, path in zip(descriptors, sizes, paths):
            end = min(offset + PIECE, size)
            at = offset
            while at < end:
                read = len(os.pread(descriptor, end - at, at))
                if read == 0:
                    raise EOFError(f"{path} ends at {at}")
                at += read
                total += read
    totals.put(total)


def main():
    processes = int(sys.argv[1])
    folder = sys.argv[2]
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    totals = multiprocessing.Queue()
    readers = [
        multiprocessing.Process(target=read_share, args=(rank, processes, paths, totals))
        for rank in range(processes)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    failed = [reader.exitcode for reader in readers if reader.exitcode != 0]
    if failed:
        sys.exit(f"readers ended with {failed}")
    print(sum(totals.get() for _ in readers))


main()
