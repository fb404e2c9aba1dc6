// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The mounts of all users of a host, as far as Linux lets this process see them. */
public final class HostMounts {
  private static final Path SOCKETS = Path.of("/proc/net/unix");

  /**
   * The path, as bound, is the last word of a line; the names are those {@link StateFolder} gives.
   */
  private static final Pattern SOCKET =
      Pattern.compile(".* (/.*/sluice[^/]*/([0-9a-f]{16}|descriptor-[0-9]+)\\.sock)");

  /**
   * A mount.
   *
   * @param mountpoint where
   * @param source what
   */
  public record Visible(Path mountpoint, String source) {}

  private HostMounts() {}

  /** Returns the mounts this process sees, whoever made them. */
  public static List<Visible> visible() {
    return MountTable.all().stream()
        .filter(MountTable.Entry::isSluice)
        .map(entry -> new Visible(entry.mountpoint(), entry.source()))
        .distinct()
        .toList();
  }

  /** Returns the control sockets of this host, or of this network namespace, of all users. */
  public static Set<Path> sockets() throws IOException {
    Set<Path> sockets = new LinkedHashSet<>();
    for (String line : Files.readAllLines(SOCKETS, StandardCharsets.UTF_8)) {
      Matcher socket = SOCKET.matcher(line);
      if (socket.matches()) {
        sockets.add(Path.of(socket.group(1)));
      }
    }
    return sockets;
  }
}
