// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The emulator as a process of its own, filled and read over its admin endpoint. */
final class EmulatorProcess implements AutoCloseable {
  static final String ACCESS_KEY_ID = "emulator";
  static final String ACCESS_KEY_SECRET = "emulator-secret";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final Config endpoints;
  private final HttpClient http = HttpClient.newHttpClient();

  private EmulatorProcess(Process process, Config endpoints) {
    this.process = process;
    this.endpoints = endpoints;
  }

  static EmulatorProcess start(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-p",
                System.getProperty("sluice.emulator"),
                "-m",
                "io.sluicefs.emulator/io.sluicefs.emulator.EmulatorCommand"));
    command.addAll(Arrays.asList(arguments));
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
      String line = output.readLine();
      if (line == null) {
        throw new AssertionError("the emulator did not start");
      }
      return new EmulatorProcess(process, ConfigFactory.parseString(line));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  String s3() {
    return endpoints.getString("s3");
  }

  String oss() {
    return endpoints.getString("oss");
  }

  void createBucket(String bucket) {
    send("POST", "/buckets/" + bucket, new byte[0]);
  }

  /** Accepts from now on only this key. */
  void acceptOnly(String accessKeyId, String secret) {
    send("PUT", "/access-key/" + accessKeyId, secret.getBytes(StandardCharsets.UTF_8));
  }

  void put(String bucket, String key, byte[] content) {
    send("PUT", "/objects/" + bucket + "/" + encoded(key), content);
  }

  void putSynthetic(String bucket, String key, long size, long seed) {
    putSynthetic(bucket, key, new byte[0], size, seed);
  }

  /** Makes an object that begins with bytes of its own. */
  void putSynthetic(String bucket, String key, byte[] head, long size, long seed) {
    send("PUT", "/objects/%s/%s?size=%d&seed=%d".formatted(bucket, encoded(key), size, seed), head);
  }

  void delete(String bucket, String key) {
    send("DELETE", "/objects/" + bucket + "/" + encoded(key), new byte[0]);
  }

  String sha256(String bucket, String key) {
    String answer = send("GET", "/objects/%s/%s".formatted(bucket, encoded(key)), new byte[0]);
    return ConfigFactory.parseString(answer).getString("sha256");
  }

  /** Returns the hash of an object; none if there is no such object. */
  Optional<String> findSha256(String bucket, String key) {
    HttpResponse<String> answer =
        exchange("GET", "/objects/%s/%s".formatted(bucket, encoded(key)), new byte[0]);
    return answer.statusCode() == 404
        ? Optional.empty()
        : Optional.of(ConfigFactory.parseString(answer.body()).getString("sha256"));
  }

  /** Orders faults, as the emulator's README says. */
  void order(String rules) {
    send("POST", "/faults", rules.getBytes(StandardCharsets.UTF_8));
  }

  /** Takes back the faults of a name, and returns how many requests they struck. */
  long withdraw(String name) {
    String query = "/faults?name=" + encoded(name);
    long struck =
        ConfigFactory.parseString(send("GET", query, new byte[0])).getConfigList("rules").stream()
            .mapToLong(rule -> rule.getLong("struck"))
            .sum();
    send("DELETE", query, new byte[0]);
    return struck;
  }

  /** Returns all keys of a bucket in the order of the store. */
  List<String> keys(String bucket) {
    return ConfigFactory.parseString(send("GET", "/keys/" + bucket, new byte[0]))
        .getStringList("keys");
  }

  /** Returns the keys of uploads that are neither completed nor aborted. */
  List<String> pendingUploads(String bucket) {
    return ConfigFactory.parseString(send("GET", "/uploads/" + bucket, new byte[0]))
        .getStringList("uploads");
  }

  /** Lets it answer as slowly as a store far away; 0 is no limit. */
  void slowDown(long bytesPerSecondPerConnection) {
    send(
        "PUT",
        "/conditions?latency-ms=0&bytes-per-second-per-connection=" + bytesPerSecondPerConnection,
        new byte[0]);
  }

  /** Refuses the next requests of a kind, until {@link #refuseNothing}. */
  void refuse(String kind, int status, String code) {
    send(
        "POST",
        "/faults?kind=%s&effect=refuse&status=%d&code=%s&requests=1000000"
            .formatted(kind, status, code),
        new byte[0]);
  }

  /** Orders a fault of the next requests of a kind, in the words of the emulator. */
  void order(String kind, String fault, int requests) {
    send("POST", "/faults?kind=%s&%s&requests=%d".formatted(kind, fault, requests), new byte[0]);
  }

  void refuseNothing() {
    send("DELETE", "/faults", new byte[0]);
  }

  /** Waits until it has sent bytes of objects. */
  void awaitBytesOut(long bytes) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (counters().getLong("bytes-out") < bytes) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not " + bytes + " bytes asked for");
      }
      Thread.onSpinWait();
    }
  }

  void resetCounters() {
    send("POST", "/counters/reset", new byte[0]);
  }

  /** Returns the counters since the last reset. */
  Config counters() {
    return ConfigFactory.parseString(send("GET", "/counters", new byte[0]));
  }

  @Override
  public void close() {
    http.close();
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String send(String method, String path, byte[] body) {
    HttpResponse<String> answer = exchange(method, path, body);
    if (answer.statusCode() / 100 != 2) {
      throw new AssertionError(
          method + " " + path + ": " + answer.statusCode() + " " + answer.body());
    }
    return answer.body();
  }

  private HttpResponse<String> exchange(String method, String path, byte[] body) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(endpoints.getString("admin") + path))
            .method(method, BodyPublishers.ofByteArray(body))
            .build();
    try {
      return http.send(request, BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static String encoded(String key) {
    return URLEncoder.encode(key, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
