// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.util.List;
import java.util.Optional;

/**
 * What part of the bucket is mounted and how its files look.
 *
 * @param prefix start of the keys that are mounted, ending with a slash; empty for the whole bucket
 * @param readOnly whether nothing can be written
 * @param allowOther whether other users are let in
 * @param uid owner of all files; empty for the daemon's user
 * @param gid group of all files; empty for the daemon's group
 * @param fileMode permission bits of files, the umask applied
 * @param directoryMode permission bits of directories, the umask applied
 * @param readAhead bytes the Linux kernel may read ahead
 */
public record MountSettings(
    String prefix,
    boolean readOnly,
    boolean allowOther,
    Optional<Integer> uid,
    Optional<Integer> gid,
    int fileMode,
    int directoryMode,
    int readAhead) {
  private static final Setting<String> PREFIX =
      Setting.string(
              "prefix", "Only keys that start with this are mounted, as if it were a folder.")
          .withDefault("");
  private static final Setting<Boolean> READ_ONLY =
      Setting.flag("read-only", "Refuse every change.").withDefault("false");
  private static final Setting<Boolean> ALLOW_OTHER =
      Setting.flag("allow-other", "Let other users in; Linux then checks the permission bits.")
          .withDefault("false");
  private static final Setting<Integer> UID =
      Setting.integer(
          "uid", 0, Integer.MAX_VALUE, "Owner of all files; the daemon's user when not given.");
  private static final Setting<Integer> GID =
      Setting.integer(
          "gid", 0, Integer.MAX_VALUE, "Group of all files; the daemon's group when not given.");
  private static final Setting<Integer> FILE_MODE =
      mode("file-mode", "Permission bits of files.").withDefault("0644");
  private static final Setting<Integer> DIR_MODE =
      mode("dir-mode", "Permission bits of directories.").withDefault("0755");
  private static final Setting<Integer> UMASK =
      mode("umask", "Permission bits taken away from files and directories.").withDefault("0000");
  private static final Setting<Long> READ_AHEAD =
      Setting.size("read-ahead", "Most bytes Linux itself reads ahead of a buffered reader.")
          .withDefault("1MiB");

  /** The section. */
  public static final Section SECTION =
      new Section(
          "mount",
          "What part of the bucket is mounted and how its files look.",
          List.of(
              PREFIX, READ_ONLY, ALLOW_OTHER, UID, GID, FILE_MODE, DIR_MODE, UMASK, READ_AHEAD));

  /** Returns the values of the section's settings. */
  public static MountSettings of(PluginSettings settings) {
    int umask = settings.get(UMASK);
    return new MountSettings(
        asFolder(settings.get(PREFIX)),
        settings.get(READ_ONLY),
        settings.get(ALLOW_OTHER),
        settings.find(UID),
        settings.find(GID),
        settings.get(FILE_MODE) & ~umask,
        settings.get(DIR_MODE) & ~umask,
        (int) Math.min(settings.get(READ_AHEAD), Integer.MAX_VALUE));
  }

  private static String asFolder(String prefix) {
    return prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/";
  }

  private static Setting<Integer> mode(String name, String description) {
    return Setting.<Integer>of(
        name,
        "octal permission bits such as 0640",
        description,
        text -> {
          if (!text.matches("0?[0-7]{3,4}|0")) {
            throw new IllegalArgumentException("not octal");
          }
          return Integer.parseInt(text, 8) & 07777;
        });
  }
}
