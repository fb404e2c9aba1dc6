// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.fuse.FuseException;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys whose names are just being changed. Linux does not keep programs from opening a file
 * that it renames or removes, nor from creating one in a directory that it renames: what began
 * under the former key would be stored there. Thread-safe.
 */
final class KeyClaims {
  @GuardedBy("this")
  private final List<Claim> claims = new ArrayList<>();

  /** Keys as they are now; they are others when a directory above has moved. */
  @FunctionalInterface
  interface Keys {
    List<String> now() throws FuseException;
  }

  /** Keys that are one thread's until this is closed. */
  final class Claim implements AutoCloseable {
    private final List<String> keys;
    private final Thread owner = Thread.currentThread();

    private Claim(List<String> keys) {
      this.keys = keys;
    }

    /** Returns the first of the keys. */
    String key() {
      return keys.getFirst();
    }

    private boolean conflictsWith(Claim other) {
      return !owner.equals(other.owner)
          && keys.stream().anyMatch(key -> other.keys.stream().anyMatch(its -> overlap(key, its)));
    }

    @Override
    public void close() {
      free(this);
    }
  }

  private static boolean overlap(String one, String other) {
    return one.equals(other) || isBelow(one, other) || isBelow(other, one);
  }

  private static boolean isBelow(String key, String directory) {
    return directory.endsWith("/") && key.startsWith(directory);
  }

  /**
   * Claims keys, and of those that end with a slash all that are below. Waits while another thread
   * has any of them.
   *
   * @throws FuseException EINTR if the thread is interrupted
   */
  Claim claim(Keys keys) throws FuseException {
    while (true) {
      Claim claim = take(keys.now());
      boolean good = false;
      try {
        good = claim.keys.equals(keys.now());
        if (good) {
          return claim;
        }
      } finally {
        if (!good) {
          claim.close();
        }
      }
    }
  }

  private synchronized Claim take(List<String> keys) throws FuseException {
    Claim wanted = new Claim(keys);
    try {
      while (claims.stream().anyMatch(wanted::conflictsWith)) {
        wait();
      }
    } catch (InterruptedException e) {
      throw ErrnoMapping.ofInterrupt();
    }
    claims.add(wanted);
    return wanted;
  }

  private synchronized void free(Claim claim) {
    claims.remove(claim);
    notifyAll();
  }
}
