// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.opentest4j.TestAbortedException;

/**
 * Two network namespaces as two hosts, and this one as a third that both reach over a bridge. They
 * share the file system, so what is mounted in one is seen here.
 */
final class NetworkHosts implements AutoCloseable {
  private static final int HOSTS = 2;

  private final String name = "sl" + ProcessHandle.current().pid();
  private final String network = "10.213." + ProcessHandle.current().pid() % 250;

  private NetworkHosts() {}

  /** Makes them; aborts the test where that is not allowed. */
  static NetworkHosts make() {
    NetworkHosts hosts = new NetworkHosts();
    try {
      hosts.ip("link add %s type bridge".formatted(hosts.name));
      hosts.ip("address add %s/24 dev %s".formatted(hosts.address(), hosts.name));
      hosts.ip("link set %s up".formatted(hosts.name));
      for (int host = 0; host < HOSTS; host++) {
        String own = hosts.name + host;
        hosts.ip("netns add " + own);
        hosts.ip("link add %s type veth peer name eth0 netns %s".formatted(own, own));
        hosts.ip("link set %s master %s up".formatted(own, hosts.name));
        hosts.ip("-n %s address add %s.%d/24 dev eth0".formatted(own, hosts.network, host + 2));
        hosts.ip("-n %s link set eth0 up".formatted(own));
      }
      return hosts;
    } catch (TestAbortedException e) {
      hosts.close();
      throw e;
    }
  }

  private void ip(String arguments) {
    Command command = run(arguments);
    if (command.status() != 0) {
      throw new TestAbortedException("no network namespaces here: " + command.err());
    }
  }

  private static Command run(String arguments) {
    List<String> words = new ArrayList<>(List.of("ip"));
    words.addAll(Arrays.asList(arguments.split(" ")));
    return Command.run(words.toArray(String[]::new));
  }

  /** Returns the address of this host that the others reach. */
  String address() {
    return network + ".1";
  }

  /** Returns the words that run a program on one of the two. */
  String[] on(int host, String... words) {
    List<String> command = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + name + host));
    command.addAll(Arrays.asList(words));
    return command.toArray(String[]::new);
  }

  @Override
  public void close() {
    for (int host = 0; host < HOSTS; host++) {
      run("netns delete " + name + host);
    }
    run("link delete " + name);
  }
}
