// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How long what is known of the store is believed, how files look, and how much may be kept.
 *
 * @param attributeTtl how long a name and its attributes are believed after the store was asked;
 *     zero asks at every lookup and open
 * @param negativeTtl how long an absent name is believed absent after the store was asked for it
 * @param negativeCapacity most absent names kept
 * @param owner who owns what, with which modes
 * @param keepAttributes whether modes, owners and times that are set are kept in the metadata of
 *     objects; each file then costs a HEAD to look up
 * @param limits how much may be kept in heap
 */
public record NamespaceOptions(
    Duration attributeTtl,
    Duration negativeTtl,
    int negativeCapacity,
    Ownership owner,
    boolean keepAttributes,
    Limits limits) {

  /** Creates options of a mount that keeps no attributes. */
  public NamespaceOptions(
      Duration attributeTtl,
      Duration negativeTtl,
      int negativeCapacity,
      Ownership owner,
      Limits limits) {
    this(attributeTtl, negativeTtl, negativeCapacity, owner, false, limits);
  }

  /**
   * Owner and modes of everything in the mount.
   *
   * @param uid owning user
   * @param gid owning group
   * @param fileMode permission bits of files, the umask already applied
   * @param directoryMode permission bits of directories, the umask already applied
   */
  public record Ownership(int uid, int gid, int fileMode, int directoryMode) {
    private static final int PERMISSION_BITS = 07777;

    public Ownership {
      if (((fileMode | directoryMode) & ~PERMISSION_BITS) != 0) {
        throw new IllegalArgumentException("modes are permission bits only");
      }
    }

    /** Returns this process's user and group, with modes 0644 and 0755. */
    public static Ownership ofThisProcess() {
      Path self = Path.of("/proc/self");
      try {
        return new Ownership(
            (Integer) Files.getAttribute(self, "unix:uid"),
            (Integer) Files.getAttribute(self, "unix:gid"),
            0644,
            0755);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read the owner of /proc/self", e);
      }
    }
  }

  /**
   * How much heap the namespace may take. What would exceed it is refused with ENOMEM.
   *
   * @param inodes most inodes known to the Linux kernel or kept after it forgot them
   * @param idleInodes most inodes kept after the Linux kernel forgot them
   * @param listingBytes most bytes of all listings together
   */
  public record Limits(int inodes, int idleInodes, long listingBytes) {
    /** What an inode with its name takes, roughly; measured by {@code NamespaceFootprintTest}. */
    private static final int INODE_BYTES = 256;

    /** Returns limits for this process's heap: half of it for inodes, a quarter for listings. */
    public static Limits ofThisHeap() {
      long heap = Runtime.getRuntime().maxMemory();
      int inodes = (int) Math.min(heap / 2 / INODE_BYTES, 1 << 28);
      return new Limits(inodes, Math.min(10_000, inodes / 4), heap / 4);
    }
  }

  /** Returns the options of a mount that sets none. */
  public static NamespaceOptions defaults() {
    return new NamespaceOptions(
        Duration.ofSeconds(60),
        Duration.ZERO,
        10_000,
        Ownership.ofThisProcess(),
        Limits.ofThisHeap());
  }

  /** Returns these options with other times. */
  public NamespaceOptions withTtls(Duration attribute, Duration negative) {
    return new NamespaceOptions(
        attribute, negative, negativeCapacity, owner, keepAttributes, limits);
  }

  /** Returns these options with other limits. */
  public NamespaceOptions withLimits(Limits other) {
    return new NamespaceOptions(
        attributeTtl, negativeTtl, negativeCapacity, owner, keepAttributes, other);
  }

  /** Returns these options with attributes kept in the store. */
  public NamespaceOptions withAttributesKept() {
    return new NamespaceOptions(attributeTtl, negativeTtl, negativeCapacity, owner, true, limits);
  }
}
