// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitTest {
  private static final long GIB = 1L << 30;

  @TempDir private Path root;

  @Test
  void withoutControlGroupsItIsHalfOfTheMachine() throws Exception {
    write("proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 5 kB\n");

    assertEquals(8 * GIB, limit());
  }

  @Test
  void theSmallestLimitOfNestedGroupsCounts() throws Exception {
    write("proc/meminfo", "MemTotal:       16777216 kB\n");
    write("proc/self/cgroup", "0::/pods/one/container\n");
    write("sys/fs/cgroup/pods/one/container/memory.max", "max\n");
    write("sys/fs/cgroup/pods/one/memory.max", "4294967296\n");
    write("sys/fs/cgroup/pods/memory.max", "8589934592\n");

    assertEquals(2 * GIB, limit());
  }

  @Test
  void theRootOfAContainerCounts() throws Exception {
    write("proc/meminfo", "MemTotal:       16777216 kB\n");
    write("proc/self/cgroup", "0::/\n");
    write("sys/fs/cgroup/memory.max", "2147483648\n");

    assertEquals(GIB, limit());
  }

  @Test
  void groupsOfVersionOneCount() throws Exception {
    write("proc/meminfo", "MemTotal:       16777216 kB\n");
    write("proc/self/cgroup", "3:cpu,cpuacct:/a\n2:memory:/docker/x\n1:name=systemd:/b\n");
    write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "1073741824\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");

    assertEquals(GIB / 2, limit());
  }

  @Test
  void nonsenseIsNoLimit() throws Exception {
    write("proc/meminfo", "MemTotal:       16777216 kB\n");
    write("proc/self/cgroup", "nonsense\n0::/x\n");
    write("sys/fs/cgroup/x/memory.max", "a lot\n");

    assertEquals(8 * GIB, limit());
  }

  @Test
  void aSmallMachineHasTheLeastLimit() throws Exception {
    write("proc/meminfo", "MemTotal:       262144 kB\n");

    assertEquals(MemoryLimit.LEAST, limit());
  }

  @Test
  void nothingKnownIsStillSomething() {
    assertEquals(GIB, limit());
  }

  @Test
  void theRealFilesAreRead() {
    assertTrue(new MemoryLimit(new HostMemory()).bytes() > 0);
  }

  private long limit() {
    return new MemoryLimit(new HostMemory(root)).bytes();
  }

  private void write(String file, String content) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }
}
