// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder for what the tests leave, which goes when this is closed.
 *
 * <p>{@code {folder}} in a setting of the command line stands for another empty folder in it each
 * time the plugin is opened: for a cache on a disk, whose blocks must not be there in the next
 * test.
 */
final class TestFolder implements AutoCloseable {
  private static final String MARK = "{folder}";

  /** Mounts are in it that other users try to use. */
  private static final FileAttribute<Set<PosixFilePermission>> PASSABLE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x"));

  private final Path path;

  @MustBeClosed
  TestFolder() throws IOException {
    path = Files.createTempDirectory("sluice-plugin-test", PASSABLE);
  }

  /** Returns a setting in which the mark is part of an absolute path. */
  String absolute(String setting) {
    return setting.replace(MARK, path.resolve(MARK).toString());
  }

  /** Returns a setting with an empty folder in place of a mark. */
  String resolved(String setting) {
    String mark = path.resolve(MARK).toString();
    return setting.contains(mark) ? setting.replace(mark, empty().toString()) : setting;
  }

  /** Makes a folder. */
  Path empty() {
    try {
      return Files.createTempDirectory(path, "opened", PASSABLE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
