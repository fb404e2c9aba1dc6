// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseHandover;
import io.sluicefs.spi.fuse.FuseNotifier;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A mount served through /dev/fuse. */
final class DirectFuseChannel implements FuseChannel {
  private static final System.Logger LOG = System.getLogger(DirectFuseChannel.class.getName());
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final DirectFuseConfig config;
  private final MountOptions options;
  private final MemoryBudget memory;
  private final RequestBuffers buffers;
  private final CountDownLatch served = new CountDownLatch(1);

  /** What another process has left to this one; null if this mounts. */
  private final @Nullable FuseHandover taken;

  @GuardedBy("this")
  private @Nullable MountedDevice mounted;

  @GuardedBy("this")
  private @Nullable Session session;

  @GuardedBy("this")
  private boolean started;

  @GuardedBy("this")
  private boolean unmounted;

  /** Another process goes on with the session. */
  @GuardedBy("this")
  private boolean left;

  private DirectFuseChannel(
      DirectFuseConfig config,
      MountOptions options,
      MemoryBudget memory,
      RequestBuffers buffers,
      @Nullable FuseHandover taken) {
    this.config = config;
    this.options = options;
    this.memory = memory;
    this.buffers = buffers;
    this.taken = taken;
  }

  @MustBeClosed
  static DirectFuseChannel open(DirectFuseConfig config, MountOptions options, MemoryBudget memory)
      throws IOException {
    MountedDevice.of(options);
    return open(config, options, memory, null);
  }

  /** Prepares to go on with the session of another process. */
  @MustBeClosed
  static DirectFuseChannel takeOver(
      DirectFuseConfig config, MountOptions options, MemoryBudget memory, FuseHandover handover)
      throws IOException {
    HandedSession _ = HandedSession.of(handover);
    Mountpoint.mounted(options);
    return open(config, options, memory, handover);
  }

  @MustBeClosed
  private static DirectFuseChannel open(
      DirectFuseConfig config,
      MountOptions options,
      MemoryBudget memory,
      @Nullable FuseHandover taken)
      throws IOException {
    try {
      return new DirectFuseChannel(
          config, options, memory, RequestBuffers.reserve(memory, config.readers()), taken);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for memory", e);
    }
  }

  @Override
  public boolean tellsTtlsPerEntry() {
    return true;
  }

  @Override
  public void serve(FuseOperations operations) throws IOException {
    MountedDevice where;
    Device device;
    Session mine;
    synchronized (this) {
      if (started) {
        throw new IllegalStateException("serve was called before");
      }
      started = true;
      if (unmounted) {
        served.countDown();
        return;
      }
      try {
        where = taken == null ? MountedDevice.of(options) : Mountpoint.mounted(options);
        device = taken == null ? where.mount(options) : new Device(taken.descriptor());
        mine = session(device, operations);
        mounted = where;
        session = mine;
      } finally {
        if (session == null) {
          served.countDown();
        }
      }
    }
    try {
      if (taken != null) {
        mine.goOn(HandedSession.of(taken));
        begin(operations, mine.notifier());
        mine.serve();
      } else if (mine.negotiate()) {
        where.setReadAhead(options.maxReadAhead());
        begin(operations, mine.notifier());
        mine.serve();
      }
    } catch (IOException e) {
      // Nobody answers any more: whoever looked at the mountpoint would wait for ever.
      unmount();
      throw e;
    } finally {
      mine.free();
      device.close();
      end(operations);
      served.countDown();
    }
  }

  private Session session(Device device, FuseOperations operations) throws IOException {
    try {
      return new Session(device, operations, options, config, memory, buffers);
    } catch (InterruptedException e) {
      device.close();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for memory", e);
    }
  }

  private static void begin(FuseOperations operations, FuseNotifier notifier) {
    try {
      operations.init(notifier);
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "init failed; the mount goes on", e);
    }
  }

  private static void end(FuseOperations operations) {
    try {
      operations.destroy();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "destroy failed", e);
    }
  }

  @Override
  public void unmount() throws IOException {
    Session ending;
    synchronized (this) {
      unmounted = true;
      if (mounted == null || session == null || session.isOver() || left) {
        return;
      }
      boolean isMine = mounted.unmount();
      session.wakeUp();
      if (isMine) {
        return;
      }
      ending = session;
    }
    try {
      ending.end(PATIENCE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public OptionalInt descriptor() {
    Session serving = serving();
    return serving == null || options.mountpoint().startsWith(PassedDescriptor.FOLDER)
        ? OptionalInt.empty()
        : OptionalInt.of(serving.device().descriptor());
  }

  @Override
  public FuseHandover suspend(Duration within) throws IOException {
    Session serving = serving();
    if (serving == null || descriptor().isEmpty()) {
      throw new IOException(
          options.mountpoint() + " cannot be handed over: it is not a mount of this process");
    }
    try {
      if (!serving.suspend(within)) {
        throw new IOException(
            "requests are still being answered after %d s; try again later"
                .formatted(within.toSeconds()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while requests were answered", e);
    }
    return serving.handover();
  }

  @Override
  public void resume() {
    Session serving = serving();
    if (serving != null) {
      serving.wakeUp();
    }
  }

  @Override
  public void handOver() {
    Session serving = serving();
    if (serving != null) {
      synchronized (this) {
        left = true;
      }
      serving.leave();
    }
  }

  private synchronized @Nullable Session serving() {
    return unmounted || left || session == null || session.isOver() ? null : session;
  }

  @Override
  public void close() {
    try {
      unmount();
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, e.getMessage());
    }
    Session ending;
    synchronized (this) {
      ending = session;
    }
    try {
      if (ending != null && served.getCount() > 0 && !ending.end(PATIENCE)) {
        // Freeing memory under a request would be worse than keeping it until the process ends.
        LOG.log(
            System.Logger.Level.WARNING,
            "a request is still being answered; the session of {0} ends with the process",
            options.mountpoint());
        return;
      }
      if (ending != null) {
        served.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    buffers.close();
  }
}
