// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.control.ControlClient;
import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.spi.fuse.FuseHandover;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The daemon a mount is taken over from. It serves until {@link #commit}; should this process end
 * before, it goes on.
 */
final class Predecessor {
  private static final System.Logger LOG = System.getLogger(Predecessor.class.getName());
  private static final Duration END_WITHIN = Duration.ofSeconds(30);
  private static final long LOOK_AGAIN_MILLIS = 5;

  private final StateFolder state;
  private final Mountpoint mountpoint;
  private final int descriptor;
  private long process;
  private boolean committed;

  Predecessor(StateFolder state, Mountpoint mountpoint, int descriptor) {
    this.state = state;
    this.mountpoint = mountpoint;
    this.descriptor = descriptor;
  }

  /**
   * What it leaves.
   *
   * @param settings those that were changed while mounted, by path, with their values
   */
  record Left<T>(FuseHandover session, T content, Map<String, String> settings) {}

  /**
   * Lets it stop for the moment, and reads what it leaves.
   *
   * @param source what this daemon mounts
   */
  <T> Left<T> leave(String source, HandoverFile.Reader<T> reader) throws IOException {
    Map<String, Object> answer = ask("hand-over");
    if (!(answer.get("state") instanceof String file)
        || !(answer.get("pid") instanceof Number pid)) {
      throw new IOException("the daemon of " + mountpoint.path() + " does not say what it leaves");
    }
    process = pid.longValue();
    HandoverFile.Left<T> left = HandoverFile.read(Path.of(file), source, reader);
    Files.deleteIfExists(Path.of(file));
    return new Left<>(
        new FuseHandover(descriptor, left.session()), left.content(), settings(answer));
  }

  /** A daemon of an earlier release says nothing of them. */
  private static Map<String, String> settings(Map<String, Object> answer) {
    Map<String, String> settings = new LinkedHashMap<>();
    if (answer.get("settings") instanceof Map<?, ?> changed) {
      changed.forEach((path, value) -> settings.put(String.valueOf(path), String.valueOf(value)));
    }
    return settings;
  }

  /** Lets it go on at once if it has stopped and is not taken over from. */
  void decline() throws ControlException {
    if (process != 0 && !committed) {
      Map<String, Object> _ = ask("decline");
    }
  }

  /**
   * Takes the mount over, and returns when the other daemon has let go of all it had.
   *
   * @throws IOException if it goes on instead
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  StateFolder.Claim commit(String log) throws MountException, IOException, InterruptedException {
    boolean agreed = true;
    committed = true;
    try {
      Map<String, Object> _ = ask("commit");
    } catch (ControlException e) {
      if (!isSilent(e)) {
        throw e;
      }
      // It ended, or broke, while it answered: whether it has let go says what it meant.
      agreed = false;
    }
    long deadline = System.nanoTime() + END_WITHIN.toNanos();
    while (true) {
      try {
        return state.claim(mountpoint, log);
      } catch (MountException e) {
        if (System.nanoTime() - deadline > 0) {
          if (!agreed) {
            throw e;
          }
          agreed = false;
          deadline += END_WITHIN.toNanos();
          kill();
        }
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  private static boolean isSilent(ControlException e) {
    return e.getCause() != null;
  }

  /** It has agreed that the mount is not its own any more, and does not end. */
  private void kill() {
    Optional<ProcessHandle> daemon = ProcessHandle.of(process);
    LOG.log(
        System.Logger.Level.WARNING,
        "process {0} has left the mount and does not end; it is killed",
        process);
    daemon.ifPresent(ProcessHandle::destroyForcibly);
  }

  @SuppressWarnings("MustBeClosedChecker") // closed here
  private Map<String, Object> ask(String verb) throws ControlException {
    try (ControlClient client = ControlClient.connect(state.socket(mountpoint))) {
      return client.ask(
          verb, Map.of("form", HandoverFile.FORM, "pid", ProcessHandle.current().pid()));
    }
  }
}
