// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoredObject;
import java.util.Map;

/**
 * What a client wants kept with an object.
 *
 * @param http HTTP fields, names in lower case
 * @param metadata user metadata without the prefix of a dialect
 * @param tags object tags
 */
public record ObjectHeaders(
    Map<String, String> http, Map<String, String> metadata, Map<String, String> tags) {
  public static final ObjectHeaders NONE = new ObjectHeaders(Map.of(), Map.of(), Map.of());

  public static ObjectHeaders of(StoredObject object) {
    return new ObjectHeaders(object.headers(), object.metadata(), object.tags());
  }
}
