#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads files through a mount in the order loaders of models do, and prints what that cost.

Each row has a mount of its own, over S3, of an emulated store 20 ms away that gives each connection 100 MB/s. After: make build
Usage: benchmarks/patterns.py [--scale FRACTION] [--home DISTRIBUTION] [--set SETTING=VALUE]... [PATTERN]...
"""
import argparse
import dataclasses
import glob
import http.client
import json
import multiprocessing
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
READERS = os.path.join(ROOT, "distribution-tests/src/test/resources/readers/patterns.py")
BUCKET = "models"
MIB = 1 << 20
GIB = 1 << 30


@dataclasses.dataclass
class Row:
    """A pattern: how the files are read, how large they are, and what may be downloaded of them."""

    name: str
    options: list
    must: str
    size: int = 4 * GIB
    files: int = 1
    memory: str = "2GiB"
    settings: str = ""
    tensors: bool = False


ROWS = [
    Row("sequential", ["whole"], "1.00 x, 1.15 x the time of eight raw GETs"),
    Row("sequential-mmap", ["whole", "--access", "mmap"], "1.00 x"),
    Row("whole-buffered", ["whole", "--processes", "8"], "1.05 x"),
    Row("whole-direct", ["whole", "--processes", "8", "--access", "direct"], "1.05 x"),
    Row("staggered-buffered", ["whole", "--processes", "8", "--stagger", "3"], "1.05 x"),
    Row("staggered-direct", ["whole", "--processes", "8", "--stagger", "3", "--access", "direct"], "1.05 x"),
    Row("shards", ["shards", "--processes", "8"], "1.05 x"),
    Row("shards-direct", ["shards", "--processes", "8", "--access", "direct"], "1.05 x"),
    Row("threads-direct", ["shards", "--processes", "8", "--access", "direct", "--shared"], "1.05 x"),
    Row("striped-direct", ["striped", "--processes", "8", "--access", "direct"], "1.05 x"),
    Row("pieces-16m", ["shuffled", "--piece", str(16 * MIB)], "1.10 x, 1.5 x the sequential time"),
    Row("pieces-16m-mmap", ["shuffled", "--piece", str(16 * MIB), "--access", "mmap"], "1.10 x, 1.5 x the time of sequential-mmap"),
    Row("pieces-1m", ["shuffled", "--piece", str(MIB)], "1.25 x"),
    Row("pieces-1m-mmap", ["shuffled", "--piece", str(MIB), "--access", "mmap"], "1.25 x"),
    Row("scattered", ["scattered"], "128 KiB each"),
    Row("scattered-direct", ["scattered", "--access", "direct"], "128 KiB each"),
    Row("tensors", ["tensors", "--processes", "4", "--access", "mmap"], "1.05 x", tensors=True),
    Row("zip", ["zip"], "1.02 x, the sequential time"),
    Row("kept-16", ["whole"], "slowest file 1.5 x the median", size=512 * MIB, files=16, memory="1GiB"),
    Row("kept-60", ["whole"], "slowest file 1.5 x the median", size=512 * MIB, files=60, memory="1GiB"),
    Row("unlimited", ["whole"], "memory.limit", memory="1GiB", settings="prefetch.sequential.chunks = unlimited\n"),
    Row("apart", ["apart", "--processes", "2"], "1.05 x"),
    Row("apart-direct", ["apart", "--processes", "2", "--access", "direct"], "1.05 x"),
]


class Store:
    """The emulator in a process of its own."""

    def __init__(self, options):
        jdk = os.environ.get("JAVA_HOME") or subprocess.check_output([os.path.join(ROOT, "tools/find-jdk")], text=True).strip()
        java = os.path.join(jdk, "bin", "java")
        self.process = subprocess.Popen(
            [java, "-Xmx1g", "-p", os.path.join(ROOT, "emulator/target/emulator"), "-m"]
            + ["io.sluicefs.emulator/io.sluicefs.emulator.EmulatorCommand", "--bucket", BUCKET, "--anonymous"]
            + ["--latency", str(options.latency), "--bandwidth", str(options.bandwidth)],
            stdout=subprocess.PIPE,
        )
        self.ready = json.loads(self.process.stdout.readline())

    def ask(self, method, target, body=None):
        request = urllib.request.Request(self.ready["admin"] + target, method=method, data=body)
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def put(self, key, size, seed, head=b""):
        self.ask("PUT", f"/objects/{BUCKET}/{key}?size={size}&seed={seed}", head or None)

    def delete(self, key):
        self.ask("DELETE", f"/objects/{BUCKET}/{key}")

    def counters(self):
        return json.loads(self.ask("GET", "/counters"))

    def reset(self):
        self.ask("POST", "/counters/reset")

    def close(self):
        self.process.terminate()
        self.process.wait()


class Mounted:
    """A mount whose daemon is a child of this process."""

    def __init__(self, home, work, store, row, settings):
        self.path = os.path.join(work, "mnt")
        self.log = os.path.join(work, "daemon.log")
        os.makedirs(self.path, exist_ok=True)
        configuration = os.path.join(work, "sluice.conf")
        with open(configuration, "w") as file:
            file.write(
                f'transport.s3 {{ endpoint = "{store.ready["s3"]}", region = us-east-1, bucket = {BUCKET}\n'
                f"  path-style = true, credentials = environment }}\n"
                f"mount.read-only = true\nmemory.limit = {row.memory}\n{row.settings}" + "\n".join(settings) + "\n"
            )
        environment = dict(
            os.environ,
            AWS_ACCESS_KEY_ID="emulator",
            AWS_SECRET_ACCESS_KEY="emulator-secret",
            XDG_RUNTIME_DIR=work,
        )
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [os.path.join(home, "bin/sluice"), "mount", "-f", "-c", configuration, self.path],
                env=environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while not os.path.ismount(self.path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                sys.exit("no mount:\n" + open(self.log).read())
            time.sleep(0.05)

    def processes(self):
        """The daemon and its children."""
        found = [self.process.pid]
        for process in found:
            with open(f"/proc/{process}/task/{process}/children") as children:
                found += map(int, children.read().split())
        return found

    def cpu_seconds(self):
        ticks = 0
        for process in self.processes():
            with open(f"/proc/{process}/stat") as stat:
                ticks += sum(map(int, stat.read().rpartition(")")[2].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def peak_mib(self):
        kib = 0
        for process in self.processes():
            with open(f"/proc/{process}/status") as status:
                kib += sum(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        return kib >> 10

    def close(self):
        subprocess.run(["umount", self.path], check=False)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()


def safetensors_head(size):
    """The head of a file of alike layers: a few large matrices and some vectors each."""
    shapes = {
        "attn.q": [4096, 4096],
        "attn.k": [1024, 4096],
        "attn.v": [1024, 4096],
        "attn.o": [4096, 4096],
        "mlp.up": [14336, 4096],
        "mlp.down": [4096, 14336],
        "norm": [4096],
    }
    header, at, layer = {}, 0, 0
    while at < size:
        for name, shape in shapes.items():
            length = 2
            for side in shape:
                length *= side
            if at + length > size:
                at = size
                break
            header[f"layers.{layer}.{name}"] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + length]}
            at += length
        layer += 1
    end = max(tensor["data_offsets"][1] for tensor in header.values())
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, end


def raw_range(endpoint, key, start, end):
    address = urllib.parse.urlparse(endpoint)
    connection = http.client.HTTPConnection(address.hostname, address.port)
    connection.request("GET", f"/{BUCKET}/{key}", headers={"Range": f"bytes={start}-{end - 1}"})
    answer = connection.getresponse()
    buffer = memoryview(bytearray(MIB))
    while answer.readinto(buffer):
        pass
    connection.close()


def raw_seconds(store, key, size):
    """Eight ranges of a file at once, without a mount."""
    started = time.monotonic()
    parts = [
        multiprocessing.Process(
            target=raw_range, args=(store.ready["s3"], key, size * part // 8, size * (part + 1) // 8)
        )
        for part in range(8)
    ]
    for part in parts:
        part.start()
    for part in parts:
        part.join()
    return time.monotonic() - started


def measure(row, options, store, work):
    size = int(row.size * options.scale) // MIB * MIB
    keys = [f"{row.name}-{number}.bin" for number in range(row.files)]
    wanted = 0
    for number, key in enumerate(keys):
        head, length = safetensors_head(size) if row.tensors else (b"", size)
        store.put(key, length, number + 1, head)
        wanted += length + len(head)
    mounted = Mounted(options.home, work, store, row, options.set)
    try:
        os.listdir(mounted.path)
        store.reset()
        before = mounted.cpu_seconds()
        arguments = [os.path.join(mounted.path, key) for key in keys]
        said = subprocess.run(
            [sys.executable, READERS, row.options[0], *arguments, *row.options[1:]], stdout=subprocess.PIPE, check=False
        )
        if said.returncode != 0:
            sys.exit(f"{row.name} failed; the daemon said:\n" + open(mounted.log).read())
        result = json.loads(said.stdout)
        counters = store.counters()
        cpu = mounted.cpu_seconds() - before
        down = counters["bytes-out"]
        if row.options[0] == "scattered":
            wanted = result["bytes"]
        figures = {
            "pattern": row.name,
            "MiB wanted": round(wanted / MIB, 1),
            "MiB down": round(down / MIB, 1),
            "x": round(down / wanted, 3),
            "GETs": counters["requests"]["get"],
            "s": result["seconds"],
            "CPU-s/GiB": round(cpu * GIB / wanted, 2),
            "RSS MiB": mounted.peak_mib(),
            "must be": row.must,
            "also": "",
        }
        if row.files > 1:
            times = sorted(result["files"])
            figures["also"] = f"slowest file {times[-1] / times[len(times) // 2]:.2f} x the median"
        if row.name == "sequential":
            figures["also"] = f"raw GETs {raw_seconds(store, keys[0], size):.2f} s"
        if row.options[0] == "scattered":
            figures["also"] = f"{down / 1024 / 200:.0f} KiB each"
        return figures
    finally:
        mounted.close()
        for key in keys:
            store.delete(key)


def main():
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser()
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="of " + ", ".join(names))
    parser.add_argument("--scale", type=float, default=1, help="of the files' sizes")
    parser.add_argument("--home", default=None, help="a distribution other than the one that was built")
    parser.add_argument("--set", action="append", default=[], help="a line of the configuration")
    parser.add_argument("--latency", type=int, default=20, help="milliseconds before an answer")
    parser.add_argument("--bandwidth", type=int, default=100_000_000, help="bytes a second of a connection")
    options = parser.parse_args()
    unknown = set(options.patterns) - set(names)
    if unknown:
        parser.error(f"no such pattern: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if options.home is None:
        homes = glob.glob(os.path.join(ROOT, "distribution/target/sluice-*/"))
        if not homes:
            parser.error("no distribution; run make build first")
        options.home = homes[0]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    work = tempfile.mkdtemp(prefix="sluice-patterns-")
    store = Store(options)
    try:
        titles = None
        for row in ROWS:
            if options.patterns and row.name not in options.patterns:
                continue
            figures = measure(row, options, store, work)
            if titles is None:
                titles = list(figures)
                print("| " + " | ".join(titles) + " |")
                print("|" + "---|" * len(titles))
            print("| " + " | ".join(str(value) for value in figures.values()) + " |", flush=True)
    finally:
        store.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
