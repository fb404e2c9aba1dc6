// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One setting a plugin or the kernel understands: its name, how its text becomes a value, its
 * default and one sentence for the reference. Immutable.
 *
 * @param <T> the type of its value
 */
public final class Setting<T> {
  /** Turns a setting's text into its value. */
  @FunctionalInterface
  public interface Parser<T> {
    /**
     * Returns the value.
     *
     * @throws IllegalArgumentException if the text is no such value; the message need not repeat it
     */
    T parse(String text);
  }

  private final String name;
  private final String expected;
  private final @Nullable String defaultText;
  private final boolean required;
  private final boolean secret;
  private final boolean live;
  private final String description;
  private final Parser<? extends T> parser;

  private Setting(
      String name,
      String expected,
      @Nullable String defaultText,
      boolean required,
      boolean secret,
      boolean live,
      String description,
      Parser<? extends T> parser) {
    if (!name.matches("[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)*")) {
      throw new IllegalArgumentException("a setting's name is lower-kebab, not '" + name + "'");
    }
    this.name = name;
    this.expected = expected;
    this.defaultText = defaultText;
    this.required = required;
    this.secret = secret;
    this.live = live;
    this.description = Objects.requireNonNull(description);
    this.parser = parser;
    if (defaultText != null) {
      Objects.requireNonNull(parser.parse(defaultText));
    }
  }

  /**
   * Returns a setting of a plugin's own type, optional and without default.
   *
   * @param name lower-kebab, dots for nesting, relative to the plugin's section
   * @param expected completes "expected …" in an error: {@code "a size such as 8MiB"}
   * @param description one sentence: the effect, not the type
   */
  public static <T> Setting<T> of(
      String name, String expected, String description, Parser<? extends T> parser) {
    return new Setting<>(name, expected, null, false, false, false, description, parser);
  }

  /** Returns a setting whose value is text. */
  public static Setting<String> string(String name, String description) {
    return of(name, "text", description, text -> text);
  }

  /** Returns a setting whose value is a number of bytes, written with a binary or decimal unit. */
  public static Setting<Long> size(String name, String description) {
    return of(name, "a size such as 8MiB", description, Units::parseSize);
  }

  /**
   * Returns a setting whose value is a number of bytes, at least {@code least}.
   *
   * @param least the smallest value, as a person writes it: {@code "16MiB"}
   */
  public static Setting<Long> size(String name, String least, String description) {
    long smallest = Units.parseSize(least);
    return of(
        name,
        "a size of at least " + least,
        description,
        text -> {
          long bytes = Units.parseSize(text);
          if (bytes < smallest) {
            throw new IllegalArgumentException("too small");
          }
          return bytes;
        });
  }

  /** Returns a setting whose value is a time, written with a unit. */
  public static Setting<Duration> duration(String name, String description) {
    return of(name, "a time such as 30s or 500ms", description, Units::parseDuration);
  }

  /** Returns a setting whose value is a whole number from {@code min} to {@code max}. */
  public static Setting<Integer> integer(String name, int min, int max, String description) {
    return of(
        name,
        "a whole number from " + min + " to " + max,
        description,
        text -> {
          int value = Integer.parseInt(text);
          if (value < min || value > max) {
            throw new IllegalArgumentException("out of range");
          }
          return value;
        });
  }

  /** Returns a setting that is true or false. */
  public static Setting<Boolean> flag(String name, String description) {
    return of(
        name,
        "true or false",
        description,
        text ->
            switch (text) {
              case "true", "yes", "on" -> true;
              case "false", "no", "off" -> false;
              default -> throw new IllegalArgumentException("neither true nor false");
            });
  }

  /** Returns a setting whose value is an absolute path. */
  public static Setting<Path> path(String name, String description) {
    return of(
        name,
        "an absolute path",
        description,
        text -> {
          Path path = Path.of(text);
          if (!path.isAbsolute()) {
            throw new IllegalArgumentException("not absolute");
          }
          return path.normalize();
        });
  }

  /** Returns a setting whose value is an http or https URL with a host. */
  public static Setting<URI> url(String name, String description) {
    return of(
        name,
        "a URL such as https://storage.example.com",
        description,
        text -> {
          URI uri = URI.create(text);
          if (uri.getHost() == null
              || !("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
            throw new IllegalArgumentException("not an http or https URL with a host");
          }
          return uri;
        });
  }

  /** Returns a setting whose value never appears in a log or an error. */
  public static Setting<Secret> secret(String name, String description) {
    return new Setting<>(name, "a secret", null, false, true, false, description, Secret::of);
  }

  /** Returns a setting whose value is one of an enum's constants, written in lower-kebab. */
  public static <E extends Enum<E>> Setting<E> choice(
      String name, Class<E> type, String description) {
    E[] constants = Objects.requireNonNull(type.getEnumConstants());
    String expected =
        Arrays.stream(constants)
            .map(Setting::kebab)
            .collect(Collectors.joining(", ", "one of ", ""));
    return of(
        name,
        expected,
        description,
        text ->
            Arrays.stream(constants)
                .filter(constant -> kebab(constant).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("unknown")));
  }

  /** Returns this setting with a default, written as a person would in the configuration. */
  public Setting<T> withDefault(String text) {
    return new Setting<>(name, expected, text, false, secret, live, description, parser);
  }

  /** Returns this setting as one the configuration must give. */
  public Setting<T> required() {
    return new Setting<>(name, expected, null, true, secret, live, description, parser);
  }

  /**
   * Returns this setting as one that {@code sluice set} may change while the bucket is mounted. Who
   * has such settings goes by others when told: {@link
   * io.sluicefs.spi.prefetch.Prefetcher#reconfigure}, {@link
   * io.sluicefs.spi.cache.BlockCache#reconfigure}.
   *
   * @since 1.3
   */
  public Setting<T> live() {
    return new Setting<>(name, expected, defaultText, required, secret, true, description, parser);
  }

  /** Returns the name, relative to the section it stands in. */
  public String name() {
    return name;
  }

  /** Returns what completes "expected …" in an error. */
  public String expected() {
    return expected;
  }

  /** Returns the default as written in a configuration, or null when there is none. */
  public @Nullable String defaultText() {
    return defaultText;
  }

  /** Returns whether the configuration must give it. */
  public boolean isRequired() {
    return required;
  }

  /** Returns whether the value is a secret, which is taken from no command line. */
  public boolean isSecret() {
    return secret;
  }

  /**
   * Returns whether it may change while the bucket is mounted.
   *
   * @since 1.3
   */
  public boolean isLive() {
    return live;
  }

  /** Returns the sentence for the reference. */
  public String description() {
    return description;
  }

  /**
   * Returns the value of {@code text}.
   *
   * @throws IllegalArgumentException if the text is no such value
   */
  public T parse(String text) {
    return parser.parse(text);
  }

  private static String kebab(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @Override
  public String toString() {
    return name;
  }
}
