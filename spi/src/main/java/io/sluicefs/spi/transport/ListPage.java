// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a listing.
 *
 * @param objects objects whose keys are not rolled up, in the store's order
 * @param commonPrefixes rolled-up prefixes, delimiter included, in the store's order
 * @param nextToken what asks for the next page; null on the last
 */
public record ListPage(
    List<ObjectStat> objects, List<String> commonPrefixes, @Nullable String nextToken) {
  public ListPage {
    objects = List.copyOf(objects);
    commonPrefixes = List.copyOf(commonPrefixes);
  }
}
