// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The emulator in a process of its own, so that nothing it does counts as a daemon's. */
final class ObjectServer implements AutoCloseable {
  static final String BUCKET = "bench";
  static final String ACCESS_KEY_ID = "emulator";
  static final String ACCESS_KEY_SECRET = "emulator-secret";

  private static final Pattern NUMBER = Pattern.compile("\"([a-z0-9-]+)\":([0-9]+)");

  /** What was served since the last reset. */
  record Served(long requests, long bytesIn, long bytesOut) {}

  private final Process process;
  private final URI s3;
  private final URI oss;
  private final URI admin;
  private final HttpClient http = HttpClient.newHttpClient();

  private ObjectServer(Process process, String ready) throws IOException {
    this.process = process;
    this.s3 = endpoint(ready, "s3");
    this.oss = endpoint(ready, "oss");
    this.admin = endpoint(ready, "admin");
  }

  /**
   * Starts one with an empty bucket.
   *
   * @param modules folder of the emulator and its libraries
   */
  static ObjectServer start(Path modules) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                // What is written stays in memory outside the heap until it is deleted.
                "-XX:MaxDirectMemorySize=10g",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "--module-path",
                modules.toString(),
                "--module",
                "io.sluicefs.emulator/io.sluicefs.emulator.EmulatorCommand",
                "--bucket",
                BUCKET)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String ready = out.readLine();
    if (ready == null) {
      process.destroyForcibly();
      throw new IOException("the emulator did not start");
    }
    return new ObjectServer(process, ready);
  }

  private static URI endpoint(String ready, String name) throws IOException {
    Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(ready);
    if (!matcher.find()) {
      throw new IOException("the emulator said: " + ready);
    }
    return URI.create(matcher.group(1));
  }

  URI s3() {
    return s3;
  }

  URI oss() {
    return oss;
  }

  void conditions(Network network) throws IOException, InterruptedException {
    String _ =
        ask(
            "PUT",
            "/conditions?latency-ms=%d&bytes-per-second-per-connection=%d"
                .formatted(network.latencyMillis(), network.bytesPerSecond()));
  }

  void resetCounters() throws IOException, InterruptedException {
    String _ = ask("POST", "/counters/reset");
  }

  Served served() throws IOException, InterruptedException {
    String text = ask("GET", "/counters");
    // Errors are among the requests.
    int errors = text.indexOf("\"errors\"");
    long requests =
        NUMBER
            .matcher(text.substring(0, errors))
            .results()
            .mapToLong(result -> Long.parseLong(result.group(2)))
            .sum();
    return new Served(requests, number(text, "bytes-in"), number(text, "bytes-out"));
  }

  private static long number(String text, String name) throws IOException {
    Matcher matcher = NUMBER.matcher(text);
    while (matcher.find()) {
      if (matcher.group(1).equals(name)) {
        return Long.parseLong(matcher.group(2));
      }
    }
    throw new IOException("no " + name + " in " + text);
  }

  /** Makes an object of computed content; an empty one if {@code size} is 0. */
  void put(String key, long size) throws IOException, InterruptedException {
    String _ = ask("PUT", object(key) + (size == 0 ? "" : "?size=" + size + "&seed=1"));
  }

  void delete(List<String> keys) throws IOException, InterruptedException {
    for (String key : keys) {
      String _ = ask("DELETE", object(key));
    }
  }

  private static String object(String key) {
    return "/objects/" + BUCKET + "/" + key.replace("/", "%2F");
  }

  private String ask(String method, String target) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(admin.resolve(target))
            .method(method, BodyPublishers.noBody())
            .build();
    var answer = http.send(request, BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new IOException(
          method + " " + target + ": " + answer.statusCode() + " " + answer.body());
    }
    return answer.body();
  }

  @Override
  public void close() {
    http.close();
    process.destroy();
  }
}
