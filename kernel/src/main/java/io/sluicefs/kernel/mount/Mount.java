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
import io.sluicefs.kernel.fs.FileSystemState;
import io.sluicefs.kernel.fs.MeasuredOperations;
import io.sluicefs.kernel.fs.SluiceFileSystem;
import io.sluicefs.kernel.integrity.Integrity;
import io.sluicefs.kernel.integrity.IntegrityCounters;
import io.sluicefs.kernel.integrity.VerifyingTransport;
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
import io.sluicefs.kernel.transport.StragglerTransport;
import io.sluicefs.kernel.transport.TransportCounters;
import io.sluicefs.kernel.transport.UninterruptedChanges;
import io.sluicefs.kernel.write.FileWriters;
import io.sluicefs.kernel.write.KeptBytes;
import io.sluicefs.kernel.write.KeptTransport;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
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
  private final IntegrityCounters integrity = new IntegrityCounters();
  private final CompletableFuture<Boolean> served = new CompletableFuture<>();
  private final Map<String, ControlVerb> verbs = new ConcurrentHashMap<>();
  private @Nullable FuseChannel channel;
  private @Nullable SluiceFileSystem fileSystem;
  private Duration shutdown = END_WITHIN;
  private @Nullable MountFigures figures;
  private @Nullable LiveSettings settings;
  private @Nullable MountReport report;
  private boolean serving;

  /** Whether another daemon goes on with it. */
  private volatile boolean isLeft;

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
    OptionalInt taken = request.succession().taken();
    Predecessor predecessor =
        taken.isEmpty() ? null : new Predecessor(request.state(), mountpoint, taken.getAsInt());
    StateFolder.Claim claim = null;
    if (predecessor == null) {
      mountpoint.prepare(request.nonEmpty());
      claim = mountpoint.isDescriptor() ? null : claim(request);
    }

    Configuration configuration = request.configuration();
    MountSettings settings = configuration.mount();
    RequestSettings requests = configuration.requests();
    HardMemoryBudget memory = budget(configuration);
    Place place = new Place(mountpoint.path());
    OpenPlugins plugins = new OpenPlugins(configuration, request.plugins(), memory, place);

    SequencedMap<String, BlockCache> caches = new LinkedHashMap<>();
    Prefetcher prefetcher;
    FuseChannel fuse = null;
    Transport opened;
    try (OpeningTransport opening =
        new OpeningTransport(plugins.transport(), settings.prefix(), counters)) {
      plugins.checkChannel();
      if (predecessor == null) {
        caches = plugins.caches(owned);
      }
      prefetcher = prefetcher(plugins.prefetchers(owned), configuration.traces());
      place.locate(opening.location());
      source = place.location() + (settings.prefix().isEmpty() ? "" : "/" + settings.prefix());
      if (predecessor == null) {
        fuse = plugins.channel(mountOptions(request));
        channel = fuse;
      }
      opened = opening.take();
      owned.adopt("the transport", opened::close);
    }
    KeptBytes kept = new KeptBytes();
    if (requests.retryStragglers()) {
      opened = new StragglerTransport(opened, counters);
      owned.adopt("the watch for stragglers", opened::close);
    }
    LimitedTransport limited =
        new LimitedTransport(opened, requests.reads(), requests.demandReads());
    Transport retrying = new RetryingTransport(limited, configuration.retry());
    VerifyingTransport verifying =
        requests.integrity() == Integrity.STRICT
            ? new VerifyingTransport(retrying, integrity)
            : null;
    Transport transport =
        new KeptTransport(new UninterruptedChanges(verifying == null ? retrying : verifying), kept);
    NamespaceOptions names = namespaceOptions(configuration);
    StagingArea staging = settings.readOnly() ? null : staging(configuration);
    FileSystemState left = null;
    Map<String, String> changed = Map.of();
    if (predecessor != null) {
      owned.adopt("what is taken over", predecessor::decline);
      Predecessor.Left<FileSystemState> leaving =
          predecessor.leave(
              source,
              (from, since) ->
                  FileSystemState.read(from, since, transport, settings.prefix(), names));
      left = leaving.content();
      changed = leaving.settings();
      expect(left.stagedFiles(), staging);
      fuse = plugins.takeOver(mountOptions(request), leaving.session());
      channel = fuse;
      claim = claim(predecessor, request.log());
      if (staging != null) {
        staging.awaitExpected();
      }
      // Not before: a cache on the disk is one daemon's at a time.
      caches = plugins.caches(owned);
    }

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
    if (verifying != null) {
      verifying.tell(readers::mistrust);
    }
    FileWriters writers =
        new FileWriters(
            transport,
            kept,
            memory,
            staging,
            configuration.write().options(memory.limit()),
            InstantSource.system());
    owned.adopt("the writers", writers::close);
    ChangeOptions changes =
        new ChangeOptions(settings.readOnly(), configuration.write().renameLimit());
    SluiceFileSystem fileSystem =
        left == null
            ? new SluiceFileSystem(transport, settings.prefix(), readers, writers, names, changes)
            : new SluiceFileSystem(left, transport, readers, writers, names, changes);
    owned.adopt("the file system", fileSystem::close);
    this.fileSystem = fileSystem;
    shutdown = configuration.shutdown().deadline();
    OperationCounters operations = new OperationCounters();
    FuseChannel serving = Objects.requireNonNull(fuse, "neither mounted nor taken over");
    request.beforeServing().run();
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    serve(
        serving,
        fileSystem,
        configuration.metrics().enabled()
            ? new MeasuredOperations(fileSystem, operations)
            : fileSystem);
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
            integrity,
            operations);
    figures = known;
    LiveSettings live =
        new LiveSettings(configuration, plugins, memory, readers, fileSystem, serving);
    live.adopt(changed);
    this.settings = live;
    MountReport all = new MountReport(known, live);
    report = all;
    if (!mountpoint.isDescriptor()) {
      verbs.putAll(
          new Handover(
                  serving,
                  fileSystem,
                  live,
                  request.succession(),
                  source,
                  request.state().handover(mountpoint),
                  () -> isLeft = true)
              .verbs());
    }
    control(request.state(), all, request.log());
    if (claim != null) {
      claim.mounted(source);
    }
    LOG.log(
        System.Logger.Level.INFO,
        predecessor == null ? "mounted {0} at {1}" : "took over {0} at {1}",
        source,
        mountpoint.path());
  }

  private static void expect(List<String> stagedFiles, @Nullable StagingArea staging)
      throws MountException, IOException {
    if (stagedFiles.isEmpty()) {
      return;
    }
    if (staging == null) {
      throw new MountException(
          "files are being written, and the configuration has no staging by now (mount.read-only,"
              + " write.staging.path)");
    }
    staging.expect(stagedFiles);
  }

  @SuppressWarnings("MustBeClosedChecker") // owned until the mount closes
  private StateFolder.Claim claim(Predecessor predecessor, String log)
      throws MountException, IOException, InterruptedException {
    StateFolder.Claim claim = predecessor.commit(log);
    // When it goes, the next daemon takes all the rest to be free.
    owned.adoptLast("the state file", claim::close);
    return claim;
  }

  /** Puts the plugins in a row, what is replayed before them and what records around them. */
  @SuppressWarnings("MustBeClosedChecker") // owned until the mount closes
  private Prefetcher prefetcher(List<Prefetcher> plugins, TraceSettings traces)
      throws SettingException, IOException {
    List<Prefetcher> all = new ArrayList<>(plugins);
    Optional<Path> replay = traces.replay();
    Optional<Path> record = traces.record();
    // A mount that goes by what it recorded itself has nothing to go by at first.
    boolean isFirst = replay.equals(record) && replay.filter(Files::notExists).isPresent();
    if (replay.isPresent() && !isFirst) {
      try {
        TraceReplayer replayer = TraceReplayer.open(replay.get(), plugins.getFirst().limits());
        owned.adopt("the replayed trace", replayer::close);
        all.addFirst(replayer);
      } catch (TraceException e) {
        throw traces.replayError(e.problem());
      }
    }
    Prefetcher planner =
        all.size() == 1 ? all.getFirst() : new PrefetcherChain(all, plugins.getFirst());
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
    owned.adopt(
        "the staging area",
        () -> {
          if (isLeft) {
            area.leave();
          } else {
            area.close();
          }
        });
    area.leftovers().summary().ifPresent(line -> LOG.log(System.Logger.Level.WARNING, line));
    return area;
  }

  @SuppressWarnings("MustBeClosedChecker") // owned until the mount closes
  private StateFolder.Claim claim(MountRequest request) throws MountException {
    StateFolder.Claim claim = request.state().claim(mountpoint, request.log());
    owned.adopt("the state file", claim::close);
    return claim;
  }

  static HardMemoryBudget budget(Configuration configuration) throws SettingException {
    long data = dataBytes(configuration);
    return new HardMemoryBudget(data, readSlice(data));
  }

  /** Returns the bytes that are for data of what a configuration gives the daemon. */
  static long dataBytes(Configuration configuration) throws SettingException {
    HostMemory host = new HostMemory();
    MemorySettings settings = configuration.memory();
    settings.checkWithin(host.total(), configuration.values(MemorySettings.SECTION));
    return settings.limit().orElseGet(() -> new MemoryLimit(host).bytes()) - MemoryLimit.RUNTIME;
  }

  /** Returns how many of so many bytes for data only reads get. */
  static long readSlice(long data) {
    return Math.min(data / READ_SLICE_SHARE, MOST_READ_SLICE);
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
    verbs.put("settings", question -> Map.of("settings", settings().report()));
    verbs.put("set", settings());
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

  /** Returns the same as an object of JSON. */
  public MountReport report() {
    return Objects.requireNonNull(report, "the mount is being made");
  }

  /** Returns what can be changed of it. */
  public LiveSettings settings() {
    return Objects.requireNonNull(settings, "the mount is being made");
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

  /** Waits for uploads under way as long as the configuration allows, counted from the start. */
  private void finishStoring() throws InterruptedException {
    SluiceFileSystem files = fileSystem;
    Duration left = shutdown.minus(END_WITHIN);
    if (files != null && left.isPositive() && !files.awaitStored(left)) {
      LOG.log(
          System.Logger.Level.ERROR,
          "files were still being stored at {0} when shutdown.deadline was over",
          mountpoint.path());
    }
  }

  /** Returns how many files were written to and are not in the store, once it is closed. */
  public int unstored() {
    SluiceFileSystem files = fileSystem;
    return files == null ? 0 : files.unstored();
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
          finishStoring();
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
