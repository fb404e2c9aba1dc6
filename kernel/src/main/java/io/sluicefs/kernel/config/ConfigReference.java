// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.Setting;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * A configuration in which everything is a comment: every setting of the kernel and of the plugins
 * given, with what it does, what it expects and its default. The same text for the same plugins.
 */
public final class ConfigReference {
  private static final int WIDTH = 100;

  private final StringBuilder text = new StringBuilder();

  private ConfigReference() {}

  /** Returns the text. */
  public static String of(Collection<PluginDescriptor> plugins) {
    ConfigReference reference = new ConfigReference();
    reference.comment(
        "",
        "Every setting of Sluice with its default. Copy what you need and remove the leading"
            + " \"# \". Sizes take B, KiB, MiB, GiB, TiB or KB, MB, GB, TB; times take ms, s, m, h,"
            + " d. ${?NAME} stands for an environment variable, include \"other.conf\" for a"
            + " file.");
    for (Section section : Configuration.sections()) {
      reference.section(section.name(), section.description(), section.settings());
    }
    for (Axis axis : Axis.values()) {
      reference.section(axis.section(), describe(axis), AxisSettings.of(axis));
      plugins.stream()
          .filter(plugin -> plugin.axis() == axis)
          .sorted(Comparator.comparing(PluginDescriptor::name))
          .forEach(
              plugin ->
                  reference.section(axis.section() + "." + plugin.name(), "", plugin.settings()));
    }
    return reference.text.toString();
  }

  private static String describe(Axis axis) {
    return switch (axis) {
      case TRANSPORT -> "The object store: exactly one plugin.";
      case CACHE -> "Where blocks of objects are kept: memory, then any others below it.";
      case PREFETCH -> "What is read ahead: plugins asked in order, sequential when not given.";
      case FUSE ->
          "How the Linux kernel is talked to: one plugin; when not given, direct, or jnr where"
              + " direct cannot be used.";
    };
  }

  private void section(String name, String description, List<Setting<?>> settings) {
    text.append('\n');
    if (!description.isEmpty()) {
      comment("", description);
    }
    text.append("# ").append(name).append(" {\n");
    boolean first = true;
    for (Setting<?> setting : settings) {
      if (!first) {
        text.append("#\n");
      }
      first = false;
      comment("  # ", setting.description());
      comment("  # ", expectation(setting));
      String value = setting.defaultText();
      text.append("#   ").append(setting.name()).append(" =");
      text.append(value == null ? "" : " " + quoted(value)).append('\n');
    }
    text.append("# }\n");
  }

  private static String expectation(Setting<?> setting) {
    String expected = setting.expected();
    String sentence = Character.toUpperCase(expected.charAt(0)) + expected.substring(1);
    String presence = setting.isRequired() ? "; required." : "; not given by default.";
    String live = setting.isLive() ? " sluice set changes it while mounted." : "";
    return sentence + (setting.defaultText() == null ? presence : ".") + live;
  }

  private static String quoted(String value) {
    return value.matches("[A-Za-z0-9_.-]+") ? value : '"' + value + '"';
  }

  private void comment(String indent, String sentence) {
    StringBuilder line = new StringBuilder("# ").append(indent);
    int start = line.length();
    for (String word : sentence.split(" ", -1)) {
      if (line.length() > start && line.length() + word.length() > WIDTH) {
        text.append(line.toString().stripTrailing()).append('\n');
        line.setLength(start);
      }
      line.append(word).append(' ');
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }
}
