// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.memory;

/**
 * How much memory the process takes when the configuration does not say: half of what it may have,
 * which is the smallest limit of its control groups, of version 2 or 1, or the memory of the
 * machine. The other half is for the page cache, which the kernel counts to the group that reads,
 * and for the programs that load the model.
 */
public final class MemoryLimit {
  /**
   * Bytes of any limit that are for the Java runtime: 40 MiB of code and classes, 25 MiB of
   * metaspace, 15 MiB of compiled code, 30 MiB the compilers work with, and a heap of some 10,000
   * names. What a daemon took beside its data at its peak, which is in its first minutes.
   */
  public static final long RUNTIME = 128L << 20;

  /**
   * The smallest limit: enough for the runtime, the threads of a FUSE channel, a request of
   * read-ahead and the blocks of some reads.
   */
  public static final long LEAST = RUNTIME + (16L << 20);

  private static final long WHEN_UNKNOWN = 1L << 30;

  private final HostMemory host;

  /** Creates the default of a host. */
  public MemoryLimit(HostMemory host) {
    this.host = host;
  }

  /** Returns the default limit in bytes. */
  public long bytes() {
    long most = host.total();
    return most == HostMemory.UNKNOWN ? WHEN_UNKNOWN : Math.max(most / 2, LEAST);
  }
}
