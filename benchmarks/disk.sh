#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints what keeping blocks on a disk costs and brings: first where their bytes could be, then whole mounts beside dd and, where it is
# installed, rclone's full cache mode, all in one run on one disk. Needs root. After: mvn package -DskipTests
# Usage: benchmarks/disk.sh [FOLDER]     FOLDER is on the disk to measure; SIZE=4GiB BANDWIDTH=bytes a second and connection
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
size=${SIZE:-2GiB}
bandwidth=${BANDWIDTH:-0}
# As it is released, if make dist was run: with the runtime's cache a daemon is fast from its first read on.
for bin in "$root"/distribution/target/tarball/sluice-*/bin "$root"/distribution/target/sluice-*/bin; do
  [ ! -x "$bin/sluice" ] || break
done
home=${bin%/bin}
plugin=$home/plugins/cache-disk-lmdb
work=$(mktemp -d "${1:-/var/tmp}/sluice-disk-XXXXXX")
mounted=
store=

finish() {
  [ -z "$mounted" ] || umount -l "$work/mnt" 2>/dev/null || true
  [ -z "$store" ] || kill "$store" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/mnt" "$work/storage"

case $(uname -m) in
  aarch64) lmdb=aarch64-linux-gnu.so jffi=aarch64-Linux ;;
  *) lmdb=x86_64-linux-gnu.so jffi=x86_64-Linux ;;
esac
"$java" --add-opens java.base/java.nio=ALL-UNNAMED --add-opens java.base/sun.nio.ch=ALL-UNNAMED \
  --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED \
  -Dlmdbjava.native.lib="$plugin/natives/org/lmdbjava/native/$lmdb" -Djffi.boot.library.path="$plugin/natives/jni/$jffi" \
  -cp "$plugin/classpath/*" "$root/benchmarks/disk/BlockStorage.java" "$work/storage"
rm -r "$work/storage"
printf '\n%-34s %8s\n' "regions read again and kept" share
"$java" "$root/benchmarks/disk/EvictionReplay.java"

export AWS_ACCESS_KEY_ID=emulator AWS_SECRET_ACCESS_KEY=emulator-secret
"$java" -p "$root/emulator/target/emulator" -m io.sluicefs.emulator/io.sluicefs.emulator.EmulatorCommand \
  --bucket models --synthetic "models/model.bin=$size:7" --bandwidth "$bandwidth" >"$work/store" &
store=$!
while ! grep -q '}' "$work/store" 2>/dev/null; do sleep 0.1; done
endpoint=$(sed 's/.*"s3":"\([^"]*\)".*/\1/' "$work/store")
admin=$(sed 's/.*"admin":"\([^"]*\)".*/\1/' "$work/store")

configuration() {
  cat <<CONF
transport.s3 { bucket = models, endpoint = "$endpoint", region = us-east-1, path-style = true, credentials = environment }
memory.limit = 1GiB
mount.read-only = true
CONF
}
configuration >"$work/plain.conf"
{ configuration; echo "cache.disk-lmdb { path = \"$work/cache\", max-size = 16GiB }"; } >"$work/disk.conf"

ticks=$(getconf CLK_TCK)
cpu() { awk -v t="$ticks" '{ sub(/.*\) /, ""); print ($12 + $13) / t }' "/proc/$1/stat"; }
now() { date +%s.%N; }
cold() { sync; echo 1 >/proc/sys/vm/drop_caches; }

# row NAME PID FILE: reads a file with cold page cache and prints how that went.
row() {
  cold
  before=$([ "$2" = 0 ] && echo 0 || cpu "$2")
  start=$(now)
  dd if="$3" of=/dev/null bs=1M status=none
  end=$(now)
  # What is on its way to the disk is part of the price.
  sleep 2
  after=$([ "$2" = 0 ] && echo 0 || cpu "$2")
  fetched=$(curl -s "$admin/counters" | sed 's/.*"bytes-out":\([0-9]*\).*/\1/')
  curl -s -X POST "$admin/counters/reset" >/dev/null
  bytes=$(stat -c %s "$3")
  awk -v n="$1" -v b="$bytes" -v s="$start" -v e="$end" -v c="$after" -v d="$before" -v f="$fetched" 'BEGIN {
    printf "%-34s %8.2f %10.2f %12.0f\n", n, b / 1e9 / (e - s), (c - d) / (b / 1073741824), f / 1048576 }'
}

daemon() { pgrep -f -- "io.sluicefs.cli.Sluice mount -c $1 $work/mnt"; }

sluice() {
  "$home/bin/sluice" mount -c "$1" "$work/mnt"
  mounted=yes
  row "$2" "$(daemon "$1")" "$work/mnt/model.bin"
  "$home/bin/sluice" umount "$work/mnt"
  mounted=
}

printf '\n%-34s %8s %10s %12s\n' "$size, cold page cache, dd bs=1M" GB/s CPU-s/GiB "fetched MiB"
sluice "$work/plain.conf" "Sluice, no disk cache"
sluice "$work/disk.conf" "Sluice, disk cache is filled"
sluice "$work/disk.conf" "Sluice, from its disk cache"
sluice "$work/plain.conf" "Sluice, no disk cache, again"

cp "$work/cache/blocks" "$work/plain" 2>/dev/null && truncate -s "$(numfmt --from=iec-i --suffix=B "$size" | tr -d B)" "$work/plain"
rm -rf "$work/cache"
row "plain file on the same disk" 0 "$work/plain"
rm "$work/plain"

if command -v rclone >/dev/null; then
  rclone_mount() {
    # A bundle of certificates for other programs is nothing rclone can load.
    env -u AWS_CA_BUNDLE rclone mount ":s3,provider=Other,endpoint='$endpoint',region=us-east-1,env_auth=true,force_path_style=true:models" "$work/mnt" \
      --vfs-cache-mode full --cache-dir "$work/rclone" --vfs-cache-max-size 16G --read-only --config /dev/null 2>"$work/rclone.log" &
    pid=$!
    mounted=yes
    while ! mountpoint -q "$work/mnt"; do
      kill -0 "$pid" 2>/dev/null || { cat "$work/rclone.log" >&2; exit 1; }
      sleep 0.1
    done
    row "$1" "$pid" "$work/mnt/model.bin"
    umount "$work/mnt"
    mounted=
    wait "$pid" || true
  }
  rclone_mount "rclone, full cache is filled"
  rclone_mount "rclone, from its full cache"
fi
