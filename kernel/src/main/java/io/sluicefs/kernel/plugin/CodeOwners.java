// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Whose code may run here: root's, that of the user who runs it, and that of whoever unpacked the
 * release, who could change all of it anyway.
 */
final class CodeOwners {
  private static final int ROOT = 0;

  private final Set<Integer> trusted;

  private CodeOwners(Set<Integer> trusted) {
    this.trusted = trusted;
  }

  /**
   * Returns who may own what is in a folder of plugins.
   *
   * @param plugins the folder that holds the plugins' folders
   */
  static CodeOwners of(Path plugins) throws PluginException {
    try {
      Set<Integer> trusted = new HashSet<>(Set.of(ROOT));
      trusted.add((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
      trusted.add((Integer) Files.getAttribute(plugins, "unix:uid"));
      return new CodeOwners(trusted);
    } catch (IOException e) {
      throw new PluginException(plugins + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Checks that nobody else can change a folder or a jar.
   *
   * @throws PluginException if somebody can; the message is one line
   */
  void check(Path path) throws PluginException {
    try {
      Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,gid");
      Object owner = attributes.get("uid");
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
      if (permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
        throw new PluginException(
            "%s: every user can put code there; chmod o-w %s".formatted(path, path));
      }
      // A group with its owner's number is his alone, as most distributions make them.
      if (permissions.contains(PosixFilePermission.GROUP_WRITE)
          && !Objects.equals(attributes.get("gid"), owner)) {
        throw new PluginException(
            "%s: its group can put code there; chmod g-w %s".formatted(path, path));
      }
      if (!trusted.contains(owner)) {
        throw new PluginException(
            "%s: belongs to user %s, who is neither root nor this user; chown it, or remove it"
                .formatted(path, owner));
      }
    } catch (IOException e) {
      throw new PluginException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
