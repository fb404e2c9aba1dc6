// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * Counts the names of a directory the store was asked for one by one, and says when a page of the
 * directory's listing is worth more than one more of them: it costs one request as well, and a
 * program that looked up a few names is likely to look up their neighbours. At most every fourth
 * request is a page, so a directory too large for that to pay costs little. Thread-safe.
 */
final class LookupTally {
  private static final int REQUESTS_FOR_A_PAGE = 4;

  /** Pages of a directory at most, until its names are forgotten: the first 10,000 names. */
  private static final int MOST_PAGES = 10;

  @GuardedBy("this")
  private int found;

  @GuardedBy("this")
  private int pages;

  @GuardedBy("this")
  private boolean paging;

  @GuardedBy("this")
  private long since;

  LookupTally(long now) {
    this.since = now;
  }

  /** Counts a name that was asked for and found. Absent ones say nothing about their neighbours. */
  synchronized void found() {
    found++;
  }

  /**
   * Returns whether the next request should be one for a page, and counts it; {@link #endPage} is
   * to follow. Only one is under way at a time: other lookups need not wait for it.
   *
   * @param ttl how long names are believed, in nanoseconds; the count begins anew after it
   */
  synchronized boolean beginPage(long now, long ttl) {
    if (now - since >= ttl) {
      since = now;
      found = 0;
      pages = 0;
    }
    if (paging || pages == MOST_PAGES || found + 1 < requestsBefore(pages + 1)) {
      return false;
    }
    paging = true;
    pages++;
    return true;
  }

  private static int requestsBefore(int page) {
    return (REQUESTS_FOR_A_PAGE - 1) * page + 1;
  }

  /** Notes that the page has come, or will not. */
  synchronized void endPage() {
    paging = false;
  }
}
