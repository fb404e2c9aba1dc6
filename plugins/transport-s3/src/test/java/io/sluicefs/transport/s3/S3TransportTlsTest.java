// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.emulator.EmulatorOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;

/** Over https, with a certificate of no known authority. */
class S3TransportTlsTest extends S3EmulatorContract {
  @TempDir static Path folder;

  @Override
  EmulatorOptions options() {
    return EmulatorOptions.defaults().withTls();
  }

  @Override
  void adapt(EmulatedS3 emulated, Map<String, String> settings) throws Exception {
    X509Certificate certificate = Objects.requireNonNull(emulated.emulator.certificate());
    Path pem = folder.resolve("certificate.pem");
    Files.writeString(
        pem,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    settings.put("ca-certificate", pem.toString());
  }
}
