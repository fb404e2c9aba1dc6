// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.control.ControlVerb;
import io.sluicefs.kernel.fs.SluiceFileSystem;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseHandover;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Passes a mount on to another daemon, which is started here and prepares itself while this one
 * goes on. When it asks for what is open, this one stops answering; when it says that it has
 * understood, this one ends. Until then whatever goes wrong there leaves the mount here.
 */
final class Handover {
  private static final System.Logger LOG = System.getLogger(Handover.class.getName());

  /** How long the other daemon may take to start. */
  private static final Duration START_WITHIN = Duration.ofMinutes(2);

  /** How long requests and uploads under way may take. */
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(20);

  /** How long the other daemon may take to understand. */
  private static final Duration COMMIT_WITHIN = Duration.ofSeconds(30);

  private enum Stage {
    /** This daemon serves, and no other was started. */
    IDLE,
    /** Another is being started. */
    STARTED,
    /** Nobody answers requests; the other daemon knows what is open. */
    SUSPENDED,
    /** The mount is the other daemon's. */
    LEFT
  }

  private final FuseChannel channel;
  private final SluiceFileSystem fileSystem;
  private final LiveSettings settings;
  private final Succession succession;
  private final String source;
  private final Path file;
  private final Runnable left;

  @GuardedBy("this")
  private Stage stage = Stage.IDLE;

  /** Counts the times the mount was suspended. */
  @GuardedBy("this")
  private int suspensions;

  /**
   * Creates what passes a mount on.
   *
   * @param file where to write down what is left
   * @param left run when the mount is the other daemon's
   */
  Handover(
      FuseChannel channel,
      SluiceFileSystem fileSystem,
      LiveSettings settings,
      Succession succession,
      String source,
      Path file,
      Runnable left) {
    this.channel = channel;
    this.fileSystem = fileSystem;
    this.settings = settings;
    this.succession = succession;
    this.source = source;
    this.file = file;
    this.left = left;
  }

  /** Returns what is answered on the control socket. */
  Map<String, ControlVerb> verbs() {
    return Map.of(
        "upgrade",
        this::upgrade,
        "hand-over",
        _ -> handOver(),
        "commit",
        this::commit,
        "decline",
        _ -> decline());
  }

  private Map<String, ?> upgrade(Map<String, Object> question) throws ControlException {
    if (succession.arguments().isEmpty()) {
      throw new ControlException(
          "this daemon is in the foreground, or serves a descriptor: whoever waits for it would"
              + " take it for ended; unmount and mount");
    }
    if (!(question.get("command") instanceof String command) || !Path.of(command).isAbsolute()) {
      throw new ControlException("which command is to mount is not said");
    }
    begin();
    boolean done = false;
    try {
      SuccessorProcess successor = start(command, descriptor());
      done = await(successor);
      if (!done) {
        throw new ControlException("the mount goes on as it was: " + successor.problem());
      }
      return Map.of();
    } finally {
      if (!done) {
        giveUp();
      }
      delete(errors());
    }
  }

  private synchronized void begin() throws ControlException {
    if (stage != Stage.IDLE) {
      throw new ControlException("an upgrade is under way");
    }
    stage = Stage.STARTED;
  }

  private Path errors() {
    return file.resolveSibling(file.getFileName() + ".err");
  }

  private SuccessorProcess start(String command, int session) throws ControlException {
    List<String> words = new ArrayList<>(List.of(command));
    words.addAll(succession.arguments());
    // After the verb, so that the mountpoint stays the last word, by which people find a daemon.
    words.add(2, "--take-over=" + SuccessorProcess.DESCRIPTOR);
    try {
      return SuccessorProcess.start(words, succession.folder(), session, errors());
    } catch (IOException e) {
      throw new ControlException("the mount goes on as it was: " + e.getMessage(), e);
    }
  }

  private int descriptor() throws ControlException {
    return channel
        .descriptor()
        .orElseThrow(
            () ->
                new ControlException(
                    "the FUSE channel of this mount cannot hand it over; unmount and mount, with"
                        + " fuse = direct"));
  }

  /** Returns whether the mount is the other daemon's, when that is decided. */
  private boolean await(SuccessorProcess successor) {
    try {
      return successor.status().get(START_WITHIN.toMillis(), TimeUnit.MILLISECONDS) == 0
          || isLeft();
    } catch (TimeoutException e) {
      LOG.log(System.Logger.Level.WARNING, "the new daemon is not ready in time");
      successor.end();
    } catch (ExecutionException e) {
      LOG.log(System.Logger.Level.WARNING, "the new daemon cannot be waited for", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      successor.end();
    }
    return isLeft();
  }

  private synchronized boolean isLeft() {
    return stage == Stage.LEFT;
  }

  private synchronized Map<String, ?> handOver() throws ControlException {
    if (stage != Stage.STARTED) {
      throw new ControlException("nobody was asked to take this mount over");
    }
    long start = System.nanoTime();
    boolean done = false;
    try {
      FuseHandover handover = channel.suspend(ANSWER_WITHIN);
      stage = Stage.SUSPENDED;
      HandoverFile.write(file, source, handover, to -> fileSystem.leave(to, ANSWER_WITHIN));
      done = true;
    } catch (IOException e) {
      throw new ControlException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlException("interrupted", e);
    } finally {
      if (!done) {
        goOn();
      }
    }
    LOG.log(
        System.Logger.Level.INFO,
        "stopped answering to hand the mount over, after {0} ms; {1} bytes describe what is open",
        Duration.ofNanos(System.nanoTime() - start).toMillis(),
        file.toFile().length());
    int suspension = ++suspensions;
    Thread.ofVirtual().name("sluice-handover").start(() -> goOnLater(suspension));
    return Map.of(
        "state",
        file.toString(),
        "pid",
        ProcessHandle.current().pid(),
        "settings",
        settings.changed());
  }

  private void goOnLater(int suspension) {
    try {
      Thread.sleep(COMMIT_WITHIN);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      if (suspension == suspensions) {
        goOn();
      }
    }
  }

  /** The other daemon does not take over. */
  private synchronized void goOn() {
    if (stage == Stage.SUSPENDED) {
      channel.resume();
      delete(file);
      stage = Stage.STARTED;
      LOG.log(System.Logger.Level.WARNING, "the mount was not taken over and goes on as it was");
    }
  }

  private Map<String, ?> decline() {
    goOn();
    return Map.of();
  }

  private synchronized void giveUp() {
    goOn();
    if (stage == Stage.STARTED) {
      stage = Stage.IDLE;
    }
  }

  private static void delete(@Nullable Path path) {
    try {
      if (path != null) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "cannot remove " + path, e);
    }
  }

  private synchronized Map<String, ?> commit(Map<String, Object> question) throws ControlException {
    if (stage != Stage.SUSPENDED) {
      throw new ControlException("the mount goes on as it was: it was not taken over in time");
    }
    stage = Stage.LEFT;
    if (question.get("pid") instanceof Number process) {
      // Before this one ends, so that the service is never without a process.
      ServiceNotification.serviceIs(process.longValue());
    }
    fileSystem.left();
    left.run();
    channel.handOver();
    LOG.log(System.Logger.Level.INFO, "the mount is another daemon's now");
    return Map.of();
  }
}
