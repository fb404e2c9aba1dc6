// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.kernel.transport.ForwardingTransport;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.transport.MemoryTransport;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The plugins wired together on a real mount. Memory cache and prefetcher are on the module path,
 * the FUSE channels come from their folders, built before.
 */
class MountTest {
  private static final Path PLUGINS = Path.of("../plugins").toAbsolutePath().normalize();
  private static final SpiVersion VERSION = new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR);

  @TempDir Path temp;
  private final MemoryTransport store = new MemoryTransport();
  private final CloseWatch watch = new CloseWatch(store);
  private Mountpoint mountpoint;
  private StateFolder state;
  private PluginCatalog plugins;

  @BeforeEach
  void layOutPlugins() throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/dev/fuse")), "no /dev/fuse");
    Path root = Files.createDirectory(temp.resolve("plugins"));
    layOut(root, "fuse-direct");
    layOut(root, "fuse-jnr");
    plugins =
        new PluginCatalog(
            root,
            Map.of(
                Axis.TRANSPORT, List.of(new StoreProvider()),
                Axis.CACHE, List.of(new BrokenCacheProvider())));
    mountpoint = Mountpoint.of(Files.createDirectory(temp.resolve("mnt")));
    state = new StateFolder(temp.resolve("state"));
    store.put("llama/a.txt", "hello");
    store.put("llama/sub/b.txt", "deeper");
    store.put("other.txt", "not below the prefix");
  }

  private static void layOut(Path root, String plugin) throws IOException {
    Path folder = PLUGINS.resolve(plugin).resolve("target/plugin");
    Assumptions.assumeTrue(
        Files.isDirectory(folder), plugin + " is not packaged: mvn package builds it");
    Files.createSymbolicLink(root.resolve(plugin), folder);
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    plugins.close();
    assertEquals(Mountpoint.State.FREE, mountpoint.state());
  }

  @Test
  void aPrefixOfABucketIsMountedAndRead() throws Exception {
    try (Mount mount = open("mount.prefix = llama")) {
      assertEquals(Set.of("a.txt", "sub"), names(mountpoint.path()));
      assertEquals("hello", Files.readString(mountpoint.path().resolve("a.txt")));
      assertEquals("deeper", Files.readString(mountpoint.path().resolve("sub/b.txt")));
      assertEquals(Optional.of(mount.source()), mountpoint.source());
      assertEquals(store.location() + "/llama/", mount.source());
      assertEquals(mount.source(), state.find(mountpoint).orElseThrow().source());
      assertEquals(Mountpoint.State.LIVE, mountpoint.state());
    }
    assertTrue(watch.closed);
    assertEquals(Optional.empty(), state.find(mountpoint));
    assertEquals(Set.of(), names(mountpoint.path()));
  }

  @Test
  void unmountingFromOutsideEndsTheMount() throws Exception {
    try (Mount mount = open("")) {
      mountpoint.unmount();
      mount.awaitUnmount();
    }
    assertTrue(watch.closed);
  }

  @Test
  void aMountpointInUseIsNotMountedAgain() throws Exception {
    try (Mount mount = open("")) {
      MountException refusal = assertThrows(MountException.class, () -> openAndClose(""));
      assertTrue(message(refusal).contains("is a mount of " + mount.source() + " already"));
    }
  }

  @Test
  void aCacheBelowMemoryThatCannotBeOpenedIsLeftOut() throws Exception {
    try (Mount mount = open("cache.broken {}")) {
      assertEquals("hello", Files.readString(mountpoint.path().resolve("llama/a.txt")));
      assertFalse(mount.source().isEmpty());
    }
  }

  @Test
  void aBucketThatDoesNotAnswerIsNotMounted() {
    store.fail(Operation.LIST, Kind.ACCESS_DENIED);

    StorageException refusal = assertThrows(StorageException.class, () -> openAndClose(""));

    assertEquals(Kind.ACCESS_DENIED, refusal.kind());
    assertTrue(watch.closed);
    assertEquals(Optional.empty(), state.find(mountpoint));
  }

  @Test
  void aPassingFailureOfTheFirstRequestIsRepeatedOnce() throws Exception {
    store.setGate(
        (operation, key) -> {
          store.openGate();
          throw new StorageException(Kind.SERVER_ERROR, "the first request fails");
        });

    try (Mount mount = open("")) {
      assertFalse(mount.source().isEmpty());
    }
  }

  @Test
  void aSettingThatIsWrongClosesWhatWasOpened() {
    assertThrows(SettingException.class, () -> openAndClose("fuse.jnr.thraeds = 3"));
    assertThrows(SettingException.class, () -> openAndClose("cache.memory.capacty = 1GiB"));
    assertEquals(Optional.empty(), state.find(mountpoint));
  }

  @Test
  void aDefaultChannelThatCannotBeUsedHereIsReplacedByTheOther() throws Exception {
    plugins.close();
    Path root = Files.createDirectory(temp.resolve("other-plugins"));
    layOut(root, "fuse-jnr");
    plugins =
        new PluginCatalog(
            root,
            Map.of(
                Axis.TRANSPORT, List.of(new StoreProvider()),
                Axis.FUSE, List.of(new RefusingChannelProvider())));
    try (Mount mount = open("")) {
      assertEquals("hello", Files.readString(mountpoint.path().resolve("llama/a.txt")));
      assertFalse(mount.source().isEmpty());
    }
    IOException refusal =
        assertThrows(
            IOException.class, () -> openAndClose("fuse = direct"), "chosen, not a default");
    assertEquals("this host has no such device", refusal.getMessage());
  }

  @Test
  void eachChannelMountsWhenItIsChosen() throws Exception {
    for (String channel : List.of("direct", "jnr")) {
      try (Mount mount = open("fuse = " + channel)) {
        assertEquals("hello", Files.readString(mountpoint.path().resolve("llama/a.txt")));
        assertFalse(mount.source().isEmpty());
      }
    }
  }

  @Test
  void aLiveSettingIsChangedAndShownAndWhereItIsFrom() throws Exception {
    try (Mount mount = open("prefetch = sequential")) {
      mount.settings().set("memory.limit", "200MiB");
      mount.settings().set("prefetch.sequential.requests", "99");
      mount.settings().set("cache.memory.retention", "lru");

      assertEquals(200L << 20, mount.figures().memoryLimit());
      assertEquals(
          Map.of(
              "memory.limit", "200MiB",
              "prefetch.sequential.requests", "99",
              "cache.memory.retention", "lru"),
          mount.report().status().get("set"));
      assertEquals("sluice set", shown(mount, "prefetch.sequential.requests").get("origin"));
      assertEquals("99", shown(mount, "prefetch.sequential.requests").get("value"));
      assertEquals("sequential", shown(mount, "prefetch.use").get("value"));
      assertEquals("default", shown(mount, "prefetch.sequential.chunks").get("origin"));
      // The memory of the cache follows where it goes by the limit, and not where it is given.
      assertEquals(64L << 20, mount.figures().caches().firstEntry().getValue().capacityBytes());
      assertEquals("hello", Files.readString(mountpoint.path().resolve("llama/a.txt")));
    }
  }

  private static Map<String, String> shown(Mount mount, String path) throws IOException {
    return mount.settings().report().stream()
        .filter(setting -> path.equals(setting.get("path")))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatCannotChangeWhileMountedIsRefusedInOneLine() throws Exception {
    try (Mount mount = open("")) {
      for (Map.Entry<String, String> refused :
          Map.of(
                  "mount.read-only=true",
                      "mount.read-only cannot be changed while mounted; change it in the"
                          + " configuration and mount again",
                  "cache.memory.block-size=1MiB",
                      "cache.memory.block-size cannot be changed while mounted; change it in the"
                          + " configuration and mount again",
                  "memory.limt=1GiB", "unknown setting memory.limt; did you mean memory.limit?",
                  "memory.limit=much",
                      "sluice set: memory.limit: expected a size of at least 144MiB",
                  "memory.limit=150MiB",
                      "memory.limit: no less than 160 MiB while mounted, as what is open was"
                          + " planned with more; mount again for less",
                  "prefetch.sequential.requests=2",
                      "sluice set: prefetch.sequential.requests: 2 in all are fewer than the 16 of"
                          + " requests-per-file; raise it or lower that")
              .entrySet()) {
        String[] words = refused.getKey().split("=", 2);
        SettingException refusal =
            assertThrows(
                SettingException.class,
                () -> mount.settings().set(words[0], words[1]),
                refused.getKey());
        assertEquals(refused.getValue(), message(refusal));
      }
      SettingException tooSmall =
          assertThrows(
              SettingException.class, () -> mount.settings().set("memory.limit", "170MiB"));
      assertTrue(message(tooSmall).contains("cache.memory.capacity: 67108864 bytes exceed"));
      assertEquals(256L << 20, mount.figures().memoryLimit());
      assertEquals(Map.of(), mount.report().status().get("set"));
    }
  }

  @Test
  void timesToLiveChangeWhileMountedWhereTheChannelTellsThemWithEachName() throws Exception {
    try (Mount mount = open("metadata { attribute-ttl = 1h, negative-ttl = 1h }")) {
      Path file = mountpoint.path().resolve("llama/a.txt");
      Path later = mountpoint.path().resolve("llama/later.txt");
      mount.settings().set("metadata.attribute-ttl", "0s");
      mount.settings().set("metadata.negative-ttl", "0s");
      assertEquals(5, Files.size(file));
      assertFalse(Files.exists(later));

      store.put("llama/a.txt", "hello again");
      store.put("llama/later.txt", "there");

      assertEquals(11, Files.size(file));
      assertTrue(Files.exists(later));
    }
    try (Mount mount = open("fuse = jnr")) {
      SettingException refusal =
          assertThrows(
              SettingException.class, () -> mount.settings().set("metadata.attribute-ttl", "0s"));
      assertTrue(message(refusal).contains("fuse.direct can"), message(refusal));
    }
  }

  @Test
  void aMissingPluginIsNamed() {
    PluginException refusal =
        assertThrows(PluginException.class, () -> openAndClose("fuse = other"));

    assertTrue(message(refusal).contains("no plugin fuse.other"), message(refusal));
  }

  @Test
  void entriesOfTheMountpointAreHiddenOnRequest() throws Exception {
    Path hidden = Files.createFile(mountpoint.path().resolve("hidden"));

    try (Mount mount = open("", true)) {
      assertFalse(Files.exists(hidden));
      assertFalse(mount.source().isEmpty());
    }
    assertTrue(Files.exists(hidden));
  }

  private void openAndClose(String settings) throws Exception {
    try (Mount mount = open(settings)) {
      assertNull(mount, "it should not have been mounted");
    }
  }

  @MustBeClosed
  private Mount open(String settings) throws Exception {
    return open(settings, false);
  }

  @MustBeClosed
  private Mount open(String settings, boolean nonEmpty) throws Exception {
    Path file = temp.resolve("sluice.conf");
    Files.writeString(
        file,
        "transport = store\nmemory.limit = 256MiB\ncache.memory.capacity = 64MiB\n" + settings);
    Configuration configuration = Configuration.load(file, List.of());
    return Mount.open(new MountRequest(configuration, plugins, mountpoint, nonEmpty, state, ""));
  }

  private static Set<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static String message(@Nullable Throwable failure) {
    return failure == null ? "" : String.valueOf(failure.getMessage());
  }

  /** Opens the bucket in memory. */
  private final class StoreProvider implements TransportProvider {
    @Override
    public PluginDescriptor descriptor() {
      return new PluginDescriptor("store", Axis.TRANSPORT, VERSION, List.of());
    }

    @Override
    @MustBeClosed
    @SuppressWarnings("MustBeClosedChecker") // returned
    public Transport open(PluginContext context) {
      return watch;
    }
  }

  /** A channel this host lacks something for. */
  private static final class RefusingChannelProvider implements FuseChannelProvider {
    @Override
    public PluginDescriptor descriptor() {
      return new PluginDescriptor("direct", Axis.FUSE, VERSION, List.of());
    }

    @Override
    @MustBeClosed
    public FuseChannel open(PluginContext context, MountOptions options) throws IOException {
      throw new IOException("this host has no such device");
    }
  }

  /** A cache whose disk is broken. */
  private static final class BrokenCacheProvider implements BlockCacheProvider {
    @Override
    public PluginDescriptor descriptor() {
      return new PluginDescriptor("broken", Axis.CACHE, VERSION, List.<Setting<?>>of());
    }

    @Override
    @MustBeClosed
    public BlockCache open(PluginContext context) throws IOException {
      throw new IOException("the disk is on fire");
    }
  }

  /** Remembers that it was closed. */
  private static final class CloseWatch extends ForwardingTransport {
    private volatile boolean closed;

    CloseWatch(Transport inner) {
      super(inner);
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
