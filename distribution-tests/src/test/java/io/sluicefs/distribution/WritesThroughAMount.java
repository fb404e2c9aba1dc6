// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What downloaders and trainers write to a mount, compared with the objects in the store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class WritesThroughAMount {
  private final Store store;
  private EmulatorProcess emulator;
  private Installation installation;

  WritesThroughAMount(Store store) {
    this.store = store;
  }

  @BeforeAll
  void startTheStore() {
    installation = Installation.open(getClass());
    emulator =
        EmulatorProcess.start("--directory", installation.work().resolve("store").toString());
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Writer.class)
  void theStoreHoldsWhatTheWriterWroteAndNothingElse(Writer writer) throws IOException {
    try (WritableMount mount = WritableMount.open(installation, emulator, store, writer.slug())) {
      Writer.Written written = writer.run(mount.path());
      mount.unmount();
      mount.contents().assertExactly(written.sums(), written.links().keySet());
      mount.mount();
      if (writer.again()) {
        assertEquals(written, writer.run(mount.path(), "--again"));
      }
      for (Map.Entry<String, String> link : written.links().entrySet()) {
        assertEquals(
            link.getValue(),
            Files.readSymbolicLink(mount.path().resolve(link.getKey())).toString());
      }
      mount.unmount();
      mount.contents().assertExactly(written.sums(), written.links().keySet());
    }
  }
}
