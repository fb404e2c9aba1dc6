#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares Sluice as it is in the tarball with s3fs and rclone. All figures are in benchmarks/target/bench.json after.
# The report is in docs if there are no options, else in benchmarks/target.
# Usage: benchmarks/compare.sh [--scale quick] [--works REGEX] [--runs N]
set -eu
cd "$(dirname "$0")/.."

for program in s3fs rclone fusermount3; do
  command -v "$program" >/dev/null || {
    echo "$program is missing; install it: apt-get install s3fs rclone fuse3" >&2
    exit 1
  }
done
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
home=$(ls -d distribution/target/tarball/sluice-*/ | head -n 1)
work=$(mktemp -d)
clean() {
  # Only a comparison that was killed leaves a mount behind.
  if grep -qs " $work/mnt " /proc/mounts; then
    fusermount3 -u -z "$work/mnt" || true
  fi
  rm -rf --one-file-system "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM
report=docs
[ $# -eq 0 ] || report=benchmarks/target
"$java" -Xmx256m \
  --module-path benchmarks/target/classes:benchmarks/target/modules \
  --module io.sluicefs.benchmarks/io.sluicefs.benchmarks.comparison.ComparisonCommand \
  --distribution "$home" --emulator emulator/target/emulator --work "$work" \
  --figures benchmarks/target/bench.json --report "$report" "$@"
