// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bounds the heap all listings take together. A listing counts while a directory handle reads it or
 * its directory keeps it to answer lookups; the kept ones nobody reads give way, oldest first.
 */
final class ListingMemory {
  private static final class Account {
    private long bytes;
    private int readers;
    private boolean kept;
  }

  private final long limit;

  @GuardedBy("this")
  private final Map<Listing, Account> accounts = new LinkedHashMap<>();

  @GuardedBy("this")
  private long used;

  ListingMemory(long limit) {
    this.limit = limit;
  }

  synchronized long used() {
    return used;
  }

  /** Counts a reader, and that the directory keeps the listing from now on. */
  synchronized void open(Listing listing) {
    Account account = accounts.computeIfAbsent(listing, l -> new Account());
    account.readers++;
    account.kept = true;
  }

  synchronized void close(Listing listing) {
    Account account = accounts.get(listing);
    if (account != null) {
      account.readers--;
      settle(listing, account);
    }
  }

  /** The directory does not keep it any more. */
  synchronized void drop(Listing listing) {
    Account account = accounts.get(listing);
    if (account != null) {
      account.kept = false;
      settle(listing, account);
    }
  }

  /** Counts bytes a listing is about to take. */
  synchronized void grow(Listing listing, long bytes) {
    Account account = accounts.get(listing);
    if (account == null) {
      return;
    }
    if (used + bytes > limit) {
      evict(used + bytes - limit);
    }
    if (used + bytes > limit) {
      throw new CapacityException(
          "listings would take more than "
              + limit
              + " bytes; directories this large need a larger Java heap");
    }
    account.bytes += bytes;
    used += bytes;
  }

  @GuardedBy("this")
  private void evict(long wanted) {
    long freed = 0;
    Iterator<Map.Entry<Listing, Account>> all = accounts.entrySet().iterator();
    while (freed < wanted && all.hasNext()) {
      Map.Entry<Listing, Account> next = all.next();
      Account account = next.getValue();
      if (account.readers == 0) {
        next.getKey().directory().discard(next.getKey());
        freed += account.bytes;
        used -= account.bytes;
        all.remove();
      }
    }
  }

  @GuardedBy("this")
  private void settle(Listing listing, Account account) {
    if (account.readers == 0 && !account.kept) {
      used -= account.bytes;
      accounts.remove(listing);
    }
  }
}
