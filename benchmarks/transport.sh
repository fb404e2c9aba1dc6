#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints what a GiB of ranged reads costs each transport, then what a GiB of uploads does. After: mvn package -pl benchmarks,plugins/transport-s3,plugins/transport-oss -am -DskipTests
# Usage: benchmarks/transport.sh [GiB]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
plugins=$root/plugins
for benchmark in TransportBenchmark UploadBenchmark; do
  "$java" -XX:+UseSerialGC -Xmx128m -XX:MaxDirectMemorySize=256m --enable-native-access=ALL-UNNAMED \
    --module-path "$root/benchmarks/target/classes:$root/benchmarks/target/modules:$plugins/transport-s3/target/plugin:$plugins/transport-oss/target/plugin" \
    --class-path "$plugins/transport-s3/target/plugin/classpath/*:$plugins/transport-oss/target/plugin/classpath/*" \
    --add-modules io.sluicefs.transport.s3,io.sluicefs.transport.oss,java.se \
    --add-reads io.sluicefs.transport.s3=ALL-UNNAMED --add-reads io.sluicefs.transport.oss=ALL-UNNAMED \
    --module "io.sluicefs.benchmarks/io.sluicefs.benchmarks.$benchmark" "$@"
done
