#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints what each FUSE channel costs. After: mvn package -pl benchmarks,plugins/fuse-direct,plugins/fuse-jnr -am -DskipTests
# Usage: benchmarks/fuse.sh [channel[,setting=value]...]...
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
plugins=$root/plugins
[ $# -gt 0 ] || set -- direct jnr
exec "$java" -XX:+UseSerialGC -Xmx64m \
  --module-path "$root/benchmarks/target/classes:$root/benchmarks/target/modules:$plugins/fuse-direct/target/plugin:$plugins/fuse-jnr/target/plugin" \
  --class-path "$plugins/fuse-jnr/target/plugin/classpath/*" \
  --module io.sluicefs.benchmarks/io.sluicefs.benchmarks.FuseBenchmark "$@"
