// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import io.sluicefs.spi.StorageException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Reads one listing of a directory for one open handle: entries by number, in any order, the same
 * ones each time; pages come from the store as they are reached. Thread-safe.
 */
public final class DirectoryReader implements AutoCloseable {
  private final Namespace namespace;
  private final Listing listing;
  private final AtomicBoolean closed = new AtomicBoolean();

  DirectoryReader(Namespace namespace, Listing listing) {
    this.namespace = namespace;
    this.listing = listing;
  }

  /** Returns whether an entry is there already, so that {@link #entry} does not wait for it. */
  public boolean has(int number) {
    return number < listing.size();
  }

  /** Returns an entry, waiting for the page it is on; null after the last. */
  public @Nullable ListedEntry entry(int number) throws StorageException {
    if (listing.await(number)) {
      namespace.completed(listing);
    }
    return number < listing.size() ? listing.get(number) : null;
  }

  /** Returns the number of entries known so far. */
  public int size() {
    return listing.size();
  }

  /** Returns whether a name is among the entries known so far. */
  public boolean lists(String name) {
    return listing.find(name) != null;
  }

  Listing listing() {
    return listing;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      namespace.close(listing);
    }
  }
}
