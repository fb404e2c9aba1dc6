// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import com.typesafe.config.ConfigFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The lines that scripts print; paths in them are names, not paths of a configuration. */
final class JsonLine {
  private JsonLine() {}

  static Map<String, String> strings(String line, String name) {
    Map<String, String> strings = new TreeMap<>();
    ConfigFactory.parseString(line)
        .getObject(name)
        .forEach((key, value) -> strings.put(key, (String) value.unwrapped()));
    return strings;
  }

  /** Returns lists that may have a null in them. */
  static Map<String, List<?>> lists(String line, String name) {
    Map<String, List<?>> lists = new TreeMap<>();
    ConfigFactory.parseString(line)
        .getObject(name)
        .forEach((key, value) -> lists.put(key, (List<?>) value.unwrapped()));
    return lists;
  }

  static int number(String line, String name) {
    return ConfigFactory.parseString(line).getInt(name);
  }
}
