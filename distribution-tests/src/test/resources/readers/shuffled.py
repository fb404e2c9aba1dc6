# SPDX-License-Identifier: Apache-2.0
"""Reads a file in pieces of 1 MiB whose order is random but the same each time, and prints the sum of their checksums.

shuffled.py FILE
"""

import os
import random
import sys
import zlib

PIECE = 1 << 20
REQUEST = 128 << 10


def main(path):
    descriptor = os.open(path, os.O_RDONLY)
    # Linux is not to read ahead by itself.
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
    size = os.fstat(descriptor).st_size
    offsets = list(range(0, size, PIECE))
    random.Random(5).shuffle(offsets)
    total = 0
    for offset in offsets:
        for at in range(offset, min(offset + PIECE, size), REQUEST):
            total += zlib.crc32(os.pread(descriptor, REQUEST, at))
    print(total)


main(sys.argv[1])
