// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostMemoryTest {
  private static final long MIB = 1L << 20;

  @TempDir private Path root;

  @BeforeEach
  void aMachineOfSixteenGibibytes() throws IOException {
    write("proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 5 kB\nMemAvailable: 8388608 kB\n");
  }

  @Test
  void withoutControlGroupsItIsTheMachines() {
    assertEquals(16384 * MIB, host().total());
    assertEquals(8192 * MIB, host().available());
  }

  @Test
  void aGroupInASliceHasWhatItsLimitLeavesAndThePageCacheWouldGiveBack() throws IOException {
    write("proc/self/cgroup", "0::/system.slice/models.service\n");
    write("sys/fs/cgroup/system.slice/models.service/memory.max", "1073741824\n");
    write("sys/fs/cgroup/system.slice/models.service/memory.current", "943718400\n");
    write(
        "sys/fs/cgroup/system.slice/models.service/memory.stat",
        "anon 104857600\nfile 838860800\ninactive_file 629145600\nactive_file 209715200\n");
    write("sys/fs/cgroup/system.slice/memory.max", "max\n");

    assertEquals(1024 * MIB, host().total());
    assertEquals(924 * MIB, host().available());
  }

  @Test
  void ofNestedGroupsTheOneWithTheLeastLeftCounts() throws IOException {
    write("proc/self/cgroup", "0::/pods/one\n");
    write("sys/fs/cgroup/pods/one/memory.max", "1073741824\n");
    write("sys/fs/cgroup/pods/one/memory.current", "104857600\n");
    write("sys/fs/cgroup/pods/memory.max", "4294967296\n");
    write("sys/fs/cgroup/pods/memory.current", "4194304000\n");

    assertEquals(1024 * MIB, host().total());
    assertEquals(96 * MIB, host().available());
  }

  @Test
  void aGroupThatIsHeldBackEarlierHasNoMoreThanThat() throws IOException {
    write("proc/self/cgroup", "0::/user.slice\n");
    write("sys/fs/cgroup/user.slice/memory.max", "2147483648\n");
    write("sys/fs/cgroup/user.slice/memory.high", "1073741824\n");

    assertEquals(1024 * MIB, host().total());
  }

  @Test
  void groupsOfVersionOneCountWhatIsNestedInThem() throws IOException {
    write("proc/self/cgroup", "4:memory:/docker/x\n1:name=systemd:/docker/x\n0::/\n");
    write("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "1073741824\n");
    write("sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes", "524288000\n");
    write(
        "sys/fs/cgroup/memory/docker/x/memory.stat",
        "inactive_file 0\ntotal_inactive_file 104857600\ntotal_active_file 104857600\n");

    assertEquals(1024 * MIB, host().total());
    assertEquals(724 * MIB, host().available());
  }

  @Test
  void inAContainerThatSeesItsOwnGroupAsTheRootThatOneCounts() throws IOException {
    write("proc/self/cgroup", "4:memory:/kubepods/pod1/container1\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", "0\n");

    assertEquals(1024 * MIB, host().total());
    assertEquals(1024 * MIB, host().available());
  }

  @Test
  void withoutAnyOfItNothingIsKnown() throws IOException {
    Files.delete(root.resolve("proc/meminfo"));

    assertEquals(HostMemory.UNKNOWN, host().total());
    assertEquals(HostMemory.UNKNOWN, host().available());
  }

  @Test
  void theRealFilesAreRead() {
    HostMemory real = new HostMemory();

    assertTrue(real.total() > real.available() && real.available() > 0);
    assertTrue(real.total() < HostMemory.UNKNOWN);
  }

  private HostMemory host() {
    return new HostMemory(root);
  }

  private void write(String file, String content) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
  }
}
