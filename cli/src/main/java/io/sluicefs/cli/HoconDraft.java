// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** A configuration that is being written: sections of settings, and remarks on what is not set. */
final class HoconDraft {
  /**
   * A setting.
   *
   * @param value as HOCON has it
   * @param remark where it comes from
   */
  private record Line(String value, String remark) {}

  private final SequencedMap<String, SequencedMap<String, Line>> sections = new LinkedHashMap<>();
  private final List<String> remarks = new ArrayList<>();

  void set(String section, String name, Object value, String remark) {
    sections
        .computeIfAbsent(section, s -> new LinkedHashMap<>())
        .put(name, new Line(value.toString(), remark));
  }

  void setText(String section, String name, String value, String remark) {
    set(section, name, JsonText.quoted(value), remark);
  }

  /** Says something of what could not be set. */
  void remark(String remark) {
    remarks.add(remark);
  }

  List<String> remarks() {
    return List.copyOf(remarks);
  }

  /** Returns the configuration, each setting with its remark, the others at the end. */
  String text(String heading) {
    StringBuilder text = new StringBuilder("# " + heading + "\n");
    sections.forEach(
        (section, lines) -> {
          text.append(section).append(" {\n");
          lines.forEach(
              (name, line) ->
                  text.append("  # %s%n  %s = %s%n".formatted(line.remark, name, line.value)));
          text.append("}\n");
        });
    if (!remarks.isEmpty()) {
      text.append("\n# Not carried over:\n");
      remarks.forEach(remark -> text.append("#   ").append(remark).append('\n'));
    }
    return text.toString();
  }
}
