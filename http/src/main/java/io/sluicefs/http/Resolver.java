// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Resolves host names. The system's resolver knows neither interrupts nor deadlines and would hold
 * a carrier thread, so it runs on a thread of its own.
 */
final class Resolver {
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * Returns the addresses of {@code host}, those of the preferred family in rotation, so that
   * connections spread over all of them.
   */
  List<InetAddress> resolve(String host, Duration timeout) throws IOException {
    InetAddress[] addresses = isLiteral(host) ? InetAddress.getAllByName(host) : ask(host, timeout);
    int preferred = 1;
    while (preferred < addresses.length
        && addresses[preferred].getClass() == addresses[0].getClass()) {
      preferred++;
    }
    List<InetAddress> list = Arrays.asList(addresses);
    Collections.rotate(list.subList(0, preferred), turn.getAndIncrement());
    return list;
  }

  private static boolean isLiteral(String host) {
    return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
  }

  private static InetAddress[] ask(String host, Duration timeout) throws IOException {
    FutureTask<InetAddress[]> lookup = new FutureTask<>(() -> InetAddress.getAllByName(host));
    Thread.ofPlatform().daemon().name("sluice-http-resolver").start(lookup);
    try {
      return lookup.get(timeout.toNanos(), TimeUnit.NANOSECONDS).clone();
    } catch (ExecutionException e) {
      UnknownHostException unknown = new UnknownHostException(host);
      unknown.initCause(e.getCause());
      throw unknown;
    } catch (TimeoutException e) {
      UnknownHostException unknown =
          new UnknownHostException(host + " (no answer in " + timeout.toMillis() + " ms)");
      unknown.initCause(e);
      throw unknown;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + host + " was looked up");
    }
  }
}
