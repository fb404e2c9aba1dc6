// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingTest {
  private enum Color {
    RED,
    DARK_BLUE
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "4096, 4096",
    "1B, 1",
    "8MiB, 8388608",
    "8m, 8388608",
    "8 mib, 8388608",
    "8MB, 8000000",
    "16GiB, 17179869184",
    "1.5GiB, 1610612736",
    "2TiB, 2199023255552"
  })
  void sizesTakeBinaryAndDecimalUnits(String text, long bytes) {
    assertEquals(bytes, Setting.size("size", "A size.").parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plenty", "-1", "8 apples", "99999999999TiB", "1..5GiB"})
  void whatIsNoSizeIsRefused(String text) {
    Setting<Long> setting = Setting.size("size", "A size.");
    assertThrows(IllegalArgumentException.class, () -> setting.parse(text));
  }

  @Test
  void aSizeMayHaveALeastValue() {
    Setting<Long> setting = Setting.size("size", "16MiB", "A size.");
    assertEquals(16L << 20, setting.parse("16MiB"));
    assertThrows(IllegalArgumentException.class, () -> setting.parse("16777215"));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "500ms, 500",
    "30s, 30000",
    "1.5s, 1500",
    "10m, 600000",
    "2h, 7200000",
    "1d, 86400000"
  })
  void timesTakeUnits(String text, long millis) {
    assertEquals(Duration.ofMillis(millis), Setting.duration("time", "A time.").parse(text));
  }

  @Test
  void aTimeWithoutUnitIsRefused() {
    Setting<Duration> setting = Setting.duration("time", "A time.");
    assertThrows(IllegalArgumentException.class, () -> setting.parse("30"));
  }

  @Test
  void aWholeNumberHasBounds() {
    Setting<Integer> setting = Setting.integer("count", 1, 8, "A count.");
    assertEquals(8, setting.parse("8"));
    assertThrows(IllegalArgumentException.class, () -> setting.parse("0"));
    assertThrows(IllegalArgumentException.class, () -> setting.parse("9"));
    assertThrows(IllegalArgumentException.class, () -> setting.parse("2.5"));
  }

  @Test
  void aChoiceIsWrittenInLowerKebab() {
    Setting<Color> setting = Setting.choice("color", Color.class, "A color.");
    assertEquals(Color.DARK_BLUE, setting.parse("dark-blue"));
    assertEquals("one of red, dark-blue", setting.expected());
    assertThrows(IllegalArgumentException.class, () -> setting.parse("RED"));
  }

  @Test
  void aPathIsAbsolute() {
    Setting<Path> setting = Setting.path("path", "A path.");
    assertEquals(Path.of("/var/cache"), setting.parse("/var/lib/../cache"));
    assertThrows(IllegalArgumentException.class, () -> setting.parse("cache"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://host", "host", "https://", "file:///etc/passwd"})
  void aUrlIsHttpAndHasAHost(String text) {
    Setting<?> setting = Setting.url("endpoint", "A URL.");
    assertThrows(IllegalArgumentException.class, () -> setting.parse(text));
  }

  @Test
  void aSecretShowsItselfToNobody() {
    Setting<Secret> setting = Setting.secret("key", "A key.");
    Secret secret = setting.parse("hunter2");
    assertTrue(setting.isSecret());
    assertFalse(secret.toString().contains("hunter2"));
    assertEquals("hunter2", secret.reveal(String::new));
    secret.close();
    assertThrows(IllegalStateException.class, () -> secret.reveal(String::new));
  }

  @Test
  void aDefaultThatIsNoSuchValueIsTheAuthorsMistake() {
    Setting<Long> setting = Setting.size("size", "A size.");
    assertThrows(IllegalArgumentException.class, () -> setting.withDefault("plenty"));
  }
}
