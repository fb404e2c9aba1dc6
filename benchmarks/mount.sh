#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints what a whole mount costs, over HTTP from a store on this host. After: mvn package -pl benchmarks,distribution -am -DskipTests
# Usage: benchmarks/mount.sh [setting=value]...
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
plugins=$(echo "$root"/distribution/target/sluice-*/plugins)
exec "$java" ${JAVA_OPTIONS:-} -XX:+UseSerialGC -Xms16m -Xmx512m -Xss512k --add-modules java.se,jdk.unsupported,jdk.net \
  --enable-native-access=io.sluicefs.kernel,ALL-UNNAMED --illegal-native-access=deny --sun-misc-unsafe-memory-access=allow \
  -Dchronicle.analytics.disable=true \
  --module-path "$root/benchmarks/target/classes:$root/benchmarks/target/modules" \
  --module io.sluicefs.benchmarks/io.sluicefs.benchmarks.mount.MountBenchmark "$plugins" "$@"
