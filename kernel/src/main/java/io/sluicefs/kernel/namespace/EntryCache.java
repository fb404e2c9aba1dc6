// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Entry;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Makes the entries handed to the Linux kernel, and keeps the last few thousand for at most a
 * second, so that an inode asked for again and again costs no memory. What remains of the time to
 * live goes with each entry: the mount and the Linux kernel together believe for no longer than the
 * setting says.
 */
final class EntryCache {
  private static final int SLOTS = 4096;
  private static final long REUSE_NANOS = 1_000_000_000L;
  private static final int DIRECTORY_SIZE = 4096;

  /** Says that the number of links is not known, so that nobody infers subdirectories from it. */
  private static final int LINKS = 1;

  private record Cached(
      Entry entry,
      @Nullable ObjectVersion version,
      long modifiedMillis,
      boolean full,
      long madeAt,
      long validFor) {}

  private final NamespaceOptions.Ownership owner;
  private volatile Duration ttl;
  private final AtomicReferenceArray<@Nullable Cached> slots = new AtomicReferenceArray<>(SLOTS);

  EntryCache(NamespaceOptions options) {
    this.owner = options.owner();
    this.ttl = options.attributeTtl();
  }

  /** Hands entries out for another time from now on. */
  void setTtl(Duration other) {
    ttl = other;
    for (int slot = 0; slot < SLOTS; slot++) {
      slots.set(slot, null);
    }
  }

  /**
   * Returns the entry of an inode.
   *
   * @param full whether its attributes cannot change, and so live for the whole time
   */
  Entry entry(Inode inode, boolean full, long now) {
    if (inode.content() != null || inode.setAttributes() != null) {
      return changing(inode, full, now);
    }
    int slot = (int) (inode.number() ^ (inode.number() >>> 32)) & (SLOTS - 1);
    Cached cached = slots.get(slot);
    if (cached != null
        && cached.entry.inode() == inode.number()
        && cached.full == full
        && now - cached.madeAt < cached.validFor
        && cached.version == inode.versionOrNull()
        && cached.modifiedMillis == inode.modifiedMillis()) {
      return cached.entry;
    }
    Duration whole = ttl;
    long remaining = remaining(inode, full, now, whole);
    Duration life = remaining == whole.toNanos() ? whole : Duration.ofNanos(remaining);
    ObjectVersion version = inode.versionOrNull();
    long modified = inode.modifiedMillis();
    Entry made = new Entry(attributes(inode, version, modified), 0, life, life);
    long validFor = Math.min(remaining, REUSE_NANOS);
    slots.lazySet(slot, new Cached(made, version, modified, full, now, validFor));
    return made;
  }

  /** Returns the size of a link, which POSIX says is the length of what it points to. */
  private static long targetLength(Inode link) {
    String target = link.target();
    return target == null ? 0 : KeyNames.utf8Length(target);
  }

  private static long remaining(Inode inode, boolean full, long now, Duration whole) {
    long ttlNanos = whole.toNanos();
    return full ? ttlNanos : Math.max(0, ttlNanos - Math.max(0, now - inode.verified()));
  }

  /** Returns the entry of a file that is being written, or whose attributes were set. */
  private Entry changing(Inode inode, boolean full, long now) {
    Attributes stored =
        attributes(inode, inode.versionOrNull(), inode.modifiedMillis(), inode.size());
    SetAttributes set = Objects.requireNonNullElse(inode.setAttributes(), SetAttributes.NONE);
    Integer permissions = set.permissions();
    Integer uid = set.uid();
    Integer gid = set.gid();
    Attributes shown =
        new Attributes(
            stored.inode(),
            permissions == null ? stored.mode() : inode.kind().typeBits() | permissions,
            stored.links(),
            uid == null ? stored.uid() : uid,
            gid == null ? stored.gid() : gid,
            stored.size(),
            stored.modified());
    boolean local = inode.content() != null;
    Duration whole = ttl;
    long remaining = remaining(inode, full || local, now, whole);
    Duration life = remaining == whole.toNanos() ? whole : Duration.ofNanos(remaining);
    return new Entry(shown, 0, life, life);
  }

  private Attributes attributes(Inode inode, @Nullable ObjectVersion version, long modified) {
    return attributes(inode, version, modified, version == null ? 0 : version.size());
  }

  private Attributes attributes(
      Inode inode, @Nullable ObjectVersion version, long modified, long size) {
    boolean directory = inode.isDirectory();
    int permissions = directory ? owner.directoryMode() : owner.fileMode();
    if (inode.kind() == FileKind.SYMLINK) {
      permissions = 0777;
    }
    return new Attributes(
        inode.number(),
        inode.kind().typeBits() | permissions,
        LINKS,
        owner.uid(),
        owner.gid(),
        inode.kind() == FileKind.SYMLINK
            ? targetLength(inode)
            : version == null ? DIRECTORY_SIZE : size,
        Instant.ofEpochMilli(modified));
  }
}
