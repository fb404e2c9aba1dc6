// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.admin;

import io.netty.handler.codec.http.HttpHeaders;
import io.sluicefs.emulator.Conditions;
import io.sluicefs.emulator.CounterSnapshot;
import io.sluicefs.emulator.Counters;
import io.sluicefs.emulator.Fault;
import io.sluicefs.emulator.FaultRule;
import io.sluicefs.emulator.FaultSchedule;
import io.sluicefs.emulator.Faults;
import io.sluicefs.emulator.Identity;
import io.sluicefs.emulator.Identity.AccessKey;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Dialect;
import io.sluicefs.emulator.http.DocumentReception;
import io.sluicefs.emulator.http.PercentCoding;
import io.sluicefs.emulator.http.Reception;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.store.Catalog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the emulator tells and is told by whoever runs it. Nothing here is signed, counted or part
 * of a dialect.
 */
public final class AdminDialect implements Dialect {
  private final Catalog catalog;
  private final Counters counters;
  private final Conditions conditions;
  private final Faults faults;
  private final Identity identity;

  public AdminDialect(
      Catalog catalog, Counters counters, Conditions conditions, Faults faults, Identity identity) {
    this.catalog = catalog;
    this.counters = counters;
    this.conditions = conditions;
    this.faults = faults;
    this.identity = identity;
  }

  @Override
  public Reception begin(RequestHead head) {
    String[] path = head.rawPath().substring(1).split("/", 3);
    String what = head.method() + " " + path[0];
    if (path[0].equals("objects") && path.length == 3) {
      String bucket = PercentCoding.decode(path[1]);
      String key = PercentCoding.decode(path[2]);
      return new DocumentReception(body -> object(head, bucket, key, body));
    }
    return new DocumentReception(
        body ->
            switch (what) {
              case "GET counters" -> json(text(counters.snapshot()));
              case "POST counters" -> {
                counters.reset();
                yield json(text(counters.snapshot()));
              }
              case "GET conditions" -> json(text(conditions));
              case "PUT conditions" -> change(head);
              case "POST faults" -> {
                if (body.length == 0) {
                  order(head);
                } else {
                  schedule(body).rules().forEach(faults::order);
                }
                yield Answer.status(204).empty();
              }
              case "PUT faults" -> {
                faults.follow(schedule(body));
                yield json(text(faults.tallies()));
              }
              case "GET faults" -> {
                String name = head.parameter("name", "");
                yield json(
                    text(
                        faults.tallies().stream()
                            .filter(tally -> name.isEmpty() || tally.rule().name().equals(name))
                            .toList()));
              }
              case "DELETE faults" -> {
                if (head.has("name")) {
                  faults.withdraw(head.parameter("name", ""));
                } else {
                  faults.clear();
                }
                yield Answer.status(204).empty();
              }
              case "PUT access-key" -> {
                String secret = new String(body, StandardCharsets.UTF_8);
                identity.replace(new AccessKey(name(path), secret));
                yield Answer.status(204).empty();
              }
              case "POST buckets" -> {
                catalog.createBucket(name(path));
                yield Answer.status(204).empty();
              }
              case "GET keys" ->
                  json(list("keys", catalog.keys(name(path)).stream().map(JsonText::quoted)));
              case "GET uploads" ->
                  json(
                      list(
                          "uploads",
                          catalog.bucket(name(path)).uploads().after("", "", "").stream()
                              .map(upload -> JsonText.quoted(upload.key()))));
              default ->
                  throw new StoreException(404, "NotFound", "nothing is at " + head.rawPath());
            });
  }

  private static String name(String[] path) {
    return path.length < 2 ? "" : PercentCoding.decode(path[1]);
  }

  private static String list(String name, Stream<String> values) {
    return values.collect(Collectors.joining(",", "{\"" + name + "\":[", "]}"));
  }

  private Answer object(RequestHead head, String bucket, String key, byte[] body)
      throws IOException {
    return switch (head.method()) {
      case "PUT" -> put(head, bucket, key, body);
      case "GET" -> json("{\"sha256\":\"" + catalog.sha256(bucket, key) + "\"}");
      case "DELETE" -> {
        catalog.delete(bucket, key);
        yield Answer.status(204).empty();
      }
      default -> throw new StoreException(405, "MethodNotAllowed", head.method());
    };
  }

  private Answer put(RequestHead head, String bucket, String key, byte[] body) throws IOException {
    StoredObject object =
        head.has("size")
            ? catalog.putSynthetic(bucket, key, body, number(head, "size"), number(head, "seed"))
            : catalog.put(bucket, key, body);
    return json("{\"etag\":\"" + object.etag() + "\",\"size\":" + object.size() + "}");
  }

  private Answer change(RequestHead head) {
    if (head.has("latency-ms")) {
      conditions.latency(Duration.ofMillis(number(head, "latency-ms")));
    }
    if (head.has("bytes-per-second-per-connection")) {
      conditions.bytesPerSecondPerConnection(number(head, "bytes-per-second-per-connection"));
    }
    return json(text(conditions));
  }

  private static FaultSchedule schedule(byte[] body) {
    return FaultSchedule.parse(new String(body, StandardCharsets.UTF_8));
  }

  private void order(RequestHead head) {
    RequestKind kind =
        FaultSchedule.constant(RequestKind.class, "kind", head.parameter("kind", ""));
    Fault.Effect effect =
        FaultSchedule.constant(Fault.Effect.class, "effect", head.parameter("effect", ""));
    faults.order(
        FaultRule.on(kind)
            .times(head.has("requests") ? number(head, "requests") : 1)
            .does(
                new Fault(
                    effect,
                    Math.toIntExact(number(head, "status")),
                    head.parameter("code", "InternalError"),
                    head.has("at") ? number(head, "at") : Fault.BEFORE_HEAD,
                    0,
                    0,
                    "",
                    "")));
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static long number(RequestHead head, String parameter) {
    String value = head.parameter(parameter, "0");
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(parameter + " is '" + value + "', give a number", e);
    }
  }

  private static String text(Conditions conditions) {
    return "{\"latency-ms\":%d,\"bytes-per-second-per-connection\":%d}"
        .formatted(conditions.latency().toMillis(), conditions.bytesPerSecondPerConnection());
  }

  private static String text(List<Faults.Tally> tallies) {
    return list(
        "rules",
        tallies.stream()
            .map(
                tally ->
                    "{\"name\":%s,\"matched\":%d,\"struck\":%d}"
                        .formatted(
                            JsonText.quoted(tally.rule().name()),
                            tally.matched(),
                            tally.struck())));
  }

  private static String text(CounterSnapshot snapshot) {
    StringBuilder text = new StringBuilder("{\"requests\":{");
    String separator = "";
    for (RequestKind kind : RequestKind.values()) {
      text.append(separator)
          .append('"')
          .append(word(kind))
          .append("\":")
          .append(snapshot.requests(kind));
      separator = ",";
    }
    text.append("},\"errors\":{");
    separator = "";
    for (var error : new TreeMap<>(snapshot.errors()).entrySet()) {
      text.append(separator)
          .append('"')
          .append(error.getKey())
          .append("\":")
          .append(error.getValue());
      separator = ",";
    }
    return text.append("},\"bytes-in\":")
        .append(snapshot.bytesIn())
        .append(",\"bytes-out\":")
        .append(snapshot.bytesOut())
        .append('}')
        .toString();
  }

  private static Answer json(String text) {
    return Answer.status(200).text("application/json", text + "\n");
  }

  @Override
  public Answer refusal(RequestHead head, Exception failure) {
    int status =
        switch (failure) {
          case StoreException refused -> refused.status();
          case IllegalArgumentException bad -> 400;
          default -> 500;
        };
    return Answer.status(status).text("text/plain; charset=utf-8", failure.getMessage() + "\n");
  }

  @Override
  public void decorate(HttpHeaders answer) {}
}
