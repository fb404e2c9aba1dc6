// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.control;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValueFactory;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** Objects of JSON as maps of strings, numbers, booleans, lists and maps. */
public final class Json {
  private static final ConfigParseOptions STRICT =
      ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON);

  private Json() {}

  /** Returns an object as text in one line. */
  public static String text(Map<String, ?> object) {
    return ConfigValueFactory.fromMap(object).render(ConfigRenderOptions.concise());
  }

  /** Returns objects as an array in one line. */
  public static String array(Collection<? extends Map<String, ?>> objects) {
    return objects.stream().map(Json::text).collect(Collectors.joining(",", "[", "]"));
  }

  /**
   * Reads an object.
   *
   * @throws ControlException if the text is none
   */
  public static Map<String, Object> parse(String text) throws ControlException {
    try {
      return ConfigFactory.parseString(text, STRICT).root().unwrapped();
    } catch (ConfigException e) {
      throw new ControlException("not an object of JSON: " + e.getMessage(), e);
    }
  }
}
