// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.MountOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LibFuseOptionsTest {
  private static MountOptions options(String source, boolean readOnly, boolean allowOther) {
    return new MountOptions(
        Path.of("/mnt"),
        source,
        readOnly,
        allowOther,
        Duration.ofSeconds(60),
        Duration.ofMillis(1500),
        Duration.ZERO,
        1 << 20);
  }

  private static List<String> texts(String decimalPoint, MountOptions options) {
    String text = new LibFuseOptions(decimalPoint).text(options, 16);
    return List.of(text.split("(?<!\\\\),"));
  }

  @Test
  void timesAreSeconds() {
    List<String> texts = texts(".", options("s3://bucket", false, false));
    assertTrue(texts.contains("entry_timeout=60"), texts.toString());
    assertTrue(texts.contains("attr_timeout=1.5"), texts.toString());
    assertTrue(texts.contains("negative_timeout=0"), texts.toString());
  }

  @Test
  void fractionsAreWrittenAsTheLocaleOfTheProcessReadsThem() {
    assertTrue(texts(",", options("x", false, false)).contains("attr_timeout=1\\,5"));
  }

  @Test
  void commasAndBackslashesOfTheSourceAreEscaped() {
    assertEquals("fsname=a\\,b\\\\c d", texts(".", options("a,b\\c d", false, false)).getFirst());
  }

  @Test
  void othersAreLetInWithPermissionsChecked() {
    List<String> texts = texts(".", options("x", true, true));
    assertTrue(texts.containsAll(List.of("ro", "allow_other", "default_permissions")));
    assertFalse(texts(".", options("x", false, false)).contains("allow_other"));
  }
}
