// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.PatternSyntaxException;

/**
 * All that is to go wrong, repeatable: the same requests in the same order meet the same faults.
 *
 * @param seed of what is left to chance
 * @param clockOffset by how much the store's clock is ahead
 * @param rules of those that fit a request the first strikes
 */
public record FaultSchedule(long seed, Duration clockOffset, List<FaultRule> rules) {
  private static final Set<String> MEMBERS = Set.of("seed", "clock-offset-seconds", "rules");
  private static final Set<String> RULE_MEMBERS =
      Set.of(
          "name",
          "requests",
          "bucket",
          "key",
          "nth",
          "every",
          "probability",
          "times",
          "effect",
          "status",
          "code",
          "at",
          "bytes-per-second",
          "milliseconds",
          "header",
          "media-type",
          "find",
          "text");

  public FaultSchedule {
    rules = List.copyOf(rules);
  }

  public static FaultSchedule of(long seed, FaultRule... rules) {
    return new FaultSchedule(seed, Duration.ZERO, Arrays.asList(rules));
  }

  /**
   * Reads a JSON document.
   *
   * @throws IllegalArgumentException if it is none, or says what makes no sense
   */
  public static FaultSchedule parse(String json) {
    try {
      Config document =
          ConfigFactory.parseString(
              json, ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON));
      onlyKnown("schedule", document, MEMBERS);
      List<FaultRule> rules = new ArrayList<>();
      for (Config rule : document.getConfigList("rules")) {
        rules.add(rule(rule));
      }
      return new FaultSchedule(
          number(document, "seed", 0),
          Duration.ofSeconds(number(document, "clock-offset-seconds", 0)),
          rules);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  private static FaultRule rule(Config rule) {
    onlyKnown("rule", rule, RULE_MEMBERS);
    Set<RequestKind> kinds = EnumSet.noneOf(RequestKind.class);
    if (rule.hasPath("requests")) {
      rule.getStringList("requests")
          .forEach(word -> kinds.add(constant(RequestKind.class, "requests", word)));
    }
    Fault.Effect effect = constant(Fault.Effect.class, "effect", rule.getString("effect"));
    FaultRule.Builder builder =
        FaultRule.on(kinds.toArray(RequestKind[]::new))
            .named(text(rule, "name"))
            .bucket(text(rule, "bucket"))
            .nth(number(rule, "nth", 1))
            .every(number(rule, "every", 1))
            .probability(rule.hasPath("probability") ? rule.getDouble("probability") : 1)
            .times(number(rule, "times", Long.MAX_VALUE));
    if (rule.hasPath("key")) {
      try {
        builder.key(rule.getString("key"));
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException("key: " + e.getMessage(), e);
      }
    }
    return builder.does(
        new Fault(
            effect,
            (int) number(rule, "status", effect == Fault.Effect.ANSWER ? 200 : 500),
            rule.hasPath("code") ? rule.getString("code") : "InternalError",
            number(rule, "at", Fault.BEFORE_HEAD),
            number(rule, "bytes-per-second", 0),
            number(rule, "milliseconds", 0),
            text(rule, "header") + text(rule, "media-type") + text(rule, "find"),
            text(rule, "text")));
  }

  private static void onlyKnown(String what, Config given, Set<String> known) {
    for (String member : given.root().keySet()) {
      if (!known.contains(member)) {
        throw new IllegalArgumentException(
            "a %s has no '%s', only %s".formatted(what, member, new TreeSet<>(known)));
      }
    }
  }

  private static String text(Config config, String member) {
    return config.hasPath(member) ? config.getString(member) : "";
  }

  private static long number(Config config, String member, long otherwise) {
    return config.hasPath(member) ? config.getLong(member) : otherwise;
  }

  /** The constant a word stands for. */
  public static <E extends Enum<E>> E constant(Class<E> type, String member, String word) {
    for (E constant : type.getEnumConstants()) {
      if (word(constant).equals(word)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "%s is '%s', give one of %s"
            .formatted(
                member,
                word,
                Arrays.stream(type.getEnumConstants()).map(FaultSchedule::word).toList()));
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
