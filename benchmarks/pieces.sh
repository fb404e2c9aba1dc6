#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures the hot pieces with JMH on what the build laid out. gc.alloc.rate.norm is bytes of heap a call, of all threads.
# Usage: benchmarks/pieces.sh [regular expression of benchmarks | option of JMH]...
set -eu
cd "$(dirname "$0")/.."

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
exec "$java" --enable-native-access=ALL-UNNAMED \
  --class-path "benchmarks/pieces/target/classes:benchmarks/pieces/target/classpath/*" \
  org.openjdk.jmh.Main \
  -prof gc -rf json -rff benchmarks/target/pieces.json "$@"
