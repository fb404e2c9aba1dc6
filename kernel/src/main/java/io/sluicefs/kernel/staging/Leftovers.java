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

/** What dead daemons left in a staging folder, and what living ones could not publish. */
public final class Leftovers {
  private static final System.Logger LOG = System.getLogger(Leftovers.class.getName());

  private Leftovers() {}

  /** Returns what is in a folder, oldest first; nothing if there is no such folder. */
  public static List<Leftover> list(Path path) throws IOException {
    StagingFolder folder = new StagingFolder(path);
    List<Leftover> leftovers = new ArrayList<>();
    visit(
        folder,
        (id, state) -> {
          if (!state.isWorthless()) {
            leftovers.add(leftover(folder, id, state));
          }
        });
    leftovers.sort(Comparator.comparing(Leftover::started).thenComparing(Leftover::id));
    return leftovers;
  }

  /** Returns the bytes of the disk they take. */
  static long bytesOnDisk(StagingFolder folder) throws IOException {
    long[] bytes = {0};
    visit(folder, (id, state) -> bytes[0] += StagedFile.bytesOnDisk(state.held()));
    return bytes[0];
  }

  @FunctionalInterface
  private interface Visitor {
    void visit(String id, StagedState state);
  }

  private static void visit(StagingFolder folder, Visitor visitor) throws IOException {
    Map<String, Boolean> alive = new HashMap<>();
    for (Path journal : folder.files(StagedNames.JOURNAL)) {
      StagedNames name = StagedNames.of(journal).orElseThrow();
      Boolean living = alive.get(name.area());
      if (living == null) {
        living = folder.isAlive(name.area());
        alive.put(name.area(), living);
      }
      Optional<StagedState> state = readable(journal);
      if (state.isPresent() && (!living || state.get().isLeft())) {
        visitor.visit(name.id(), state.get());
      }
    }
  }

  private static Optional<StagedState> readable(Path journal) {
    try {
      return StagingFolder.read(journal);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "left alone: {0}", e.getMessage());
      return Optional.empty();
    }
  }

  private static Leftover leftover(StagingFolder folder, String id, StagedState state) {
    return new Leftover(
        id,
        state.origin(),
        state.size(),
        state.dirtyBytes(),
        state.sent().length(),
        state.started(),
        Optional.ofNullable(state.keptWhy()),
        folder.data(id));
  }
}
