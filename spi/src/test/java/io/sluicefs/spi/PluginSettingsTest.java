// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PluginSettingsTest {
  private static final Setting<Long> CAPACITY =
      Setting.size("capacity", "How much.").withDefault("1GiB");
  private static final Setting<String> BUCKET = Setting.string("bucket", "Which.").required();
  private static final Setting<String> REGION = Setting.string("region", "Where.");
  private static final Setting<Secret> KEY = Setting.secret("key", "The key.");
  private static final List<Setting<?>> SCHEMA = List.of(CAPACITY, BUCKET, REGION, KEY);

  @Test
  void valuesAreTheGivenOnesOrTheDefaults() throws SettingException {
    PluginSettings settings = settings(Map.of("bucket", "models"));
    assertEquals("models", settings.get(BUCKET));
    assertEquals(1L << 30, settings.get(CAPACITY));
    assertEquals(Optional.empty(), settings.find(REGION));
    assertThrows(IllegalArgumentException.class, () -> settings.get(REGION));
    assertEquals(List.of(BUCKET), settings.given());
    assertEquals("sluice.conf: 3", settings.origin(BUCKET));
    assertEquals("default", settings.origin(CAPACITY));
  }

  @Test
  void anUnknownSettingIsNamedWithItsPlaceAndTheKnownOnes() {
    assertEquals(
        "sluice.conf: 3: unknown setting store.x.buckt; known are capacity, bucket, region, key",
        messageOf(Map.of("bucket", "models", "buckt", "models")));
  }

  @Test
  void aMissingSettingIsNamed() {
    assertEquals("store.x.bucket is missing; expected text", messageOf(Map.of()));
  }

  @Test
  void aValueThatCannotBeUsedIsNamedWithItsPlaceAndWhatWouldBeRight() {
    assertEquals(
        "sluice.conf: 3: store.x.capacity: expected a size such as 8MiB",
        messageOf(Map.of("bucket", "models", "capacity", "plenty")));
  }

  @Test
  void anErrorOfThePluginReadsLikeAllOthers() throws SettingException {
    PluginSettings settings = settings(Map.of("bucket", "models", "region", "moon"));
    assertEquals(
        "sluice.conf: 3: store.x.region: there is no such region",
        settings.error(REGION, "there is no such region").getMessage());
  }

  @Test
  void anErrorAboutASettingThatIsNotGivenNamesNoPlace() throws SettingException {
    assertEquals(
        "store.x.region: has to be set",
        settings(Map.of("bucket", "models")).error(REGION, "has to be set").getMessage());
  }

  @Test
  void aSecretIsInNoText() throws SettingException {
    PluginSettings settings = settings(Map.of("bucket", "models", "key", "hunter2"));
    assertFalse(settings.find(KEY).toString().contains("hunter2"));
  }

  private static String messageOf(Map<String, String> texts) {
    return String.valueOf(assertThrows(SettingException.class, () -> settings(texts)).getMessage());
  }

  private static PluginSettings settings(Map<String, String> texts) throws SettingException {
    Map<String, PluginSettings.Entry> entries = new LinkedHashMap<>();
    texts.forEach(
        (name, text) -> entries.put(name, new PluginSettings.Entry(text, "sluice.conf: 3")));
    return PluginSettings.of("store.x", SCHEMA, entries);
  }
}
