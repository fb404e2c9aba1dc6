// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** What an inode that is a directory has beside its name: children, a listing, a time. */
final class Directory {
  private static final VarHandle LISTING;
  private static final VarHandle REPORTED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      LISTING = lookup.findVarHandle(Directory.class, "listing", Listing.class);
      REPORTED = lookup.findVarHandle(Directory.class, "reported", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Children children = new Children();

  /** The newest listing, perhaps still growing. */
  private volatile @Nullable Listing listing;

  /** Time of the marker object as last listed, and time shown; the two meet when nobody looks. */
  private volatile long markerMillis;

  private volatile long shownMillis;

  @SuppressWarnings("UnusedVariable") // written through REPORTED
  private volatile boolean reported;

  private volatile @Nullable LocalNames local;

  private volatile @Nullable LookupTally lookups;

  /**
   * @param modifiedMillis the time to show while no marker is known
   */
  Directory(long modifiedMillis) {
    this.markerMillis = modifiedMillis;
    this.shownMillis = modifiedMillis;
  }

  void write(DataOutput to) throws IOException {
    to.writeLong(markerMillis);
    to.writeLong(shownMillis);
    to.writeBoolean(reported);
  }

  void read(DataInput from) throws IOException {
    markerMillis = from.readLong();
    shownMillis = from.readLong();
    reported = from.readBoolean();
  }

  /** Returns what this mount knows better than the store; null if nothing. */
  @Nullable LocalNames local() {
    return local;
  }

  synchronized LocalNames localOrNew() {
    LocalNames known = local;
    if (known == null) {
      known = new LocalNames();
      local = known;
    }
    return known;
  }

  /** Returns whether what the store said of a name at {@code asOf} may be believed. */
  boolean believes(String name, long asOf) {
    LocalNames known = local;
    return known == null || known.believes(name, asOf);
  }

  /** Returns whether an inode is known to be there although the store may not have it. */
  boolean isLocal(Inode inode) {
    LocalNames known = local;
    return known != null && known.has(inode);
  }

  Children children() {
    return children;
  }

  /** Returns the count of the names looked up here since {@code now} or an earlier time. */
  LookupTally lookups(long now) {
    LookupTally known = lookups;
    return known == null ? newLookups(now) : known;
  }

  private synchronized LookupTally newLookups(long now) {
    LookupTally known = lookups;
    if (known == null) {
      known = new LookupTally(now);
      lookups = known;
    }
    return known;
  }

  @Nullable Listing listing() {
    return listing;
  }

  /** Puts {@code next} in place of {@code previous}; false if another thread was faster. */
  boolean replace(@Nullable Listing previous, @Nullable Listing next) {
    return LISTING.compareAndSet(this, previous, next);
  }

  void discard(Listing given) {
    replace(given, null);
  }

  /** The store was asked for this name: what the listing says of it does not count any more. */
  void distrust(String name) {
    Listing current = listing;
    if (current != null) {
      current.distrust(name);
    }
  }

  void markerIs(long modifiedMillis) {
    markerMillis = modifiedMillis;
  }

  /**
   * Returns the time to show. It does not change while the directory is open: a program that
   * compares it before and after (tar does) would believe that something happened in between.
   */
  long modifiedMillis(boolean open) {
    if (!open) {
      shownMillis = markerMillis;
    }
    return shownMillis;
  }

  /**
   * Returns true once: keys of this directory that cannot be shown are worth one line in the log.
   */
  boolean firstReport() {
    return REPORTED.compareAndSet(this, false, true);
  }
}
