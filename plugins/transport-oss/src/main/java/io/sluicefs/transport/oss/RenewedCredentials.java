// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Temporary credentials, fetched again before they expire, by one thread at a time. While those at
 * hand are good no request waits, and a source that fails is left alone for a while.
 */
final class RenewedCredentials implements CredentialSource {
  /** How long before expiry new ones are fetched; for short-lived ones, half of their life. */
  private static final Duration MARGIN = Duration.ofMinutes(5);

  /** How long a source that failed, or whose credentials were refused, is left alone. */
  private static final Duration PAUSE = Duration.ofSeconds(10);

  private static final Logger log = System.getLogger(RenewedCredentials.class.getName());

  /** Fetches credentials. */
  interface Fetch {
    /** Returns new credentials. */
    AccessKey fetch() throws StorageException;

    /** Returns where they come from, for errors. */
    @Override
    String toString();
  }

  private record Held(AccessKey credentials, Instant renewal) {}

  private record Failed(StorageException failure, Instant nextTry) {}

  private final Fetch source;
  private final InstantSource clock;
  private final ReentrantLock renewing = new ReentrantLock();
  private volatile @Nullable Held held;
  private volatile @Nullable Failed failed;
  private volatile Instant nextRejection = Instant.MIN;

  RenewedCredentials(Fetch source) {
    this(source, InstantSource.system());
  }

  /** Creates credentials that are renewed by the time a clock says. */
  RenewedCredentials(Fetch source, InstantSource clock) {
    this.source = source;
    this.clock = clock;
  }

  @Override
  public AccessKey get() throws StorageException {
    Instant now = clock.instant();
    Held current = held;
    if (current != null && now.isBefore(current.renewal)) {
      return current.credentials;
    }
    if (current != null && !isExpired(current.credentials, now)) {
      return isPausing(now) || !renewing.tryLock() ? current.credentials : renewOr(current);
    }
    try {
      renewing.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, source + ": interrupted", e);
    }
    try {
      Held renewed = held;
      return renewed != null && !renewed.equals(current) ? renewed.credentials : renew();
    } finally {
      renewing.unlock();
    }
  }

  /** Renews with the lock held, unlocks, and makes do with what is there if the source fails. */
  private AccessKey renewOr(Held current) {
    try {
      return renew();
    } catch (StorageException e) {
      log.log(Level.WARNING, "credentials could not be renewed yet: {0}", e.getMessage());
      return current.credentials;
    } finally {
      renewing.unlock();
    }
  }

  private AccessKey renew() throws StorageException {
    Failed last = failed;
    if (last != null && clock.instant().isBefore(last.nextTry)) {
      throw new StorageException(
          last.failure.kind(), String.valueOf(last.failure.getMessage()), last.failure);
    }
    try {
      AccessKey credentials = source.fetch();
      Instant now = clock.instant();
      if (isExpired(credentials, now)) {
        throw new StorageException(
            Kind.BAD_CREDENTIALS,
            source + " gave credentials that have expired; check it and this machine's clock");
      }
      held = new Held(credentials, renewal(credentials, now));
      failed = null;
      return credentials;
    } catch (StorageException e) {
      if (e.kind() != Kind.CANCELLED) {
        failed = new Failed(e, clock.instant().plus(PAUSE));
      }
      throw e;
    }
  }

  private boolean isPausing(Instant now) {
    Failed last = failed;
    return last != null && now.isBefore(last.nextTry);
  }

  private static Instant renewal(AccessKey credentials, Instant now) {
    Instant expiration = credentials.expiration();
    if (expiration == null) {
      return Instant.MAX;
    }
    Duration half = Duration.between(now, expiration).dividedBy(2);
    return expiration.minus(half.compareTo(MARGIN) < 0 ? half : MARGIN);
  }

  private static boolean isExpired(AccessKey credentials, Instant now) {
    Instant expiration = credentials.expiration();
    return expiration != null && !now.isBefore(expiration);
  }

  @Override
  public boolean reject(AccessKey rejected) {
    try {
      // Whoever has the lock may not have put the rejected ones away yet: get would give them
      // again.
      renewing.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    try {
      Held current = held;
      if (current == null || !current.credentials.isSameAs(rejected)) {
        return true;
      }
      Instant now = clock.instant();
      if (now.isBefore(nextRejection)) {
        return false;
      }
      nextRejection = now.plus(PAUSE);
      held = null;
      return true;
    } finally {
      renewing.unlock();
    }
  }
}
