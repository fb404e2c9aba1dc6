# SPDX-License-Identifier: Apache-2.0
"""Maps a file and reads, of each piece in a list, one of several equal shares.

map_slices.py FILE PIECES RANK RANKS, where each line of PIECES is an offset and a length.
"""

import mmap
import os
import sys

PAGE = 4096


def main(path, pieces, rank, ranks):
    descriptor = os.open(path, os.O_RDONLY)
    mapped = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
    # As the libraries do: the length of the table, and then the table.
    mapped[:8]
    with open(pieces) as lines:
        for line in lines:
            offset, length = (int(word) for word in line.split())
            share = length // ranks
            begin = offset + rank * share
            for page in range(begin, begin + share, PAGE):
                mapped[page]


main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
