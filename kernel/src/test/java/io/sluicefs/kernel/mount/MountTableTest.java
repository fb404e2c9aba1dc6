// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class MountTableTest {
  @Test
  void linesOfTheKernelAreRead() {
    List<MountTable.Entry> entries =
        MountTable.parse(
            List.of(
                "36 35 98:0 / /mnt2 rw,noatime master:1 shared:2 - ext3 /dev/root rw",
                "37 35 0:54 / /mnt/a\\040b\\134c rw - fuse.sluice s3://host/bucket/llama\\040x rw"));

    assertEquals(
        new MountTable.Entry("98:0", Path.of("/mnt2"), "ext3", "/dev/root"), entries.get(0));
    assertFalse(entries.get(0).isFuse());
    assertEquals(Path.of("/mnt/a b\\c"), entries.get(1).mountpoint());
    assertEquals("s3://host/bucket/llama x", entries.get(1).source());
    assertTrue(entries.get(1).isSluice());
    assertTrue(entries.get(1).isFuse());
  }

  @Test
  void namesOutsideAsciiAreRead() {
    String utf8AsBytes =
        new String(new byte[] {(byte) 0xc3, (byte) 0xa9}, StandardCharsets.ISO_8859_1);

    assertEquals(
        Path.of("/mnt/é"),
        MountTable.parse(List.of("1 2 0:1 / /mnt/" + utf8AsBytes + " rw - tmpfs none rw"))
            .getFirst()
            .mountpoint());
  }

  @Test
  void brokenLinesAreIgnored() {
    assertEquals(List.of(), MountTable.parse(List.of("", "garbage", "1 2 3 4 5 6 7 8")));
  }

  @Test
  void theRootFileSystemIsFound() {
    assertTrue(MountTable.at(Path.of("/")).isPresent());
    assertTrue(MountTable.at(Path.of("/proc")).isPresent());
    assertFalse(MountTable.at(Path.of("/proc/self")).isPresent());
  }
}
