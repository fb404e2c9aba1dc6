#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what metrics and the control socket cost reads from memory: CPU of the daemon, with them and without, in turns.

Two mounts of one object serve at once: one counts, and is asked for its figures over HTTP and over the control socket as Prometheus
and an operator do, every 15 seconds; the other has metrics.enabled = false and is asked nothing. Each run reads so many GiB with O_DIRECT out of the memory cache of
one of them, and then as many out of the other's. Every pair of daemons is new, as no two are compiled alike, and in turns the
one or the other is made first: which is first makes a difference of several per cent even where both are the same.
After: make build
Usage: benchmarks/overhead.py [--gib 64] [--runs 4] [--pairs 4] [--every SECONDS] [--limit PERCENT] [--json] [--home DISTRIBUTION]
"""
import argparse
import glob
import json
import mmap
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUCKET = "models"
KEY = "warm.bin"
MIB = 1 << 20
GIB = 1 << 30
TICKS = os.sysconf("SC_CLK_TCK")


def start_store():
    jdk = os.environ.get("JAVA_HOME") or subprocess.check_output([os.path.join(ROOT, "tools/find-jdk")], text=True).strip()
    store = subprocess.Popen(
        [os.path.join(jdk, "bin", "java"), "-Xmx256m", "-p", os.path.join(ROOT, "emulator/target/emulator"), "-m"]
        + ["io.sluicefs.emulator/io.sluicefs.emulator.EmulatorCommand", "--bucket", BUCKET, "--anonymous"],
        stdout=subprocess.PIPE,
    )
    return store, json.loads(store.stdout.readline())


class Mounted:
    """A mount whose daemon is a child of this process."""

    def __init__(self, home, work, name, endpoints, settings):
        self.home = home
        self.folder = os.path.join(work, name)
        self.path = os.path.join(self.folder, "mnt")
        os.makedirs(self.path)
        configuration = os.path.join(self.folder, "sluice.conf")
        with open(configuration, "w") as file:
            file.write(
                f'transport.s3 {{ endpoint = "{endpoints["s3"]}", region = us-east-1, bucket = {BUCKET}\n'
                f"  path-style = true, credentials = environment }}\n"
                f"mount.read-only = true\nmemory.limit = 1536MiB\ncache.memory.retention = lru\n{settings}\n"
            )
        self.environment = dict(
            os.environ,
            AWS_ACCESS_KEY_ID="emulator",
            AWS_SECRET_ACCESS_KEY="emulator-secret",
            XDG_RUNTIME_DIR=self.folder,
        )
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [os.path.join(home, "bin/sluice"), "mount", "-f", "-c", configuration, self.path],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while not os.path.ismount(self.path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                sys.exit("no mount:\n" + open(self.log).read())
            time.sleep(0.05)

    def ticks(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
        return int(words[11]) + int(words[12])

    def read(self, count):
        """Reads so many bytes from memory; returns the daemon's CPU seconds for each GiB and the wall seconds."""
        buffer = mmap.mmap(-1, MIB)
        file = os.open(os.path.join(self.path, KEY), os.O_RDONLY | os.O_DIRECT)
        try:
            before, start, left, offset = self.ticks(), time.monotonic(), count, 0
            while left > 0:
                got = os.preadv(file, [buffer], offset)
                if got == 0:
                    offset = 0
                    continue
                offset += got
                left -= got
            return (self.ticks() - before) / TICKS / (count / GIB), time.monotonic() - start
        finally:
            os.close(file)

    def command(self, *words):
        return subprocess.check_output([os.path.join(self.home, "bin/sluice"), *words], env=self.environment, text=True)

    def close(self):
        subprocess.call(["umount", "-l", self.path])
        self.process.terminate()
        self.process.wait()


class Onlooker:
    """Asks a mount for its stats over the control socket and over HTTP, every so many seconds."""

    def __init__(self, mounted, every):
        self.mounted = mounted
        self.every = every
        status = [one for one in json.loads(mounted.command("status", "--json")) if one["mountpoint"] == mounted.path][0]
        self.page = status["page"]
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.scrape, daemon=True)
        self.thread.start()

    def scrape(self):
        while not self.stopped.wait(self.every):
            self.mounted.command("stats", "--json", self.mounted.path)
            for what in ("metrics", "stats.json"):
                with urllib.request.urlopen(self.page + what) as answer:
                    answer.read()

    def close(self):
        self.stopped.set()
        self.thread.join()


SETTINGS = {"on": "", "off": "metrics.enabled = false"}


def measure_pair(options, home, work, endpoints, first, results):
    mounts = {}
    for name in sorted(SETTINGS, key=lambda name: name != first):
        mounts[name] = Mounted(home, work, name, endpoints, SETTINGS[name])
    onlooker = Onlooker(mounts["on"], options.every)
    try:
        for mounted in mounts.values():
            mounted.read(4 * GIB)  # loads the object, and lets the compiler see what comes
        for run in range(options.runs):
            order = ("on", "off") if run % 2 == 0 else ("off", "on")
            costs = {name: mounts[name].read(options.gib * GIB) for name in order}
            results.append((first, costs["on"][0], costs["off"][0]))
            if not options.json:
                print(
                    f"{len(results):3}  with {costs['on'][0]:.4f}  without {costs['off'][0]:.4f} CPU-s/GiB"
                    f"  {100 * (costs['on'][0] / costs['off'][0] - 1):+.2f} %",
                    flush=True,
                )
    finally:
        onlooker.close()
        for mounted in mounts.values():
            mounted.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gib", type=int, default=64, help="read in each run")
    parser.add_argument("--runs", type=int, default=4, help="of each of the two, for each pair of daemons")
    parser.add_argument("--pairs", type=int, default=4, help="of daemons, an even number")
    parser.add_argument("--every", type=float, default=15, help="seconds between two looks at the figures")
    parser.add_argument("--limit", type=float, help="exit with 1 if the overhead is more per cent")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--home", default=next(iter(glob.glob(os.path.join(ROOT, "distribution/target/sluice-*/"))), ""))
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("needs root, to mount")
    if options.gib < 1 or options.runs < 1 or options.pairs < 2 or options.pairs % 2:
        sys.exit("--gib and --runs are at least 1, and --pairs is even")
    store, endpoints = start_store()
    results = []
    try:
        request = urllib.request.Request(
            f"{endpoints['admin']}/objects/{BUCKET}/{KEY}?size={GIB}&seed=1", method="PUT"
        )
        urllib.request.urlopen(request).read()
        for pair in range(options.pairs):
            work = tempfile.mkdtemp(prefix="sluice-overhead-")
            try:
                measure_pair(options, options.home, work, endpoints, ("on", "off")[pair % 2], results)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    finally:
        store.terminate()
        store.wait()
    overheads = sorted(100 * (on / off - 1) for _, on, off in results)
    by_order = {
        first: statistics.median(100 * (on / off - 1) for which, on, off in results if which == first) for first in SETTINGS
    }
    figures = {
        "gib_per_run": options.gib,
        "runs": len(results),
        "cpu_seconds_per_gib_with": statistics.median(on for _, on, _ in results),
        "cpu_seconds_per_gib_without": statistics.median(off for _, _, off in results),
        "overhead_percent": statistics.mean(by_order.values()),
        "overhead_percent_counting_first": by_order["on"],
        "overhead_percent_counting_second": by_order["off"],
        "overhead_percent_least": overheads[0],
        "overhead_percent_most": overheads[-1],
    }
    if options.json:
        print(json.dumps(figures))
    else:
        print(
            f"median of {len(results)} runs of {options.gib} GiB: with {figures['cpu_seconds_per_gib_with']:.4f}, without"
            f" {figures['cpu_seconds_per_gib_without']:.4f} CPU-s/GiB, overhead {figures['overhead_percent']:+.2f} %"
            f" (made first {by_order['on']:+.2f}, second {by_order['off']:+.2f}; {overheads[0]:+.2f} to {overheads[-1]:+.2f})"
        )
    if options.limit is not None and figures["overhead_percent"] > options.limit:
        sys.exit(1)


if __name__ == "__main__":
    main()
