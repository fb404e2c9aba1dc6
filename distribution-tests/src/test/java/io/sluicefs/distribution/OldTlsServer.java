// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A server that speaks one version of TLS nobody should; Java has to be told that it may. */
final class OldTlsServer implements AutoCloseable {
  private static final String PASSWORD = "changeit";

  private final Process process;
  private final String url;

  private OldTlsServer(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  static OldTlsServer start(Path work, String version) throws IOException {
    Path folder = Files.createTempDirectory(work, "old-tls");
    Path keys = folder.resolve("keys.p12");
    Path bin = Path.of(System.getProperty("java.home"), "bin");
    Command.output(
        bin.resolve("keytool").toString(),
        "-genkeypair",
        "-keyalg",
        "RSA",
        "-dname",
        "CN=test",
        "-ext",
        "SAN=ip:127.0.0.1",
        "-storetype",
        "PKCS12",
        "-keystore",
        keys.toString(),
        "-storepass",
        PASSWORD);
    Path allowed =
        Files.writeString(folder.resolve("security"), "jdk.tls.disabledAlgorithms=NULL\n");
    Path program =
        Files.writeString(
            folder.resolve("Server.java"),
            """
            import java.net.*;
            import javax.net.ssl.*;
            class Server {
              public static void main(String[] version) throws Exception {
                var sockets = (SSLServerSocketFactory) SSLServerSocketFactory.getDefault();
                var server =
                    (SSLServerSocket)
                        sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
                server.setEnabledProtocols(version);
                System.out.println(server.getLocalPort());
                while (true) {
                  try (Socket client = server.accept()) {
                    client.getInputStream().read();
                  } catch (SSLException e) {
                    // The client does not want it.
                  }
                }
              }
            }
            """);
    Process process =
        new ProcessBuilder(
                bin.resolve("java").toString(),
                "-Djava.security.properties=" + allowed,
                "-Djavax.net.ssl.keyStore=" + keys,
                "-Djavax.net.ssl.keyStorePassword=" + PASSWORD,
                program.toString(),
                version)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output = process.inputReader();
    String port = output.readLine();
    if (port == null) {
      throw new AssertionError("the server did not start");
    }
    return new OldTlsServer(process, "https://127.0.0.1:" + port);
  }

  String url() {
    return url;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
