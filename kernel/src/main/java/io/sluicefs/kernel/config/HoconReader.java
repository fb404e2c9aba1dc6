// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.SettingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads HOCON: includes, substitutions from the file and the environment, overrides of a command
 * line on top. The only class that knows the library.
 */
final class HoconReader {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{\\??\\s*([^}\\s]+)\\s*}");
  private static final Pattern QUOTED = Pattern.compile("'[^']{2,}'");
  private static final String ENVIRONMENT = "env variables";
  private static final String OVERRIDE = "--set";

  private HoconReader() {}

  /**
   * Reads a file.
   *
   * @param overrides {@code path=value} each
   * @throws SettingException if the file cannot be read or is not HOCON
   */
  static ConfigNode.Branch read(Path file, List<String> overrides) throws SettingException {
    Path path = file.toAbsolutePath();
    if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
      throw new SettingException(
          file + ": " + (Files.exists(path) ? "not a file this user can read" : "no such file"));
    }
    ConfigParseOptions options =
        ConfigParseOptions.defaults().setSyntax(ConfigSyntax.CONF).setAllowMissing(false);
    try {
      Config written = ConfigFactory.parseFile(path.toFile(), options);
      Config overridden = override(overrides).withFallback(written);
      ConfigNode.Branch root = branch(overridden.resolve().root(), written.root(), "");
      return new ConfigNode.Branch(root.children(), path.toString());
    } catch (ConfigException e) {
      throw new SettingException(oneLine(e));
    }
  }

  private static Config override(List<String> overrides) throws SettingException {
    Config config = ConfigFactory.empty();
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (equals < 1) {
        throw new SettingException(
            "--set %s: expected path=value, such as memory.limit=8GiB".formatted(override));
      }
      String path = override.substring(0, equals).strip();
      if (isAxis(path)) {
        // A bare name would replace the whole section and with it the settings of the file.
        path += "." + AxisSettings.USE.name();
      }
      // Parsed as a map, so that the sections on the way to the setting have this origin too.
      config =
          ConfigFactory.parseMap(Map.of(path, override.substring(equals + 1)), OVERRIDE)
              .withFallback(config);
    }
    return config;
  }

  private static boolean isAxis(String path) {
    for (Axis axis : Axis.values()) {
      if (axis.section().equals(path)) {
        return axis != Axis.CACHE;
      }
    }
    return false;
  }

  private static ConfigNode.Branch branch(
      ConfigObject object, @Nullable ConfigValue written, String path) {
    SequencedMap<String, ConfigNode> children = new LinkedHashMap<>();
    // The library's objects are unordered; people expect the order of their file.
    List<Map.Entry<String, ConfigValue>> entries =
        object.entrySet().stream()
            .sorted(
                Comparator.comparingInt(
                        (Map.Entry<String, ConfigValue> e) -> e.getValue().origin().lineNumber())
                    .thenComparing(Map.Entry::getKey))
            .toList();
    for (Map.Entry<String, ConfigValue> entry : entries) {
      ConfigValue value = entry.getValue();
      ConfigValue source = child(written, entry.getKey());
      if (value instanceof ConfigObject section) {
        children.put(entry.getKey(), branch(section, source, path + entry.getKey() + "."));
      } else if (value.valueType() != ConfigValueType.NULL) {
        children.put(entry.getKey(), leaf(value, source));
      }
    }
    return new ConfigNode.Branch(children, object.origin().description());
  }

  private static @Nullable ConfigValue child(@Nullable ConfigValue parent, String name) {
    try {
      return parent instanceof ConfigObject object ? object.get(name) : null;
    } catch (ConfigException.NotResolved e) {
      // The section itself is a substitution: where its parts were written cannot be told.
      return null;
    }
  }

  private static ConfigNode.Leaf leaf(ConfigValue value, @Nullable ConfigValue written) {
    ConfigOrigin origin = value.origin();
    String description = origin.description();
    boolean fromEnvironment = description.contains(ENVIRONMENT);
    if (fromEnvironment) {
      description = environmentOrigin(written);
    }
    boolean overriding = description.equals(OVERRIDE);
    String filename = origin.filename();
    Path file = filename == null || fromEnvironment || overriding ? null : Path.of(filename);
    return new ConfigNode.Leaf(text(value), description, file, overriding);
  }

  private static String environmentOrigin(@Nullable ConfigValue written) {
    if (written == null) {
      return "environment";
    }
    Matcher variable = VARIABLE.matcher(written.render());
    String name = "";
    while (variable.find()) {
      name = " variable " + variable.group(1);
    }
    return written.origin().description() + " (environment" + name + ")";
  }

  private static String text(ConfigValue value) {
    if (value instanceof ConfigList list) {
      return list.stream().map(HoconReader::text).collect(Collectors.joining(","));
    }
    // The library keeps a number's text, such as 0755, only for getString.
    return value instanceof ConfigObject ? "{}" : value.atKey("value").getString("value");
  }

  private static String oneLine(ConfigException failure) {
    String message = String.valueOf(failure.getMessage());
    int advice = message.indexOf(" (if you intended");
    if (advice > 0) {
      message =
          message.substring(0, advice) + "; a value with special characters needs double quotes";
    }
    // The token may be part of a secret.
    return QUOTED.matcher(message.replaceAll("\\s+", " ")).replaceAll("'…'");
  }
}
