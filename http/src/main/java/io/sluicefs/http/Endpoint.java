// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Where a store listens.
 *
 * @param tls whether it speaks https
 * @param host name or address, without the brackets of an IPv6 address
 * @param port the port, 1 to 65535
 */
public record Endpoint(boolean tls, String host, int port) {
  private static final Pattern LOOPBACK =
      Pattern.compile("(.*\\.)?localhost|127(\\.\\d{1,3}){3}|::1|0:0:0:0:0:0:0:1");
  private static final Pattern ADDRESS =
      Pattern.compile("localhost|\\d{1,3}(\\.\\d{1,3}){3}|.*:.*");

  public Endpoint {
    if (host.isEmpty() || port < 1 || port > 65535) {
      throw new IllegalArgumentException("not an endpoint: '" + host + "' port " + port);
    }
    host = host.toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the endpoint of an http or https URL, with the scheme's port where it gives none.
   *
   * @throws IllegalArgumentException if it is no such URL or has no host
   */
  public static Endpoint of(URI url) {
    String host = url.getHost();
    boolean tls = "https".equalsIgnoreCase(url.getScheme());
    if (host == null || !(tls || "http".equalsIgnoreCase(url.getScheme()))) {
      throw new IllegalArgumentException("not an http or https URL with a host: " + url);
    }
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    int port = url.getPort() >= 0 ? url.getPort() : tls ? 443 : 80;
    return new Endpoint(tls, host, port);
  }

  /** Returns whether it is on this machine, whatever it resolves to. */
  public boolean isLoopback() {
    return LOOPBACK.matcher(host).matches();
  }

  /** Returns whether the host is an address or localhost, which no bucket's name can precede. */
  public boolean isAddress() {
    return ADDRESS.matcher(host).matches();
  }

  /** Returns the value of the Host header: the port is left out where it is the scheme's own. */
  public String hostHeader() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return port == (tls ? 443 : 80) ? name : name + ":" + port;
  }

  @Override
  public String toString() {
    return (tls ? "https://" : "http://") + hostHeader();
  }
}
