// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;

/** A server of the test's own, in memory. */
final class ValkeyProcess implements AutoCloseable {
  private final Process process;
  private final int port;

  private ValkeyProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts one, and returns when it answers. */
  static ValkeyProcess start() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Process process =
        new ProcessBuilder(
                program(),
                "--bind",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--save",
                "",
                "--maxmemory",
                "256mb",
                "--maxmemory-policy",
                "allkeys-lru")
            .redirectErrorStream(true)
            .redirectOutput(new File("target/valkey.log"))
            .start();
    ValkeyProcess server = new ValkeyProcess(process, port);
    while (!server.answers()) {
      if (!process.isAlive()) {
        throw new IOException("the server ended; see target/valkey.log");
      }
      Thread.onSpinWait();
    }
    return server;
  }

  private static String program() {
    return Stream.of("valkey-server", "redis-server")
        .flatMap(name -> Stream.of("/usr/bin/", "/usr/local/bin/").map(folder -> folder + name))
        .filter(path -> Files.isExecutable(Path.of(path)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("install valkey-server or redis-server"));
  }

  private boolean answers() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("PING\r\n".getBytes());
      return socket.getInputStream().read() == '+';
    } catch (IOException e) {
      return false;
    }
  }

  /** Returns the settings of a small cache on it. */
  Map<String, String> settings() {
    return Map.of(
        "address", "redis://127.0.0.1:" + port,
        "block-size", "64KiB",
        "memory", "2MiB",
        "timeout", "1m");
  }

  int port() {
    return port;
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
