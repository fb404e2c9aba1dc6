// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.util.List;
import java.util.Map;

/** Fields of an object of JSON; one that is missing is nothing, as from another release. */
record JsonFields(Map<?, ?> fields) {
  String text(String name) {
    Object value = fields.get(name);
    return value == null ? "" : value.toString();
  }

  long number(String name) {
    return fields.get(name) instanceof Number number ? number.longValue() : 0;
  }

  double decimal(String name) {
    return fields.get(name) instanceof Number number ? number.doubleValue() : 0;
  }

  boolean has(String name) {
    return fields.containsKey(name);
  }

  JsonFields object(String name) {
    return new JsonFields(fields.get(name) instanceof Map<?, ?> object ? object : Map.of());
  }

  List<?> list(String name) {
    return fields.get(name) instanceof List<?> list ? list : List.of();
  }

  List<JsonFields> objects(String name) {
    return list(name).stream()
        .filter(Map.class::isInstance)
        .map(object -> new JsonFields((Map<?, ?>) object))
        .toList();
  }
}
