// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The regular files that paths name: themselves and, for directories, all below. Symbolic links are
 * followed, since downloaders keep a model as links to its files; a file with several names counts
 * once. What else is in a directory, such as pipes, is passed over.
 */
final class FoundFiles {
  private final FileProblems problems;
  private final Set<Object> seen = new HashSet<>();

  private FoundFiles(FileProblems problems) {
    this.problems = problems;
  }

  /**
   * Looks for files.
   *
   * @param problems gets what cannot be looked at
   * @return files in the order of the paths, and below a directory in that of names
   */
  static List<Path> below(List<Path> paths, FileProblems problems) throws IOException {
    FoundFiles found = new FoundFiles(problems);
    List<Path> files = new ArrayList<>();
    for (Path path : paths) {
      files.addAll(found.below(path));
    }
    return files;
  }

  private List<Path> below(Path path) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        path,
        EnumSet.of(FileVisitOption.FOLLOW_LINKS),
        Integer.MAX_VALUE,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile()) {
              if (seen.add(attributes.fileKey())) {
                files.add(file);
              }
            } else if (attributes.isSymbolicLink()) {
              problems.add(file, "a symbolic link to nothing");
            } else if (file.equals(path)) {
              problems.add(file, "neither a file nor a directory");
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure) {
            // A directory met again inside itself is being looked at already.
            if (!(failure instanceof FileSystemLoopException)) {
              problems.add(file, failure);
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) {
            if (failure != null) {
              problems.add(directory, failure);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    files.sort(null);
    return files;
  }
}
