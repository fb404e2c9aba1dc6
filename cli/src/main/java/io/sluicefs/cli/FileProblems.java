// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** What is the matter with which files; one thing each. Thread-safe. */
final class FileProblems {
  private final Map<Path, String> problems = new ConcurrentSkipListMap<>();

  void add(Path file, String problem) {
    problems.put(file, problem);
  }

  void add(Path file, IOException failure) {
    add(file, meaning(failure));
  }

  /** Returns a copy of what there is, in the order of names. */
  Map<Path, String> all() {
    return new TreeMap<>(problems);
  }

  /** Returns the files nothing is the matter with. */
  List<Path> without(List<Path> files) {
    return files.stream().filter(file -> !problems.containsKey(file)).toList();
  }

  boolean isEmpty() {
    return problems.isEmpty();
  }

  /** Prints a line for each. */
  void print(PrintWriter err) {
    problems.forEach((file, problem) -> err.println("sluice: " + file + ": " + problem));
    err.flush();
  }

  private static String meaning(IOException failure) {
    return switch (failure) {
      case LinuxCallException e -> e.meaning();
      case NoSuchFileException _ -> "No such file or directory";
      case AccessDeniedException _ -> "Permission denied";
      case FileSystemException e when e.getReason() != null -> e.getReason();
      default -> String.valueOf(failure.getMessage());
    };
  }
}
