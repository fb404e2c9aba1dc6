// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * An emulator in a process of its own, so that its CPU time is not the client's. It ends when its
 * standard input does.
 */
public final class StoreProcess implements AutoCloseable {
  /** The bucket there is. */
  public static final String BUCKET = "bench";

  /** The object there is; with a number behind it, from 1 to {@link #MORE}, others like it. */
  public static final String KEY = "object";

  /** How many objects there are besides the first. */
  public static final int MORE = 8;

  /** How many empty objects there are, {@code small/f0} and so on. */
  public static final int SMALL = 10_000;

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

  /** Starts a process that serves synthetic objects of {@code size} bytes. */
  @MustBeClosed
  static StoreProcess start(long size, boolean tls) throws IOException {
    return start(size, tls, Duration.ZERO);
  }

  /**
   * Starts a process that serves synthetic objects.
   *
   * @param size bytes of each but the small ones
   * @param latency what each request waits
   */
  @MustBeClosed
  public static StoreProcess start(long size, boolean tls, Duration latency) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + "/bin/java");
    command.add("--module-path");
    command.add(System.getProperty("jdk.module.path"));
    command.add("--add-modules");
    command.add("io.sluicefs.emulator");
    command.add("--module");
    command.add("io.sluicefs.benchmarks/" + StoreProcess.class.getName());
    command.add(Long.toString(size));
    command.add(Boolean.toString(tls));
    command.add(Long.toString(latency.toMillis()));
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
   * @param arguments size of an object, whether to speak TLS, and milliseconds a request waits
   */
  public static void main(String... arguments) throws IOException {
    EmulatorOptions options =
        EmulatorOptions.defaults()
            .withAnonymousAccess()
            .withLatency(Duration.ofMillis(Long.parseLong(arguments[2])));
    if (Boolean.parseBoolean(arguments[1])) {
      options = options.withTls();
    }
    try (Emulator emulator = Emulator.start(options)) {
      emulator.store().createBucket(BUCKET);
      String etag =
          emulator.store().putSynthetic(BUCKET, KEY, Long.parseLong(arguments[0]), 1).etag();
      for (int i = 1; i <= MORE; i++) {
        emulator.store().putSynthetic(BUCKET, KEY + i, Long.parseLong(arguments[0]), i);
      }
      for (int i = 0; i < SMALL; i++) {
        emulator.store().putSynthetic(BUCKET, "small/f" + i, 0, i);
      }
      System.out.println(emulator.s3Endpoint() + " " + emulator.ossEndpoint() + " " + etag);
      while (System.in.read() >= 0) {
        // Only the end matters.
      }
    }
  }

  /** Returns where it speaks S3. */
  public URI s3() {
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
