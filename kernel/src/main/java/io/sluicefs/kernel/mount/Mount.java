// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.MemorySettings;
import io.sluicefs.kernel.config.MetadataSettings;
import io.sluicefs.kernel.config.MountSettings;
import io.sluicefs.kernel.config.RequestSettings;
import io.sluicefs.kernel.config.TraceSettings;
import io.sluicefs.kernel.control.ControlSocket;
import io.sluicefs.kernel.control.ControlVerb;
import io.sluicefs.kernel.fs.ChangeOptions;
import io.sluicefs.kernel.fs.MeasuredOperations;
import io.sluicefs.kernel.fs.SluiceFileSystem;
import io.sluicefs.kernel.memory.HardMemoryBudget;
import io.sluicefs.kernel.memory.HostMemory;
import io.sluicefs.kernel.memory.MemoryLimit;
import io.sluicefs.kernel.metrics.OperationCounters;
import io.sluicefs.kernel.namespace.NamespaceOptions;
import io.sluicefs.kernel.namespace.NamespaceOptions.Limits;
import io.sluicefs.kernel.namespace.NamespaceOptions.Ownership;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.kernel.prefetch.PrefetcherChain;
import io.sluicefs.kernel.read.ObjectReaders;
import io.sluicefs.kernel.read.ReadOptions;
import io.sluicefs.kernel.staging.StagingArea;
import io.sluicefs.kernel.staging.StagingOptions;
import io.sluicefs.kernel.trace.TraceException;
import io.sluicefs.kernel.trace.TraceRecorder;
import io.sluicefs.kernel.trace.TraceReplayer;
import io.sluicefs.kernel.transport.LimitedTransport;
import io.sluicefs.kernel.transport.RetryingTransport;
import io.sluicefs.kernel.transport.TransportCounters;
import io.sluicefs.kernel.write.FileWriters;
import io.sluicefs.kernel.write.KeptBytes;
import io.sluicefs.kernel.write.KeptTransport;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A bucket mounted: the chosen plugins wired together, from the check of the mountpoint to the
 * closing of what was opened. Close it once, from any thread; {@link #awaitUnmount} from another.
 */
public final class Mount implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Mount.class.getName());

  /** How long the Linux kernel and the FUSE channel may take to bring up the mount. */
  private static final Duration READY_WITHIN = Duration.ofSeconds(30);

  /** How often a trace is written while something new is read. */
  private static final Duration TRACE_INTERVAL = Duration.ofMinutes(1);

  /** How long open files may keep a session alive after it was unmounted. */
  private static final Duration END_WITHIN = Duration.ofSeconds(5);

  private static final long POLL_MILLIS = 5;

  /** Share of the memory that only reads get, so that read-ahead can never starve them. */
  private static final int READ_SLICE_SHARE = 16;

  private static final long MOST_READ_SLICE = 64L << 20;

  private final Mountpoint mountpoint;
  private final OwnedResources owned = new OwnedResources();
  private final TransportCounters counters = new TransportCounters();
  private final CompletableFuture<Boolean> served = new CompletableFuture<>();
  private final Map<String, ControlVerb> verbs = new ConcurrentHashMap<>();
  private @Nullable FuseChannel channel;
  private @Nullable MountFigures figures;
  private boolean serving;
  private String source = "";

  private Mount(Mountpoint mountpoint) {
    this.mountpoint = mountpoint;
  }

  /**
   * Mounts, and returns when the mountpoint answers.
   *
   * @throws MountException if the mountpoint cannot be used or the mount does not come up
   * @throws SettingException if the configuration is wrong
   * @throws PluginException if a plugin is missing or refused
   * @throws IOException if a plugin cannot be opened, or the bucket does not answer as it should
   * @throws InterruptedException if interrupted; nothing is mounted then
   */
  @MustBeClosed
  public static Mount open(MountRequest request)
      throws MountException, SettingException, PluginException, IOException, InterruptedException {
    Mount mount = new Mount(request.mountpoint());
    boolean ready = false;
    try {
      mount.start(request);
      ready = true;
      return mount;
    } finally {
      if (!ready) {
        mount.close();
      }
    }
  }

  private void start(MountRequest request)
      throws MountException, SettingException, PluginException, IOException, InterruptedException {
    mountpoint.prepare(request.nonEmpty());
    StateFolder.Claim claim = mountpoint.isDescriptor() ? null : claim(request);

    Configuration configuration = request.configuration();
    MountSettings settings = configuration.mount();
    RequestSettings requests = configuration.requests();
    MemoryBudget memory = budget(configuration);
    Place place = new Place(mountpoint.path());
    OpenPlugins plugins = new OpenPlugins(configuration, request.plugins(), memory, place);

    SequencedMap<String, BlockCache> caches;
    Prefetcher prefetcher;
    FuseChannel fuse;
    Transport opened;
    try (OpeningTransport opening =
        new OpeningTransport(plugins.transport(), settings.prefix(), counters)) {
      plugins.checkChannel();
      caches = plugins.caches(owned);
      prefetcher = prefetcher(plugins.prefetchers(owned), configuration.traces());
      place.locate(opening.location());
      source = place.location() + (settings.prefix().isEmpty() ? "" : "/" + settings.prefix());
      fuse = plugins.channel(mountOptions(request));
      channel = fuse;
      opened = opening.take();
      owned.adopt("the transport", opened::close);
    }
    KeptBytes kept = new KeptBytes();
    LimitedTransport limited =
        new LimitedTransport(opened, requests.reads(), requests.demandReads());
    Transport transport =
        new KeptTransport(new RetryingTransport(limited, configuration.retry()), kept);

    ObjectReaders readers =
        new ObjectReaders(
            transport,
            List.copyOf(caches.values()),
            prefetcher,
            memory,
            new ReadOptions(
                limited::readAheadReads,
                ReadOptions.STANDARD.idleAfter(),
                requests.smallestRead()));
    owned.adopt("the readers", readers::close);
    FileWriters writers =
        new FileWriters(
            transport,
            kept,
            memory,
            settings.readOnly() ? null : staging(configuration),
            configuration.write().options(memory.limit()),
            InstantSource.system());
    owned.adopt("the writers", writers::close);
    SluiceFileSystem fileSystem =
        new SluiceFileSystem(
            transport,
            settings.prefix(),
            readers,
            writers,
            namespaceOptions(configuration),
            new ChangeOptions(settings.readOnly(), configuration.write().renameLimit()));
    owned.adopt("the file system", fileSystem::close);
    OperationCounters operations = new OperationCounters();
    serve(fuse, fileSystem, new MeasuredOperations(fileSystem, operations));
    MountFigures known =
        new MountFigures(
            mountpoint.path(),
            source,
            settings.prefix(),
            plugins,
            memory,
            caches,
            readers,
            counters,
            operations);
    figures = known;
    control(request.state(), new MountReport(known), request.log());
    if (claim != null) {
      claim.mounted(source);
    }
    LOG.log(System.Logger.Level.INFO, "mounted {0} at {1}", source, mountpoint.path());
  }

  /** Puts the plugins in a row, what is replayed before them and what records around them. */
  @SuppressWarnings("MustBeClosedChecker") // owned until the mount closes
  private Prefetcher prefetcher(List<Prefetcher> plugins, TraceSettings traces)
      throws SettingException, IOException {
    PrefetchLimits limits = plugins.getFirst().limits();
    List<Prefetcher> all = new ArrayList<>(plugins);
    Optional<Path> replay = traces.replay();
    Optional<Path> record = traces.record();
    // A mount that goes by what it recorded itself has nothing to go by at first.
    boolean isFirst = replay.equals(record) && replay.filter(Files::notExists).isPresent();
    if (replay.isPresent() && !isFirst) {
      try {
        TraceReplayer replayer = TraceReplayer.open(replay.get(), limits);
        owned.adopt("the replayed trace", replayer::close);
        all.addFirst(replayer);
      } catch (TraceException e) {
        throw traces.replayError(e.problem());
      }
    }
    Prefetcher planner = all.size() == 1 ? all.getFirst() : new PrefetcherChain(all, limits);
    if (record.isEmpty()) {
      return planner;
    }
    Path folder = record.get().getParent();
    if (folder == null || !Files.isWritable(folder)) {
      throw traces.recordError("cannot write in the folder of " + record.get());
    }
    TraceRecorder recorder = new TraceRecorder(record.get(), TRACE_INTERVAL, planner);
    owned.adopt("the trace", recorder::close);
    return recorder;
  }

  /** Opens the staging area; null if there is to be none. */
  @SuppressWarnings("MustBeClosedChecker") // owned until the mount closes
  private @Nullable StagingArea staging(Configuration configuration) throws IOException {
    Optional<StagingOptions> options = configuration.staging().options();
    if (options.isEmpty()) {
      return null;
    }
    StagingArea area = StagingArea.open(options.get(), mountpoint.path());
    owned.adopt("the staging area", area::close);
    area.leftovers().summary().ifPresent(line -> LOG.log(System.Logger.Level.WARNING, line));
    return area;
  }

  @SuppressWarnings("MustBeClosedChecker") // owned until the mount closes
  private StateFolder.Claim claim(MountRequest request) throws MountException {
    StateFolder.Claim claim = request.state().claim(mountpoint, request.log());
    owned.adopt("the state file", claim::close);
    return claim;
  }

  static MemoryBudget budget(Configuration configuration) throws SettingException {
    HostMemory host = new HostMemory();
    MemorySettings settings = configuration.memory();
    settings.checkWithin(host.total(), configuration.values(MemorySettings.SECTION));
    long limit = settings.limit().orElseGet(() -> new MemoryLimit(host).bytes());
    long data = limit - MemoryLimit.RUNTIME;
    return new HardMemoryBudget(data, Math.min(data / READ_SLICE_SHARE, MOST_READ_SLICE));
  }

  private static NamespaceOptions namespaceOptions(Configuration configuration) {
    MountSettings mount = configuration.mount();
    MetadataSettings metadata = configuration.metadata();
    Ownership process = Ownership.ofThisProcess();
    return new NamespaceOptions(
        metadata.attributeTtl(),
        metadata.negativeTtl(),
        metadata.negativeCapacity(),
        new Ownership(
            mount.uid().orElse(process.uid()),
            mount.gid().orElse(process.gid()),
            mount.fileMode(),
            mount.directoryMode()),
        configuration.write().keepAttributes(),
        Limits.ofThisHeap());
  }

  private MountOptions mountOptions(MountRequest request) {
    MountSettings mount = request.configuration().mount();
    MetadataSettings metadata = request.configuration().metadata();
    return new MountOptions(
        mountpoint.path(),
        source,
        mount.readOnly(),
        mount.allowOther(),
        metadata.attributeTtl(),
        metadata.attributeTtl(),
        metadata.negativeTtl(),
        mount.readAhead(),
        request.nonEmpty());
  }

  /** Answers questions about the mount; one that nobody can ask is a mount all the same. */
  @SuppressWarnings("MustBeClosedChecker") // owned until the mount closes
  private void control(StateFolder state, MountReport report, String log) {
    verbs.put("status", question -> report.status());
    verbs.put("stats", question -> report.stats(path(question)));
    verbs.put("history", question -> report.history(path(question)));
    Path path =
        state.socket(
            new MountRecord(ProcessHandle.current().pid(), mountpoint.path(), source, log));
    try {
      state.create();
      ControlSocket socket = ControlSocket.open(path, verbs);
      owned.adopt("the control socket", socket::close);
    } catch (IOException | MountException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "sluice status and stats will not see this mount: {0}: {1}",
          path,
          e.getMessage());
    }
  }

  private static String path(Map<String, Object> question) {
    return question.get("path") instanceof String path ? path : "";
  }

  private void serve(FuseChannel fuse, SluiceFileSystem fileSystem, FuseOperations operations)
      throws MountException, InterruptedException {
    serving = true;
    Thread.ofPlatform()
        .name("sluice-fuse")
        .start(
            () -> {
              try {
                fuse.serve(operations);
                served.complete(true);
              } catch (IOException | RuntimeException | Error e) {
                served.completeExceptionally(e);
              }
            });
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (!(mountpoint.isDescriptor() ? fileSystem.isServed() : mountpoint.answers())) {
      if (ended(POLL_MILLIS)) {
        awaitUnmount();
        throw new MountException(mountpoint.path() + " was unmounted before it answered");
      }
      if (System.nanoTime() - deadline > 0) {
        throw new MountException(
            "%s does not answer %d s after it was mounted"
                .formatted(mountpoint.path(), READY_WITHIN.toSeconds()));
      }
    }
  }

  /** Returns whether the session ended, waiting for it a little. */
  private boolean ended(long millis) throws InterruptedException {
    try {
      served.get(millis, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true;
    }
  }

  /** Returns where it is mounted. */
  public Mountpoint mountpoint() {
    return mountpoint;
  }

  /** Returns what is mounted: the bucket and the prefix. */
  public String source() {
    return source;
  }

  /** Returns what went to and came from the store. */
  public TransportCounters counters() {
    return counters;
  }

  /** Returns all there is to know of it. */
  public MountFigures figures() {
    return Objects.requireNonNull(figures, "the mount is being made");
  }

  /** Answers one more kind of question on the control socket. */
  public void answer(String name, ControlVerb verb) {
    verbs.put(name, verb);
  }

  /**
   * Returns when it is unmounted, by whomever.
   *
   * @throws MountException if the session ended with an error
   */
  public void awaitUnmount() throws MountException, InterruptedException {
    try {
      served.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new MountException(
          cause instanceof IOException && cause.getMessage() != null
              ? cause.getMessage()
              : "the mount at %s ended with %s".formatted(mountpoint.path(), cause),
          cause);
    }
  }

  /** Unmounts if need be and closes everything. Not stopped by an interrupt. Idempotent. */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    FuseChannel fuse = channel;
    if (fuse != null && serving && !served.isDone()) {
      try {
        fuse.unmount();
        if (!ended(END_WITHIN.toMillis())) {
          LOG.log(
              System.Logger.Level.WARNING,
              "files are still open at {0}; ending without them",
              mountpoint.path());
        }
      } catch (IOException e) {
        LOG.log(System.Logger.Level.WARNING, "unmounting failed", e);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (fuse != null) {
      // Before what it reads from: nothing may answer its requests halfway.
      fuse.close();
    }
    owned.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
