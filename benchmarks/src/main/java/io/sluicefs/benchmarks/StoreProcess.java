// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An emulator in a process of its own, so that its CPU time is not the client's. It ends when its
 * standard input does.
 */
public final class StoreProcess implements AutoCloseable {
  static final String BUCKET = "bench";
  static final String KEY = "object";

  private final Process process;
  private final URI s3;
  private final URI oss;
  private final String etag;

  private StoreProcess(Process process, URI s3, URI oss, String etag) {
    this.process = process;
    this.s3 = s3;
    this.oss = oss;
    this.etag = etag;
  }

  /** Starts a process that serves one synthetic object of {@code size} bytes. */
  static StoreProcess start(long size, boolean tls) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.add("--module-path");
    command.add(System.getProperty("jdk.module.path"));
    command.add("--module");
    command.add("io.sluicefs.benchmarks/" + StoreProcess.class.getName());
    command.add(Long.toString(size));
    command.add(Boolean.toString(tls));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      String line = out.readLine();
      String[] words = line == null ? new String[0] : line.split(" ", -1);
      if (words.length != 3) {
        process.destroyForcibly();
        throw new IOException("the store did not start: " + line);
      }
      return new StoreProcess(process, URI.create(words[0]), URI.create(words[1]), words[2]);
    }
  }

  /**
   * Serves until standard input ends.
   *
   * @param arguments size of the object, and whether to speak TLS
   */
  public static void main(String... arguments) throws IOException {
    EmulatorOptions options = EmulatorOptions.defaults().withAnonymousAccess();
    if (Boolean.parseBoolean(arguments[1])) {
      options = options.withTls();
    }
    try (Emulator emulator = Emulator.start(options)) {
      emulator.store().createBucket(BUCKET);
      String etag =
          emulator.store().putSynthetic(BUCKET, KEY, Long.parseLong(arguments[0]), 1).etag();
      System.out.println(emulator.s3Endpoint() + " " + emulator.ossEndpoint() + " " + etag);
      while (System.in.read() >= 0) {
        // Only the end matters.
      }
    }
  }

  URI s3() {
    return s3;
  }

  URI oss() {
    return oss;
  }

  String etag() {
    return etag;
  }

  @Override
  public void close() {
    process.destroy();
  }
}
