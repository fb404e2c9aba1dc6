// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.pieces;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.emulator.EmulatorCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An emulator in a process of its own, so that nothing it allocates is the client's. */
record StoreProcess(Process process, URI s3) implements AutoCloseable {
  static final String BUCKET = "bench";
  static final String KEY = "object";

  /** Large enough that nobody reads it to its end. */
  static final long SIZE = 1L << 40;

  private static final Duration ANSWERS_WITHIN = Duration.ofSeconds(10);
  private static final Pattern ENDPOINT = Pattern.compile("\"s3\":\"([^\"]+)\"");

  /** Starts one that serves one object of computed content, to everybody. */
  @MustBeClosed
  static StoreProcess start() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "--class-path",
                System.getProperty("java.class.path"),
                EmulatorCommand.class.getName(),
                "--anonymous",
                "--synthetic",
                BUCKET + "/" + KEY + "=" + SIZE)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    // A benchmark that fails is not torn down.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    Matcher endpoint = ENDPOINT.matcher(line == null ? "" : line);
    if (!endpoint.find()) {
      process.destroyForcibly();
      throw new IOException("the emulator did not start: " + line);
    }
    return new StoreProcess(process, URI.create(endpoint.group(1)));
  }

  /** Returns the etag of the object, without quotes. */
  String etag() throws IOException, InterruptedException {
    HttpRequest head =
        HttpRequest.newBuilder(s3.resolve("/" + BUCKET + "/" + KEY))
            .HEAD()
            .timeout(ANSWERS_WITHIN)
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(head, BodyHandlers.discarding())
          .headers()
          .firstValue("etag")
          .map(quoted -> quoted.replace("\"", ""))
          .orElseThrow(() -> new IOException("no etag at " + s3));
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}
