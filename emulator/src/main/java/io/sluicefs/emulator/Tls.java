// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/**
 * What the dialects are encrypted with.
 *
 * @param context makes the engines
 * @param certificate the certificate shown
 */
record Tls(SslContext context, X509Certificate certificate) {

  static Tls of(@Nullable TlsFiles files) throws IOException {
    try {
      return files == null ? made() : given(files);
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot set up TLS: " + e.getMessage(), e);
    }
  }

  private static Tls made() throws GeneralSecurityException, IOException {
    SelfSigned own = SelfSigned.make();
    SslContext context =
        SslContextBuilder.forServer(own.key(), own.certificate())
            .sslProvider(SslProvider.JDK)
            .build();
    return new Tls(context, own.certificate());
  }

  private static Tls given(TlsFiles files) throws GeneralSecurityException, IOException {
    try (InputStream pem = Files.newInputStream(files.certificate())) {
      X509Certificate certificate =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
      SslContext context =
          SslContextBuilder.forServer(files.certificate().toFile(), files.key().toFile())
              .sslProvider(SslProvider.JDK)
              .build();
      return new Tls(context, certificate);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "cannot use " + files.certificate() + " with " + files.key() + ": " + e.getMessage(), e);
    }
  }
}
