// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.testkit.transport.HostileKeys;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a key is, requests for it reach the configured store, and name that key there. */
@Timeout(60)
class S3HostTest {
  @ParameterizedTest
  @ValueSource(strings = {"true", "false"})
  void noKeyChangesTheHost(String pathStyle) throws Exception {
    try (EmulatedS3 store = new EmulatedS3(EmulatorOptions.defaults());
        Arena arena = Arena.ofShared()) {
      String endpoint = "http://localhost:" + store.emulator.s3Endpoint().getPort();
      UploadBody body = new UploadBody(List.of(arena.allocate(1)));
      try (Transport transport =
          store.open(Map.of("endpoint", endpoint, "path-style", pathStyle))) {
        for (String key : HostileKeys.ALL) {
          ObjectId object = transport.put(key, PutOptions.REPLACE, body).id();
          assertArrayEquals(new byte[1], store.emulator.store().bytes(EmulatedS3.BUCKET, key), key);
          assertEquals(object, transport.head(key).id());
          ByteBuffer target = ByteBuffer.allocateDirect(1);
          transport.read(object, ByteRange.of(0, 1), new ByteBuffer[] {target}, ReadProgress.NONE);
          assertEquals(1, target.position());
        }
      }
    }
  }
}
