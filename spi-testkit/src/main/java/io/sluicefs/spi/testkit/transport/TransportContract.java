// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.UploadBody;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What every transport must do. Extend it, say how to open the transport and how to change the
 * store behind its back, and every promise of {@link Transport} is tested; features the transport
 * does not claim are skipped with the reason. Each test keeps to a prefix of its own, so one bucket
 * serves all, which must exist.
 */
public abstract class TransportContract extends WriteFailuresSuite {
  /** Creates a suite. */
  protected TransportContract() {}

  @Test
  void describesItself() {
    PluginDescriptor descriptor = provider().descriptor();
    assertEquals(Axis.TRANSPORT, descriptor.axis());
    assertEquals(descriptor.name(), provider().descriptor().name());
    assertTrue(new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR).accepts(descriptor.spiVersion()));
    Set<String> names = new HashSet<>();
    for (Setting<?> setting : descriptor.settings()) {
      assertTrue(names.add(setting.name()), setting.name() + " is there twice");
      assertFalse(setting.description().isBlank(), setting.name() + " has no description");
    }
  }

  @Test
  void refusesASettingItDoesNotKnow() {
    Map<String, String> settings = new HashMap<>(settings());
    settings.put("no-such-setting", "1");
    SettingException failure =
        assertThrows(SettingException.class, () -> TestContext.of(provider(), settings, memory));
    assertTrue(message(failure).contains("no-such-setting"), message(failure));
  }

  @Test
  void namesItsLocationWithoutSecrets() {
    assertEquals(transport.location(), transport.location());
    assertTrue(transport.location().contains("://"), transport.location());
    for (Map.Entry<String, String> setting : settings().entrySet()) {
      if (setting.getKey().contains("secret") || setting.getKey().contains("token")) {
        assertFalse(transport.location().contains(setting.getValue()));
      }
    }
  }

  @Test
  void saysTheSameOfItsCapabilitiesEveryTime() {
    TransportCapabilities capabilities = transport.capabilities();
    assertEquals(capabilities, transport.capabilities());
    if (capabilities.has(Feature.WRITE)) {
      assertTrue(capabilities.maxPutSize() > 0);
    }
    if (capabilities.has(Feature.MULTIPART)) {
      assertTrue(capabilities.minPartSize() <= capabilities.maxPartSize());
      assertTrue(capabilities.maxParts() > 0);
    }
    if (capabilities.has(Feature.COPY)) {
      assertTrue(capabilities.maxCopySize() > 0);
    }
  }

  @Test
  void refusesWhatItDoesNotClaim() {
    TransportCapabilities capabilities = transport.capabilities();
    if (!capabilities.has(Feature.WRITE)) {
      assertFails(
          Kind.UNSUPPORTED,
          () -> transport.put(prefix + "x", PutOptions.REPLACE, new UploadBody(List.of())));
    }
    if (!capabilities.has(Feature.MULTIPART)) {
      assertFails(Kind.UNSUPPORTED, () -> transport.listUploads(prefix));
    }
    if (!capabilities.has(Feature.COPY)) {
      ObjectId id = new ObjectId(prefix + "x", "e");
      assertFails(Kind.UNSUPPORTED, () -> transport.copy(id, prefix + "y", PutOptions.REPLACE));
      assertFails(Kind.UNSUPPORTED, () -> transport.copy(id, 1, prefix + "y", PutOptions.REPLACE));
    }
  }
}
