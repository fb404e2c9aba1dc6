// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import java.util.List;

/** Keys that would name another host, another path or one more header if they were not encoded. */
public final class HostileKeys {
  /** Each is the whole of a path where the host's name says which bucket it is. */
  public static final List<String> ALL =
      List.of(
          "/evil.example/x",
          "//evil.example/x",
          "@evil.example/x",
          ":80/x",
          ":pass@169.254.169.254/latest/meta-data",
          "?x=@evil.example#y",
          "#@evil.example",
          "http://169.254.169.254/latest/meta-data",
          "\\\\evil.example\\x",
          "a/../../evil.example",
          "../evil.example",
          "%2f%2fevil.example",
          "a\r\nHost: evil.example\r\nX-Added: 1");

  private HostileKeys() {}
}
