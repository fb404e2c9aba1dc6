// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Loads files into the page cache, each once and in order, several at once. A file is never split
 * among jobs: Sluice reads ahead of one reader with many requests, and two that share a file would
 * load the same bytes where they meet.
 */
final class Warming {
  /** Bytes of one call, so that progress is seen; what Linux reads at once it decides itself. */
  private static final long STEP = 1L << 20;

  private final WarmProgress progress;
  private final FileProblems problems;

  /**
   * @param progress is told what was loaded
   * @param problems gets the files that could not be loaded
   */
  Warming(WarmProgress progress, FileProblems problems) {
    this.progress = progress;
    this.problems = problems;
  }

  /** Loads files, at most {@code jobs} at once. */
  void load(List<Path> files, int jobs) throws InterruptedException {
    // Daemons: whoever interrupts the command does not wait for what Linux is reading.
    try (ExecutorService workers =
        Executors.newFixedThreadPool(
            jobs, Thread.ofPlatform().daemon().name("warm-", 0).factory())) {
      List<Future<?>> loads =
          files.stream().<Future<?>>map(file -> workers.submit(() -> load(file))).toList();
      for (Future<?> load : loads) {
        load.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("loading failed", e.getCause());
    }
  }

  private void load(Path file) {
    try {
      try {
        loadOnce(file);
      } catch (LinuxCallException e) {
        if (e.errno() != CachedFile.ESTALE) {
          throw e;
        }
        // It was replaced meanwhile: what is wanted is what is there now.
        loadOnce(file);
      }
      progress.finishedFile();
    } catch (IOException e) {
      problems.add(file, e);
    }
  }

  private void loadOnce(Path path) throws IOException {
    long loaded = 0;
    try (CachedFile file = CachedFile.open(path)) {
      file.expectReadingInOrder();
      long count;
      while ((count = file.fill(loaded, STEP)) > 0) {
        loaded += count;
        progress.loaded(count);
      }
    } catch (IOException e) {
      progress.loaded(-loaded);
      throw e;
    }
  }
}
