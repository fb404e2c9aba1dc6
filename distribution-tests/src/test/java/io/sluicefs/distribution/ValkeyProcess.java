// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** A Valkey or Redis server of the test's own, in memory. */
final class ValkeyProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final String host;
  private final int port;

  private ValkeyProcess(Process process, String host, int port) {
    this.process = process;
    this.host = host;
    this.port = port;
  }

  /** Starts one that listens on an address of this host, and returns when it answers. */
  static ValkeyProcess start(String host, Path work) {
    try {
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(host))) {
        port = free.getLocalPort();
      }
      Process process =
          new ProcessBuilder(
                  program(),
                  "--bind",
                  host,
                  "--port",
                  Integer.toString(port),
                  "--protected-mode",
                  "no",
                  "--save",
                  "",
                  "--maxmemory",
                  "256mb",
                  "--maxmemory-policy",
                  "allkeys-lru")
              .directory(work.toFile())
              .redirectErrorStream(true)
              .redirectOutput(work.resolve("valkey.log").toFile())
              .start();
      ValkeyProcess server = new ValkeyProcess(process, host, port);
      while (!server.answers()) {
        if (!process.isAlive()) {
          throw new AssertionError(Files.readString(work.resolve("valkey.log")));
        }
        Thread.onSpinWait();
      }
      return server;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String program() {
    return Stream.of("valkey-server", "redis-server")
        .flatMap(name -> Stream.of("/usr/bin/", "/usr/local/bin/").map(folder -> folder + name))
        .filter(path -> Files.isExecutable(Path.of(path)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("install valkey-server or redis-server"));
  }

  private boolean answers() {
    try {
      return ask("PING").equals("+PONG");
    } catch (IOException e) {
      return false;
    }
  }

  private String ask(String command) throws IOException {
    try (Socket socket = new Socket(host, port);
        BufferedReader answer =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
      return String.valueOf(answer.readLine());
    }
  }

  String address() {
    return "redis://" + host + ":" + port;
  }

  /** Returns how many values it keeps. */
  long size() {
    try {
      return Long.parseLong(ask("DBSIZE").substring(1));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits until it keeps a number of values. */
  void awaitSize(long values) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (size() < values) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(size() + " of " + values + " values are kept");
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }
}
