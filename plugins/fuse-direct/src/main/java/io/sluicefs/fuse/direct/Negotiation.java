// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import java.io.IOException;

/**
 * The first request and its answer, by which Linux and the channel agree on a version and on what
 * both can do. Source: {@code struct fuse_init_in}, {@code struct fuse_init_out}.
 */
final class Negotiation {
  private static final long ASYNC_READ = 1;
  private static final long ATOMIC_O_TRUNC = 1 << 3;
  private static final long BIG_WRITES = 1 << 5;
  private static final long DO_READDIRPLUS = 1 << 13;
  private static final long READDIRPLUS_AUTO = 1 << 14;
  private static final long ASYNC_DIO = 1 << 15;
  private static final long PARALLEL_DIROPS = 1 << 18;
  private static final long USE_MAX_PAGES = 1 << 22;
  private static final long CACHE_SYMLINKS = 1 << 23;
  private static final long HANDLE_KILLPRIV_V2 = 1 << 28;
  private static final long MORE_FLAGS = 1 << 30;
  private static final long DIRECT_IO_ALLOW_MMAP = 1L << 36;

  /**
   * What the channel wants. HANDLE_KILLPRIV_V2 spares a GETXATTR for each write: Linux then leaves
   * it to this side to take set-user-ID away from files that are written. Left out on purpose:
   * locks, so that Linux keeps them, honest within the mount; WRITEBACK_CACHE, which would delay an
   * error past the write that caused it; AUTO_INVAL_DATA, since an inode stands for one version;
   * the splices, which cost more than they save.
   */
  private static final long WANTED =
      ASYNC_READ
          | ATOMIC_O_TRUNC
          | BIG_WRITES
          | DO_READDIRPLUS
          | READDIRPLUS_AUTO
          | ASYNC_DIO
          | PARALLEL_DIROPS
          | USE_MAX_PAGES
          | CACHE_SYMLINKS
          | HANDLE_KILLPRIV_V2
          | MORE_FLAGS
          | DIRECT_IO_ALLOW_MMAP;

  /** Requests of readahead and of asynchronous direct I/O that may be under way at once. */
  private static final int MAX_BACKGROUND = 64;

  private static final int CONGESTED = 48;

  private Negotiation() {}

  /**
   * Answers.
   *
   * @param maxReadAhead bytes Linux may read ahead; it never takes more than it offers
   * @return whether the request settles it; else Linux asks again in a version it is answered here
   * @throws IOException if the version of Linux is too old
   */
  static boolean answer(Request request, Reply reply, int maxReadAhead)
      throws IOException, FuseException {
    int major = request.intAt(0);
    int minor = request.intAt(4);
    if (major < Protocol.MAJOR || (major == Protocol.MAJOR && minor < Protocol.OLDEST_MINOR)) {
      reply.sendError(request.unique(), Errno.EPROTO);
      throw new IOException(
          "this Linux speaks FUSE %d.%d; needed is %d.%d, which Linux 3.15 has"
              .formatted(major, minor, Protocol.MAJOR, Protocol.OLDEST_MINOR));
    }
    reply.clear();
    reply.putInt(Protocol.MAJOR);
    reply.putInt(Protocol.MINOR);
    if (major > Protocol.MAJOR) {
      padTo64(reply);
      reply.send(request.unique());
      return false;
    }
    long offered = request.intAt(12) & 0xffff_ffffL;
    if ((offered & MORE_FLAGS) != 0) {
      offered |= (long) request.intAt(16) << 32;
    }
    long flags = WANTED & offered;
    reply.putInt(Math.max(0, maxReadAhead));
    reply.putInt((int) flags);
    reply.putInt(MAX_BACKGROUND | CONGESTED << 16);
    reply.putInt(Protocol.MAX_DATA);
    // Times to the nanosecond.
    reply.putInt(1);
    reply.putInt(Math.max(1, Protocol.MAX_DATA / LibC.pageSize()));
    reply.putInt((int) (flags >>> 32));
    padTo64(reply);
    reply.send(request.unique());
    return true;
  }

  private static void padTo64(Reply reply) {
    while (reply.length() < 64) {
      reply.putInt(0);
    }
  }
}
