// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;

/** A self-signed certificate of one name, made by the JDK's keytool. */
final class TestCertificate {
  private static final char[] PASSWORD = "changeit".toCharArray();

  private final SSLContext context;
  private final Path pem;

  private TestCertificate(SSLContext context, Path pem) {
    this.context = context;
    this.pem = pem;
  }

  /**
   * Makes a certificate.
   *
   * @param name its subject alternative name as keytool has it: {@code ip:127.0.0.1}
   */
  static TestCertificate of(Path folder, String name)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path file = folder.resolve("key.p12");
    Process keytool =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-alias",
                    "server",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=test",
                    "-ext",
                    "SAN=" + name,
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    file.toString(),
                    "-storepass",
                    new String(PASSWORD)))
            .inheritIO()
            .start();
    if (keytool.waitFor() != 0) {
      throw new IOException("keytool failed");
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, PASSWORD);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    Path pem = folder.resolve("certificate.pem");
    Files.writeString(
        pem,
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(store.getCertificate("server").getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    return new TestCertificate(context, pem);
  }

  Path pem() {
    return pem;
  }

  /** Returns a factory of listeners that speak one version of TLS with this certificate. */
  ServerSocketFactory sockets(String protocol) {
    return new ServerSocketFactory() {
      @Override
      public SSLServerSocket createServerSocket(int port) throws IOException {
        return limited(context.getServerSocketFactory().createServerSocket(port));
      }

      @Override
      public SSLServerSocket createServerSocket(int port, int backlog) throws IOException {
        return limited(context.getServerSocketFactory().createServerSocket(port, backlog));
      }

      @Override
      public SSLServerSocket createServerSocket(int port, int backlog, InetAddress address)
          throws IOException {
        return limited(context.getServerSocketFactory().createServerSocket(port, backlog, address));
      }

      private SSLServerSocket limited(ServerSocket socket) {
        SSLServerSocket tls = (SSLServerSocket) socket;
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setProtocols(new String[] {protocol});
        tls.setSSLParameters(parameters);
        return tls;
      }
    };
  }
}
