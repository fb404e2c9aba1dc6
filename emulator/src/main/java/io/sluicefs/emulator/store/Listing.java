// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoredObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/**
 * One page of a bucket's keys.
 *
 * @param objects objects directly below the prefix, in order Which keys to list.
 * @param prefixes rolled up prefixes, in order
 * @param next the marker to go on from; null on the last page
 */
public record Listing(List<StoredObject> objects, List<String> prefixes, @Nullable String next) {
  /**
   * Which keys to list.
   *
   * @param prefix only keys that begin with it
   * @param delimiter keys that contain it after the prefix are rolled up; empty = none are
   * @param marker only keys and rolled up prefixes after it
   * @param limit most entries of the page, both kinds together
   */
  public record Query(String prefix, String delimiter, String marker, int limit) {}

  public int count() {
    return objects.size() + prefixes.size();
  }

  public static Listing of(Bucket bucket, Query query) {
    NavigableMap<String, StoredObject> all = bucket.objects();
    List<StoredObject> objects = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    String last = null;
    Map.@Nullable Entry<String, StoredObject> entry = first(all, query);
    while (entry != null && entry.getKey().startsWith(query.prefix())) {
      if (objects.size() + prefixes.size() == query.limit()) {
        return new Listing(objects, prefixes, query.limit() == 0 ? null : last);
      }
      String rolledUp = rolledUp(entry.getKey(), query);
      if (rolledUp == null) {
        objects.add(entry.getValue());
        last = entry.getKey();
        entry = all.higherEntry(last);
      } else {
        prefixes.add(rolledUp);
        last = rolledUp;
        entry = after(all, rolledUp);
      }
    }
    return new Listing(objects, prefixes, null);
  }

  private static Map.@Nullable Entry<String, StoredObject> first(
      NavigableMap<String, StoredObject> all, Query query) {
    String marker = query.marker();
    if (marker.isEmpty() || KeyOrder.UTF_8.compare(marker, query.prefix()) < 0) {
      return all.ceilingEntry(query.prefix());
    }
    // A marker that is itself a rolled up prefix was already listed with all that is below it.
    return marker.equals(rolledUp(marker, query)) ? after(all, marker) : all.higherEntry(marker);
  }

  private static @Nullable String rolledUp(String key, Query query) {
    if (query.delimiter().isEmpty() || !key.startsWith(query.prefix())) {
      return null;
    }
    int at = key.indexOf(query.delimiter(), query.prefix().length());
    return at < 0 ? null : key.substring(0, at + query.delimiter().length());
  }

  private static Map.@Nullable Entry<String, StoredObject> after(
      NavigableMap<String, StoredObject> all, String prefix) {
    String next = KeyOrder.after(prefix);
    return next == null ? null : all.ceilingEntry(next);
  }
}
