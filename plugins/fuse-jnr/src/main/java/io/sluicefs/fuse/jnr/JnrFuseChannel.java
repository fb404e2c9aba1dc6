// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseNotifier;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A mount on libfuse 2. */
final class JnrFuseChannel implements FuseChannel {
  private static final System.Logger LOG = System.getLogger(JnrFuseChannel.class.getName());
  private static final Path DEVICE = Path.of("/dev/fuse");
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Each thread's request and reply, with their headers. */
  private static final long THREAD_BUFFERS = 2 * (LibFuseOptions.MAX_REQUEST + 8192L);

  private final LibFuse libfuse;
  private final JnrFuseConfig config;
  private final MountOptions options;
  private final MemoryReservation buffers;
  private final CountDownLatch served = new CountDownLatch(1);

  @GuardedBy("this")
  private @Nullable Mountpoint mountpoint;

  @GuardedBy("this")
  private @Nullable Session session;

  @GuardedBy("this")
  private boolean started;

  @GuardedBy("this")
  private boolean unmounted;

  private JnrFuseChannel(
      LibFuse libfuse, JnrFuseConfig config, MountOptions options, MemoryReservation buffers) {
    this.libfuse = libfuse;
    this.config = config;
    this.options = options;
    this.buffers = buffers;
  }

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the channel owns the reservation
  static JnrFuseChannel open(JnrFuseConfig config, MountOptions options, MemoryBudget memory)
      throws IOException {
    if (!Files.exists(DEVICE)) {
      throw new IOException(
          DEVICE
              + " does not exist; load the kernel module with: modprobe fuse,"
              + " or start the container with: --device "
              + DEVICE);
    }
    if (!Files.isReadable(DEVICE) || !Files.isWritable(DEVICE)) {
      throw new IOException(
          "this user may not open "
              + DEVICE
              + "; mount as root, or let everybody open it with: chmod 666 "
              + DEVICE);
    }
    LibFuse libfuse = LibFuse.load();
    JnrFfi.load();
    Mountpoint.check(options);
    try {
      return new JnrFuseChannel(
          libfuse,
          config,
          options,
          memory.reserve(config.threads() * THREAD_BUFFERS, MemoryBudget.Use.READ));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for memory", e);
    }
  }

  @Override
  public void serve(FuseOperations operations) throws IOException {
    PathTable paths = new PathTable(operations, config.pathTableSize());
    PathCallbacks callbacks = new PathCallbacks(operations, paths);
    CallbackTable table = new CallbackTable(callbacks);
    Session mounted = mount(table, callbacks.openFiles());
    if (mounted == null) {
      return;
    }
    try {
      if (mounted.negotiate()) {
        setReadAhead();
        begin(operations);
        mounted.serve();
      }
    } catch (IOException e) {
      // Nobody answers any more: whoever looked at the mountpoint would wait for ever.
      unmount();
      throw e;
    } finally {
      mounted.destroy();
      paths.forgetAll();
      Reference.reachabilityFence(table);
      end(operations);
      served.countDown();
    }
  }

  /** Mounts, unless the channel was unmounted before. */
  private synchronized @Nullable Session mount(CallbackTable table, OpenNodes openFiles)
      throws IOException {
    if (started) {
      throw new IllegalStateException("serve was called before");
    }
    started = true;
    if (unmounted) {
      served.countDown();
      return null;
    }
    try {
      Mountpoint where = Mountpoint.check(options);
      String text = new LibFuseOptions(LibC.decimalPoint()).text(options, config.threads());
      Session mounted =
          Session.mount(libfuse, where.path(), text, table.segment(), openFiles, config.threads());
      where.mounted();
      mountpoint = where;
      session = mounted;
      return mounted;
    } finally {
      if (session == null) {
        served.countDown();
      }
    }
  }

  private synchronized void setReadAhead() {
    if (mountpoint != null) {
      mountpoint.setReadAhead(options.maxReadAhead());
    }
  }

  private static void begin(FuseOperations operations) {
    try {
      operations.init(FuseNotifier.none());
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
  public synchronized void unmount() throws IOException {
    unmounted = true;
    if (mountpoint != null && session != null && !session.isOver()) {
      mountpoint.unmount();
    }
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
