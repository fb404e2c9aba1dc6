// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.client5.http.DnsResolver;

/** Finds every name on this machine, as a wildcard record of a DNS server does. */
final class LoopbackResolver implements DnsResolver {
  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    return new InetAddress[] {InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1})};
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }
}
