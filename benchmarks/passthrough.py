#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""FUSE passthrough, tried: one file that Linux reads from a local file by itself, and what that costs.

Usage: passthrough.py FOLDER [MIB]    as root; FOLDER on the disk a cache would be on
Prints the CPU seconds a GiB of whoever reads and of whoever serves, medians of five, with the page cache warm:
the local file itself, the file through passthrough, and how much daemon CPU there was.
"""
import ctypes, errno, fcntl, os, resource, statistics, struct, sys, time

GIB = 1 << 30
HEADER = struct.Struct('<IIQQIIII')
INIT, DESTROY, LOOKUP, FORGET, GETATTR, OPEN, READ, RELEASE, FLUSH, OPENDIR, RELEASEDIR = 26, 38, 1, 2, 3, 14, 15, 18, 25, 27, 29
BATCH_FORGET, INTERRUPT = 42, 36
FUSE_PASSTHROUGH = 1 << 37
FUSE_INIT_EXT = 1 << 30
FOPEN_PASSTHROUGH = 1 << 7
BACKING_OPEN = 0x4010e501  # _IOW(229, 1, struct fuse_backing_map)


def attributes(inode, mode, size):
    return struct.pack('<6Q10I', inode, size, (size + 511) // 512, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def serve(device, backing, size):
    reads = 0
    backing_id = 0
    while True:
        try:
            request = os.read(device, (1 << 20) + 4096)
        except OSError as e:
            if e.errno == errno.ENODEV:
                return reads
            if e.errno in (errno.ENOENT, errno.EINTR):
                continue
            raise
        length, operation, unique, node, *_ = HEADER.unpack_from(request)
        body, error = b'', 0
        if operation == INIT:
            major, minor, _, low, high = struct.unpack_from('<5I', request, 40)
            offered = low | high << 32
            if not offered & FUSE_PASSTHROUGH:
                error = errno.EPROTO
                print('this Linux has no FUSE passthrough')
            wanted = 1 | FUSE_INIT_EXT | FUSE_PASSTHROUGH
            # Readahead, background, max_write, granularity, max_pages, alignment, flags2, stack depth 1
            body = struct.pack('<4IHHIIHHII', 7, 41, 1 << 20, wanted & 0xffffffff, 64, 48, 1 << 20, 1, 256, 0,
                               wanted >> 32, 1).ljust(64, b'\0')
            body = body[:64]
        elif operation == LOOKUP:
            body = struct.pack('<4Q2I', 2, 0, 60, 60, 0, 0) + attributes(2, 0o100444, size)
        elif operation == GETATTR:
            root = node == 1
            body = struct.pack('<Q2I', 60, 0, 0) + attributes(node, 0o40755 if root else 0o100444, 0 if root else size)
        elif operation == OPEN:
            if not backing_id:
                backing_id = fcntl.ioctl(device, BACKING_OPEN, bytearray(struct.pack('<iIQ', backing, 0, 0)), True)
            body = struct.pack('<QIi', 1, FOPEN_PASSTHROUGH, backing_id)
        elif operation == OPENDIR:
            body = struct.pack('<QII', 1, 0, 0)
        elif operation == READ:
            reads += 1
            error = errno.EIO
        elif operation in (FORGET, BATCH_FORGET, INTERRUPT):
            continue
        elif operation not in (RELEASE, RELEASEDIR, FLUSH, DESTROY):
            error = errno.ENOSYS
        reply = struct.pack('<IiQ', 16 + len(body), -error, unique) + body
        try:
            os.write(device, reply)
        except OSError as e:
            if e.errno != errno.ENOENT:
                raise


def read_all(path, direct):
    """Reads in a child; returns its CPU seconds and the wall seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.execvp('dd', ['dd', 'if=' + path, 'of=/dev/null', 'bs=1M', 'status=none'] + (['iflag=direct'] if direct else []))
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
        raise SystemExit('dd failed')
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.monotonic() - start


def cpu_of(pid):
    fields = open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def measure(name, path, size, server=None, direct=False):
    read_all(path, direct)
    served, rows = [], []
    for _ in range(5):
        before = cpu_of(server) if server else 0
        rows.append(read_all(path, direct))
        served.append((cpu_of(server) if server else 0) - before)
    cpu, seconds = statistics.median(r[0] for r in rows), statistics.median(r[1] for r in rows)
    print(f'{name:36} {size / 1e9 / seconds:8.2f} {cpu * GIB / size:10.2f} {statistics.median(served) * GIB / size:10.2f}')


def main():
    folder, mib = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1024
    size = mib << 20
    file, mountpoint = os.path.join(folder, 'passthrough.bin'), os.path.join(folder, 'passthrough.mnt')
    with open(file, 'wb') as out:
        for _ in range(mib):
            out.write(os.urandom(4096) * 256)
    os.mkdir(mountpoint)
    device = os.open('/dev/fuse', os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f'fd={device},rootmode=40000,user_id=0,group_id=0,allow_other'.encode()
    if libc.mount(b'passthrough', mountpoint.encode(), b'fuse.sluice', 6, options) != 0:
        raise OSError(ctypes.get_errno(), 'mount')
    server = os.fork()
    if server == 0:
        reads = serve(device, os.open(file, os.O_RDONLY), size)
        print(f'{reads} reads reached the server')
        sys.stdout.flush()
        os._exit(0)
    os.close(device)
    try:
        print(f'{"":36} {"GB/s":>8} {"reader":>10} {"server":>10}   CPU-s/GiB')
        through = os.path.join(mountpoint, 'file')
        measure('the local file', file, size)
        measure('through passthrough', through, size, server)
        measure('the local file, O_DIRECT', file, size, None, True)
        measure('through passthrough, O_DIRECT', through, size, server, True)
    finally:
        libc.umount2(mountpoint.encode(), 2)
        os.waitpid(server, 0)
        os.rmdir(mountpoint)
        os.remove(file)


main()
