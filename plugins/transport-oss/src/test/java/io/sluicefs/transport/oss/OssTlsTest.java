// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OssTlsTest {
  @Test
  void trustsTheAuthorityOfTheConfiguration(@TempDir Path directory) throws Exception {
    try (Emulator emulator = Emulator.start(EmulatorOptions.defaults().withTls())) {
      X509Certificate certificate = emulator.certificate();
      assumeTrue(certificate != null, "this emulator shows no certificate");
      emulator.store().createBucket("models");
      byte[] content = "some bytes".getBytes(StandardCharsets.UTF_8);
      emulator.store().put("models", "a", content);
      Path authority = directory.resolve("ca.pem");
      Files.writeString(
          authority,
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder()
                  .encodeToString(Objects.requireNonNull(certificate).getEncoded())
              + "\n-----END CERTIFICATE-----\n");
      String endpoint = emulator.ossEndpoint().toString();
      try (Transport transport =
          OssTransports.open(endpoint, Map.of("ca-certificate", authority.toString()))) {
        assertTrue(endpoint.startsWith("https://"), endpoint);
        assertEquals(1, transport.list(ListRequest.directory("")).objects().size());
        ObjectId id = transport.head("a").id();
        ByteBuffer target = ByteBuffer.allocateDirect(content.length);
        transport.read(
            id, new ByteRange(0, content.length), new ByteBuffer[] {target}, ReadProgress.NONE);
        byte[] read = new byte[content.length];
        target.flip().get(read);
        assertArrayEquals(content, read);
      }
      try (Transport transport = OssTransports.open(endpoint, Map.of())) {
        StorageException failure = assertThrows(StorageException.class, () -> transport.head("a"));
        assertEquals(Kind.INVALID_REQUEST, failure.kind());
        assertTrue(
            String.valueOf(failure.getMessage()).contains("transport.oss.ca-certificate"),
            failure.getMessage());
        ByteBuffer target = ByteBuffer.allocateDirect(1);
        assertEquals(
            Kind.INVALID_REQUEST,
            assertThrows(
                    StorageException.class,
                    () ->
                        transport.read(
                            new ObjectId("a", "E"),
                            new ByteRange(0, 1),
                            new ByteBuffer[] {target},
                            ReadProgress.NONE))
                .kind());
      }
    }
  }
}
