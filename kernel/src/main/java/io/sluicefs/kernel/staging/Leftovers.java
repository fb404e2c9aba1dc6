// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What dead daemons left in a staging folder, and what living ones could not publish.
 *
 * @param files oldest first
 * @param unreadable a line for each file that is there and not understood
 */
public record Leftovers(List<Leftover> files, List<String> unreadable) {
  public Leftovers {
    files = List.copyOf(files);
    unreadable = List.copyOf(unreadable);
  }

  /** Returns what is in a folder; nothing if there is no such folder. */
  public static Leftovers in(Path path) throws IOException {
    StagingFolder folder = new StagingFolder(path);
    List<Leftover> files = new ArrayList<>();
    List<String> unreadable = new ArrayList<>();
    visit(
        folder,
        (id, state) -> {
          if (!state.isWorthless()) {
            files.add(Leftover.of(folder, id, state));
          }
        },
        unreadable);
    files.sort(Comparator.comparing(Leftover::started).thenComparing(Leftover::id));
    return new Leftovers(files, unreadable);
  }

  /** Returns one line for an operator; nothing if there is nothing. */
  public Optional<String> summary() {
    if (files.isEmpty()) {
      return Optional.empty();
    }
    long bytes = files.stream().mapToLong(Leftover::staged).sum();
    return Optional.of(
        "earlier mounts left %d file%s in %s with %d bytes that are in no object; sluice uploads lists and recovers them"
            .formatted(
                files.size(),
                files.size() == 1 ? "" : "s",
                files.getFirst().path().getParent(),
                bytes));
  }

  /** Returns the bytes of the disk they take. */
  static long bytesOnDisk(StagingFolder folder) throws IOException {
    long[] bytes = {0};
    visit(
        folder, (id, state) -> bytes[0] += StagedFile.bytesOnDisk(state.held()), new ArrayList<>());
    return bytes[0];
  }

  @FunctionalInterface
  private interface Visitor {
    void visit(String id, StagedState state);
  }

  private static void visit(StagingFolder folder, Visitor visitor, List<String> unreadable)
      throws IOException {
    Map<String, Boolean> alive = new HashMap<>();
    for (Path journal : folder.files(StagedNames.JOURNAL)) {
      StagedNames name = StagedNames.of(journal).orElseThrow();
      Boolean living = alive.get(name.area());
      if (living == null) {
        living = folder.isAlive(name.area());
        alive.put(name.area(), living);
      }
      try {
        Optional<StagedState> state = StagingFolder.read(journal);
        if (state.isPresent() && (!living || state.get().isLeft())) {
          visitor.visit(name.id(), state.get());
        }
      } catch (IOException e) {
        unreadable.add(String.valueOf(e.getMessage()));
      }
    }
  }
}
