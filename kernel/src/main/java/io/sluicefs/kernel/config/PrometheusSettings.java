// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the figures of a mount are to be had.
 *
 * @param listen where Prometheus and browsers are answered; empty for nowhere
 */
public record PrometheusSettings(Optional<InetSocketAddress> listen) {
  private static final Pattern ADDRESS = Pattern.compile("(.+):([0-9]{1,5})");
  private static final int MOST_PORT = 65_535;

  private static final Setting<Optional<InetSocketAddress>> LISTEN =
      Setting.<Optional<InetSocketAddress>>of(
              "listen",
              "an address and a port such as 127.0.0.1:9464, or off",
              "Where Prometheus finds the figures of the mount at /metrics, and a browser the page"
                  + " that shows them; port 0 is any free one, which sluice status says. Whoever"
                  + " can connect sees the names of open files.",
              PrometheusSettings::parse)
          .withDefault("127.0.0.1:0");

  /** The section. */
  public static final Section SECTION =
      new Section(
          "metrics.prometheus", "Where the figures of a mount are to be had.", List.of(LISTEN));

  private static Optional<InetSocketAddress> parse(String text) {
    if (text.equals("off")) {
      return Optional.empty();
    }
    Matcher address = ADDRESS.matcher(text);
    if (!address.matches() || Integer.parseInt(address.group(2)) > MOST_PORT) {
      throw new IllegalArgumentException("not an address");
    }
    String host = address.group(1);
    return Optional.of(
        new InetSocketAddress(
            host.startsWith("[") && host.endsWith("]")
                ? host.substring(1, host.length() - 1)
                : host,
            Integer.parseInt(address.group(2))));
  }

  /** Returns the values of the section's settings. */
  public static PrometheusSettings of(PluginSettings settings) {
    return new PrometheusSettings(settings.get(LISTEN));
  }
}
