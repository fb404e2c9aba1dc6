// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.emulator.EmulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** Over https, with a certificate of no known authority. */
class S3TransportTlsTest extends S3EmulatorContract {
  @TempDir static Path folder;

  @Override
  EmulatorOptions options() {
    return EmulatorOptions.defaults().withTls();
  }

  @Override
  void adapt(EmulatedS3 emulated, Map<String, String> settings) throws IOException {
    X509Certificate certificate = emulated.emulator.certificate();
    assumeTrue(certificate != null, "the emulator serves no TLS");
    Path pem = folder.resolve("certificate.pem");
    Files.writeString(
        pem,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(encoded(certificate))
            + "\n-----END CERTIFICATE-----\n");
    settings.put("ca-certificate", pem.toString());
  }

  private static byte[] encoded(X509Certificate certificate) throws IOException {
    try {
      return certificate.getEncoded();
    } catch (CertificateEncodingException e) {
      throw new IOException(e);
    }
  }
}
