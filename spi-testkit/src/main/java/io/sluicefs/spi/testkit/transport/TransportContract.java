// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PendingUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.TransportProvider;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every transport must do. Extend it, say how to open the transport and how to change the
 * store behind its back, and every promise of {@link Transport} is tested; features the transport
 * does not claim are skipped with the reason. Each test keeps to a prefix of its own, so one bucket
 * serves all, which must exist.
 */
@Timeout(120)
public abstract class TransportContract {
  private static final AtomicInteger PREFIXES = new AtomicInteger();
  private static final int LONGEST_KEY = 1024;

  private String prefix = "";

  @SuppressWarnings("NullAway.Init") // set before each test
  private LeakCheckedMemory memory;

  @SuppressWarnings("NullAway.Init") // set before each test
  private Transport transport;

  /** Creates a suite. */
  protected TransportContract() {}

  /** Returns the provider under test. */
  protected abstract TransportProvider provider();

  /** Returns the settings that open a transport to an existing bucket. */
  protected abstract Map<String, String> settings();

  /** Creates or replaces an object in the bucket without the transport. */
  protected abstract void store(String key, byte[] content) throws Exception;

  /** Deletes an object from the bucket without the transport. */
  protected abstract void remove(String key) throws Exception;

  /** Returns why the store behind the transport cannot hold {@code key}, or null if it can. */
  protected @Nullable String refusal(String key) {
    return null;
  }

  /**
   * Returns what is wrong with the store's small pages of a listing with a delimiter, or null if
   * nothing is: a store that is no model of its protocol is still good for all other tests.
   */
  protected @Nullable String flawOfSmallPages() {
    return null;
  }

  /**
   * Returns why the server behind the transport lets several creations of one key win; null if it
   * does not.
   */
  protected @Nullable String flawOfCreateOnly() {
    return null;
  }

  /** Returns the setting that names the bucket. */
  protected String bucketSetting() {
    return "bucket";
  }

  /**
   * Makes the store answer only after {@code delay} until the returned is closed, or returns null
   * if it cannot: then what needs a slow store is skipped.
   */
  protected @Nullable AutoCloseable delayAnswers(Duration delay) throws Exception {
    return null;
  }

  /** Opens the transport under test. */
  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed after each test
  void open() throws Exception {
    prefix = "contract-%x-%d/".formatted(System.nanoTime(), PREFIXES.incrementAndGet());
    memory = new LeakCheckedMemory(64 << 20);
    transport = provider().open(TestContext.of(provider(), settings(), memory));
  }

  @AfterEach
  void close() {
    transport.close();
    memory.close();
  }

  // What it says of itself.

  @Test
  void describesItself() {
    PluginDescriptor descriptor = provider().descriptor();
    assertEquals(Axis.TRANSPORT, descriptor.axis());
    assertEquals(descriptor.name(), provider().descriptor().name());
    assertTrue(new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR).accepts(descriptor.spiVersion()));
    Set<String> names = new HashSet<>();
    for (Setting<?> setting : descriptor.settings()) {
      assertTrue(names.add(setting.name()), setting.name() + " is there twice");
      assertFalse(setting.description().isBlank(), setting.name() + " has no description");
    }
  }

  @Test
  void refusesASettingItDoesNotKnow() {
    Map<String, String> settings = new HashMap<>(settings());
    settings.put("no-such-setting", "1");
    SettingException failure =
        assertThrows(SettingException.class, () -> TestContext.of(provider(), settings, memory));
    assertTrue(message(failure).contains("no-such-setting"), message(failure));
  }

  @Test
  void namesItsLocationWithoutSecrets() {
    assertEquals(transport.location(), transport.location());
    assertTrue(transport.location().contains("://"), transport.location());
    for (Map.Entry<String, String> setting : settings().entrySet()) {
      if (setting.getKey().contains("secret") || setting.getKey().contains("token")) {
        assertFalse(transport.location().contains(setting.getValue()));
      }
    }
  }

  @Test
  void saysTheSameOfItsCapabilitiesEveryTime() {
    TransportCapabilities capabilities = transport.capabilities();
    assertEquals(capabilities, transport.capabilities());
    if (capabilities.has(Feature.WRITE)) {
      assertTrue(capabilities.maxPutSize() > 0);
    }
    if (capabilities.has(Feature.MULTIPART)) {
      assertTrue(capabilities.minPartSize() <= capabilities.maxPartSize());
      assertTrue(capabilities.maxParts() > 0);
    }
    if (capabilities.has(Feature.COPY)) {
      assertTrue(capabilities.maxCopySize() > 0);
    }
  }

  // head

  @Test
  void headTellsSizeEtagAndTime() throws Exception {
    byte[] content = content(12_345, 1);
    store(prefix + "object", content);
    ObjectStat stat = transport.head(prefix + "object");
    assertEquals(prefix + "object", stat.id().key());
    assertEquals(content.length, stat.size());
    assertEquals(ObjectStat.Type.DATA, stat.type());
    assertFalse(stat.id().etag().contains("\""), stat.id().etag());
    assertTrue(stat.lastModified().isAfter(Instant.parse("2000-01-01T00:00:00Z")));
  }

  @Test
  void headOfAnEmptyObjectTellsThatItIsEmpty() throws Exception {
    store(prefix + "empty", new byte[0]);
    assertEquals(0, transport.head(prefix + "empty").size());
  }

  @Test
  void headOfAMissingObjectIsNotFound() {
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "missing"));
  }

  @Test
  void headSeesANewVersion() throws Exception {
    store(prefix + "object", content(10, 1));
    ObjectStat before = transport.head(prefix + "object");
    store(prefix + "object", content(20, 2));
    ObjectStat after = transport.head(prefix + "object");
    assertNotEquals(before.id().etag(), after.id().etag());
    assertEquals(20, after.size());
    remove(prefix + "object");
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "object"));
  }

  // list

  @Test
  void listOfNothingIsEmpty() throws Exception {
    ListPage page = transport.list(ListRequest.directory(prefix + "nothing/"));
    assertEquals(List.of(), page.objects());
    assertEquals(List.of(), page.commonPrefixes());
    assertNull(page.nextToken());
  }

  @Test
  void listAgreesWithHead() throws Exception {
    store(prefix + "object", content(777, 1));
    ListPage page = transport.list(ListRequest.directory(prefix));
    assertEquals(1, page.objects().size());
    ObjectStat listed = page.objects().getFirst();
    ObjectStat head = transport.head(prefix + "object");
    assertEquals(head.id(), listed.id());
    assertEquals(head.size(), listed.size());
    assertTrue(Duration.between(head.lastModified(), listed.lastModified()).abs().toSeconds() <= 1);
  }

  @Test
  void listRollsUpWhatIsBehindTheDelimiter() throws Exception {
    for (String key : List.of("a", "a/b", "a/c/d", "b/", "b/x", "c.txt", "d/e/f/g")) {
      storeOrSkip(prefix + key, key);
    }
    ListPage top = transport.list(ListRequest.directory(prefix));
    assertEquals(Set.of("a", "c.txt"), names(top));
    assertEquals(Set.of("a/", "b/", "d/"), prefixes(top));
    ListPage b = transport.list(ListRequest.directory(prefix + "b/"));
    assertEquals(Set.of("b/", "b/x"), names(b));
    ListPage all = transport.list(new ListRequest(prefix, "", null, ListRequest.MAX_KEYS));
    assertEquals(Set.of("a", "a/b", "a/c/d", "b/", "b/x", "c.txt", "d/e/f/g"), names(all));
    assertEquals(List.of(), all.commonPrefixes());
    ListPage half = transport.list(new ListRequest(prefix + "a", "/", null, ListRequest.MAX_KEYS));
    assertEquals(Set.of("a"), names(half));
    assertEquals(Set.of("a/"), prefixes(half));
  }

  @Test
  void listGivesEveryEntryOnceOverPages() throws Exception {
    Set<String> expected = new LinkedHashSet<>();
    for (int i = 0; i < 1105; i++) {
      String name = "entry-%04d".formatted(i);
      store(prefix + name, new byte[1]);
      expected.add(name);
    }
    List<String> seen = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    ListRequest request = ListRequest.directory(prefix);
    for (ListPage page = transport.list(request); ; page = transport.list(request)) {
      names(page).forEach(seen::add);
      sizes.add(page.objects().size());
      String next = page.nextToken();
      if (next == null) {
        break;
      }
      request = request.after(next);
    }
    assertEquals(expected.size(), seen.size());
    assertEquals(expected, new LinkedHashSet<>(seen));
    assertTrue(sizes.stream().allMatch(size -> size <= ListRequest.MAX_KEYS), sizes.toString());
    assertTrue(sizes.size() <= 3, "pages of " + sizes);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void listGivesEveryPrefixOnceOverSmallPages(int maxKeys) throws Exception {
    String flaw = flawOfSmallPages();
    if (flaw != null) {
      abort(flaw);
    }
    Set<String> objects = Set.of("b", "d", "f");
    Set<String> folders = Set.of("a/", "c/", "e/");
    for (String object : objects) {
      store(prefix + object, new byte[1]);
    }
    for (String folder : folders) {
      store(prefix + folder + "x", new byte[1]);
      store(prefix + folder + "y", new byte[1]);
    }
    List<String> seen = new ArrayList<>();
    ListRequest request = new ListRequest(prefix, "/", null, maxKeys);
    for (int pages = 0; pages < 20; pages++) {
      ListPage page = transport.list(request);
      assertTrue(page.objects().size() + page.commonPrefixes().size() <= maxKeys);
      seen.addAll(names(page));
      seen.addAll(prefixes(page));
      String next = page.nextToken();
      if (next == null) {
        break;
      }
      request = request.after(next);
    }
    assertEquals(6, seen.size(), seen.toString());
    Set<String> expected = new HashSet<>(objects);
    expected.addAll(folders);
    assertEquals(expected, new HashSet<>(seen));
  }

  @Test
  void listOfAMissingBucketSaysSo() throws Exception {
    Map<String, String> settings = new HashMap<>(settings());
    settings.put(bucketSetting(), "no-such-bucket-7f3a9c");
    try (Transport other = provider().open(TestContext.of(provider(), settings, memory))) {
      StorageException failure =
          assertFails(Kind.NO_SUCH_BUCKET, () -> other.list(ListRequest.directory("")));
      assertTrue(message(failure).contains("no-such-bucket-7f3a9c"), message(failure));
    }
  }

  // keys

  static List<String> oddKeys() {
    return List.of(
        "with space",
        " leading and trailing ",
        "plus+plus",
        "100%",
        "%41%2f%25",
        "amp&equals=question?hash#semicolon;",
        "quotes'\"back\\slash",
        "<xml>&amp;</xml>",
        "~*()!$,:@[]{}|^`",
        "\u00fcn\u00efc\u00f6d\u00e9/\u65e5\u672c\u8a9e",
        "e\u0301 is not \u00e9",
        "\ud83d\ude00",
        "new\nline\ttab",
        "a//b",
        "/leading slash",
        "//two",
        "./dot",
        "a/./b",
        "a/../b",
        "../up",
        "..",
        "trailing/",
        "trailing//",
        "UPPER and lower");
  }

  @ParameterizedTest
  @MethodSource("oddKeys")
  void takesKeysAsTheyAre(String name) throws Exception {
    assertKeyWorks(prefix + name);
  }

  @Test
  void takesTheLongestKey() throws Exception {
    assertKeyWorks(prefix + "k".repeat(LONGEST_KEY - prefix.length()));
  }

  @Test
  void takesTheLongestKeyOfManyBytesACharacter() throws Exception {
    String start = prefix + "x".repeat((LONGEST_KEY - prefix.length()) % 3);
    assertKeyWorks(start + "\u65e5".repeat((LONGEST_KEY - start.length()) / 3));
  }

  @Test
  void tellsAnObjectFromAPrefixOfTheSameName() throws Exception {
    storeOrSkip(prefix + "a", "one");
    storeOrSkip(prefix + "a/b", "two");
    assertArrayEquals(bytes("one"), readAll(prefix + "a"));
    assertArrayEquals(bytes("two"), readAll(prefix + "a/b"));
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "a/"));
  }

  private void assertKeyWorks(String key) throws Exception {
    storeOrSkip(key, key);
    ObjectStat head = transport.head(key);
    assertEquals(key, head.id().key());
    assertArrayEquals(bytes(key), readAll(key));
    ListPage page = transport.list(new ListRequest(prefix, "", null, ListRequest.MAX_KEYS));
    assertEquals(List.of(key), page.objects().stream().map(object -> object.id().key()).toList());
    assertEquals(head.id(), page.objects().getFirst().id());
    ListPage exact = transport.list(new ListRequest(key, "", null, ListRequest.MAX_KEYS));
    assertEquals(1, exact.objects().size());
  }

  // read

  @Test
  void readsEveryKindOfRangeIntoEveryKindOfBuffers() throws Exception {
    byte[] content = content(1_000_003, 3);
    ObjectId id = stored("object", content);
    int size = content.length;
    int[][] ranges = {
      {0, size}, {0, 1}, {size - 1, size}, {1, size}, {0, size - 1}, {4096, 8192}, {65_535, 65_537}
    };
    for (int[] range : ranges) {
      assertReads(id, content, range[0], range[1], 1, new Random(1));
      assertReads(id, content, range[0], range[1], 7, new Random(2));
    }
    Random random = new Random(4);
    for (int i = 0; i < 40; i++) {
      int from = random.nextInt(size);
      int to = from + 1 + random.nextInt(size - from);
      assertReads(id, content, from, to, 1 + random.nextInt(40), random);
    }
  }

  @Test
  void movesPositionsAndLeavesTheRestAlone() throws Exception {
    byte[] content = content(1000, 5);
    ObjectId id = stored("object", content);
    ByteBuffer buffer = ByteBuffer.allocateDirect(300);
    buffer.position(100).limit(200);
    transport.read(id, new ByteRange(50, 150), new ByteBuffer[] {buffer}, ReadProgress.NONE);
    assertEquals(200, buffer.position());
    assertEquals(200, buffer.limit());
    buffer.clear();
    for (int i = 0; i < 300; i++) {
      byte expected = i < 100 || i >= 200 ? 0 : content[i - 50];
      assertEquals(expected, buffer.get(i), "byte " + i);
    }
  }

  @Test
  void announcesOnlyBytesThatAreThere() throws Exception {
    byte[] content = content(4 << 20, 6);
    ObjectId id = stored("object", content);
    ByteBuffer buffer = ByteBuffer.allocateDirect(content.length);
    List<Long> announced = new ArrayList<>();
    AtomicBoolean truthful = new AtomicBoolean(true);
    transport.read(
        id,
        new ByteRange(0, content.length),
        new ByteBuffer[] {buffer},
        filled -> {
          int before = announced.isEmpty() ? 0 : Math.toIntExact(announced.getLast());
          announced.add(filled);
          for (int i = before; i < filled; i++) {
            if (buffer.get(i) != content[i]) {
              truthful.set(false);
            }
          }
        });
    assertTrue(truthful.get());
    assertEquals(content.length, announced.getLast());
    assertEquals(announced.stream().sorted().distinct().toList(), announced);
  }

  @Test
  void readOfAMissingObjectIsNotFound() {
    ObjectId id = new ObjectId(prefix + "missing", "0123456789abcdef0123456789abcdef");
    assertFails(Kind.NOT_FOUND, () -> read(id, 0, 10));
  }

  @Test
  void readOfADeletedObjectIsNotFound() throws Exception {
    ObjectId id = stored("object", content(100, 7));
    remove(id.key());
    assertFails(Kind.NOT_FOUND, () -> read(id, 0, 10));
  }

  @Test
  void readOfAnotherVersionFails() throws Exception {
    ObjectId id = stored("object", content(100, 8));
    assertFails(
        Kind.PRECONDITION_FAILED,
        () -> read(new ObjectId(id.key(), "0123456789abcdef0123456789abcdef"), 0, 10));
    store(id.key(), content(100, 9));
    StorageException failure = assertFails(Kind.PRECONDITION_FAILED, () -> read(id, 0, 10));
    assertTrue(message(failure).contains(id.key()), message(failure));
    assertFalse(failure.retryable());
  }

  @Test
  void readOfAShorterVersionFails() throws Exception {
    ObjectId id = stored("object", content(1000, 8));
    store(id.key(), content(10, 9));
    assertFails(Kind.PRECONDITION_FAILED, () -> read(id, 500, 1000));
  }

  @Test
  void readsThirtyTwoRangesAtOnce() throws Exception {
    byte[] content = content(2 << 20, 10);
    ObjectId id = stored("object", content);
    List<FutureTask<Boolean>> reads = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      Random random = new Random(i);
      FutureTask<Boolean> read =
          new FutureTask<>(
              () -> {
                for (int round = 0; round < 4; round++) {
                  int from = random.nextInt(content.length - 1);
                  int to = from + 1 + random.nextInt(content.length - from);
                  assertReads(id, content, from, Math.min(to, content.length), 3, random);
                }
                return true;
              });
      reads.add(read);
      Thread.ofVirtual().start(read);
    }
    for (FutureTask<Boolean> read : reads) {
      assertTrue(read.get(60, TimeUnit.SECONDS));
    }
  }

  // cancelling and closing

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anInterruptedReadEndsAndTheNextOneWorks(boolean virtual) throws Exception {
    byte[] content = content(32 << 20, 11);
    ObjectId id = stored("object", content);
    AtomicBoolean status = new AtomicBoolean();
    FutureTask<StorageException> read =
        new FutureTask<>(
            () -> {
              ByteBuffer[] target = {ByteBuffer.allocateDirect(content.length)};
              Thread self = Thread.currentThread();
              StorageException failure =
                  assertFails(
                      Kind.CANCELLED,
                      () ->
                          transport.read(
                              id,
                              new ByteRange(0, content.length),
                              target,
                              bytes -> self.interrupt()));
              status.set(Thread.currentThread().isInterrupted());
              return failure;
            });
    start(virtual, read);
    read.get(30, TimeUnit.SECONDS);
    assertTrue(status.get(), "the interrupt status is set");
    assertReads(id, content, 0, 100_000, 1, new Random(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void interruptsEndRequestsNobodyAnswers(boolean virtual) throws Exception {
    ObjectId id = stored("object", content(100, 12));
    try (AutoCloseable delay = delayAnswers(Duration.ofSeconds(60))) {
      assumeTrue(delay != null, "this store cannot be made to answer late");
      List<Callable<?>> requests =
          List.of(
              () -> transport.head(id.key()),
              () -> transport.list(ListRequest.directory(prefix)),
              () -> read(id, 0, 10));
      for (Callable<?> request : requests) {
        CountDownLatch started = new CountDownLatch(1);
        AtomicBoolean status = new AtomicBoolean();
        FutureTask<StorageException> failing =
            new FutureTask<>(
                () -> {
                  started.countDown();
                  StorageException failure = assertFails(Kind.CANCELLED, request);
                  status.set(Thread.currentThread().isInterrupted());
                  return failure;
                });
        Thread thread = start(virtual, failing);
        started.await();
        thread.interrupt();
        failing.get(20, TimeUnit.SECONDS);
        assertTrue(status.get(), "the interrupt status is set");
      }
    }
    assertEquals(100, transport.head(id.key()).size());
  }

  @Test
  void anInterruptedThreadSendsNothing() throws Exception {
    ObjectId id = stored("object", content(100, 12));
    for (Callable<?> request :
        List.<Callable<?>>of(
            () -> transport.head(id.key()),
            () -> transport.list(ListRequest.directory(prefix)),
            () -> read(id, 0, 10))) {
      Thread.currentThread().interrupt();
      assertFails(Kind.CANCELLED, request);
      assertTrue(Thread.interrupted(), "the interrupt status is set");
    }
    assertEquals(100, transport.head(id.key()).size());
  }

  @Test
  void closesMoreThanOnceAndFailsAfterwards() throws Exception {
    ObjectId id = stored("object", content(100, 13));
    read(id, 0, 100);
    transport.close();
    transport.close();
    assertThrows(StorageException.class, () -> read(id, 0, 100));
    assertThrows(StorageException.class, () -> transport.head(id.key()));
    assertThrows(StorageException.class, () -> transport.list(ListRequest.directory(prefix)));
  }

  // writing

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100_000})
  void putMakesWhatIsReadBack(int size) throws Exception {
    require(Feature.WRITE);
    byte[] content = content(size, 14);
    String key = prefix + "put object";
    PutOptions options = new PutOptions(false, "text/plain", Map.of("color", "blue green"));
    ObjectStat made;
    try (Arena arena = Arena.ofShared()) {
      made = transport.put(key, options, body(arena, content, 3));
    }
    assertEquals(size, made.size());
    ObjectStat head = transport.head(key);
    assertEquals(made.id(), head.id());
    assertEquals("blue green", head.metadata().get("color"));
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void putReplacesAndCreateOnlyDoesNot() throws Exception {
    require(Feature.WRITE);
    String key = prefix + "object";
    try (Arena arena = Arena.ofShared()) {
      ObjectStat first = transport.put(key, PutOptions.REPLACE, body(arena, bytes("one"), 1));
      ObjectStat second = transport.put(key, PutOptions.REPLACE, body(arena, bytes("two"), 1));
      assertNotEquals(first.id(), second.id());
      require(Feature.CREATE_ONLY);
      PutOptions createOnly = new PutOptions(true, "", Map.of());
      UploadBody three = body(arena, bytes("three"), 1);
      assertFails(Kind.ALREADY_EXISTS, () -> transport.put(key, createOnly, three));
      transport.put(key + "-new", createOnly, three);
    }
    assertArrayEquals(bytes("two"), readAll(key));
    assertArrayEquals(bytes("three"), readAll(key + "-new"));
  }

  @Test
  void deleteRemovesWhatExistsAndIgnoresTheRest() throws Exception {
    require(Feature.WRITE);
    store(prefix + "a&b", content(10, 15));
    store(prefix + "c", content(10, 16));
    transport.delete(List.of(prefix + "a&b", prefix + "missing"));
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "a&b"));
    assertEquals(10, transport.head(prefix + "c").size());
    transport.delete(List.of(prefix + "c"));
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "c"));
  }

  @Test
  void anUploadInPartsIsVisibleWhenItIsComplete() throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "large object";
    int partSize = Math.toIntExact(Math.max(transport.capabilities().minPartSize(), 1));
    byte[] content = content(partSize + 1000, 17);
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      UploadBody tail = body(arena, Arrays.copyOfRange(content, partSize, content.length), 1);
      UploadBody start = body(arena, Arrays.copyOf(content, partSize), 2);
      MultipartUpload.Part second = upload.uploadPart(2, tail);
      MultipartUpload.Part first = upload.uploadPart(1, start);
      assertFails(Kind.NOT_FOUND, () -> transport.head(key));
      assertTrue(
          transport.listUploads(prefix).stream()
              .anyMatch(pending -> pending.uploadId().equals(upload.uploadId())));
      ObjectStat made = upload.complete(List.of(first, second));
      assertEquals(content.length, made.size());
    }
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void anAbortedUploadLeavesNothing() throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "object";
    try (MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      for (PendingUpload pending : transport.listUploads(prefix)) {
        assertEquals(key, pending.key());
        assertEquals(upload.uploadId(), pending.uploadId());
        transport.abortUpload(pending);
        transport.abortUpload(pending);
      }
      assertEquals(List.of(), transport.listUploads(prefix));
    }
    assertFails(Kind.NOT_FOUND, () -> transport.head(key));
  }

  @Test
  void oneOfManyThatCreateTheSameKeyWins() throws Exception {
    require(Feature.CREATE_ONLY);
    String flaw = flawOfCreateOnly();
    if (flaw != null) {
      abort(flaw);
    }
    String key = prefix + "object";
    PutOptions createOnly = new PutOptions(true, "", Map.of());
    CountDownLatch ready = new CountDownLatch(16);
    List<FutureTask<Boolean>> puts = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      for (int i = 0; i < 16; i++) {
        UploadBody body = body(arena, bytes("by " + i), 1);
        FutureTask<Boolean> put =
            new FutureTask<>(
                () -> {
                  ready.countDown();
                  ready.await();
                  try {
                    transport.put(key, createOnly, body);
                    return true;
                  } catch (StorageException e) {
                    assertEquals(Kind.ALREADY_EXISTS, e.kind(), e.getMessage());
                    return false;
                  }
                });
        puts.add(put);
        Thread.ofVirtual().start(put);
      }
      List<String> winners = new ArrayList<>();
      for (int i = 0; i < puts.size(); i++) {
        if (puts.get(i).get(60, TimeUnit.SECONDS)) {
          winners.add("by " + i);
        }
      }
      assertEquals(1, winners.size(), winners::toString);
      assertArrayEquals(bytes(winners.getFirst()), readAll(key));
    }
  }

  @Test
  void aPutOfManySegmentsKeepsTheirOrder() throws Exception {
    require(Feature.WRITE);
    byte[] content = content(3_000_001, 19);
    try (Arena arena = Arena.ofShared()) {
      transport.put(prefix + "object", PutOptions.REPLACE, body(arena, content, 50));
    }
    assertArrayEquals(content, readAll(prefix + "object"));
  }

  @Test
  void deletesManyAtOnce() throws Exception {
    require(Feature.WRITE);
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      keys.add(prefix + "object <" + i + "> é + %20");
      store(keys.getLast(), content(5, i));
    }
    keys.add(prefix + "never there");
    transport.delete(keys);
    assertEquals(List.of(), transport.list(ListRequest.directory(prefix)).objects());
    transport.delete(keys);
  }

  @Test
  void partsMayComeInAnyOrderAndAgain() throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "object";
    int partSize = Math.toIntExact(Math.max(transport.capabilities().minPartSize(), 1));
    byte[] content = content(2 * partSize + 77, 20);
    PutOptions options = new PutOptions(false, "text/plain", Map.of("color", "blue green"));
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, options)) {
      UploadBody wrong = body(arena, content(partSize, 21), 1);
      UploadBody third = body(arena, Arrays.copyOfRange(content, 2 * partSize, content.length), 3);
      UploadBody second = body(arena, Arrays.copyOfRange(content, partSize, 2 * partSize), 1);
      UploadBody first = body(arena, Arrays.copyOf(content, partSize), 2);
      upload.uploadPart(2, wrong);
      MultipartUpload.Part last = upload.uploadPart(3, third);
      MultipartUpload.Part middle = upload.uploadPart(2, second);
      MultipartUpload.Part start = upload.uploadPart(1, first);
      assertEquals(new MultipartUpload.Part(3, last.etag(), 77), last);
      ObjectStat made = upload.complete(List.of(start, middle, last));
      ObjectStat head = transport.head(key);
      assertEquals(head.id(), made.id());
      assertEquals("blue green", head.metadata().get("color"));
      assertEquals(List.of(), transport.listUploads(prefix));
      // As after an answer that was lost.
      assertEquals(made.id(), upload.complete(List.of(start, middle, last)).id());
    }
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void closingAnUploadThatIsNotCompleteAbortsIt() throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "object";
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      upload.uploadPart(1, body(arena, content(1000, 22), 1));
    }
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!transport.listUploads(prefix).isEmpty()) {
      assertTrue(System.nanoTime() < deadline, "the upload is still listed");
      Thread.onSpinWait();
    }
    assertFails(Kind.NOT_FOUND, () -> transport.head(key));
  }

  @Test
  void partsOfAnotherObjectAreCopied() throws Exception {
    require(Feature.MULTIPART);
    require(Feature.COPY);
    int partSize = Math.toIntExact(Math.max(transport.capabilities().minPartSize(), 1));
    byte[] content = content(partSize + 500, 23);
    ObjectId source = stored("source + %", content);
    String key = prefix + "target";
    byte[] tail = content(300, 24);
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      ObjectId gone = new ObjectId(source.key(), "0123456789abcdef0123456789abcdef");
      assertFails(
          Kind.PRECONDITION_FAILED,
          () -> upload.uploadPartCopy(1, gone, new ByteRange(100, 100 + partSize)));
      MultipartUpload.Part first =
          upload.uploadPartCopy(1, source, new ByteRange(100, 100 + partSize));
      assertEquals(partSize, first.size());
      MultipartUpload.Part second = upload.uploadPart(2, body(arena, tail, 1));
      assertEquals(partSize + 300, upload.complete(List.of(first, second)).size());
    }
    byte[] made = readAll(key);
    assertArrayEquals(
        Arrays.copyOfRange(content, 100, 100 + partSize), Arrays.copyOf(made, partSize));
    assertArrayEquals(tail, Arrays.copyOfRange(made, partSize, made.length));
  }

  @Test
  void completingACreateOnlyUploadDoesNotReplace() throws Exception {
    require(Feature.MULTIPART);
    require(Feature.CREATE_ONLY);
    String key = prefix + "object";
    PutOptions createOnly = new PutOptions(true, "", Map.of());
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, createOnly)) {
      MultipartUpload.Part part = upload.uploadPart(1, body(arena, content(1000, 25), 1));
      store(key, bytes("before"));
      assertFails(Kind.ALREADY_EXISTS, () -> upload.complete(List.of(part)));
      assertArrayEquals(bytes("before"), readAll(key));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anInterruptedUploadLeavesNothingVisible(boolean virtual) throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "object";
    byte[] content = content(1000, 26);
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      UploadBody body = body(arena, content, 1);
      try (AutoCloseable delay = delayAnswers(Duration.ofSeconds(60))) {
        assumeTrue(delay != null, "this store cannot be made to answer late");
        CountDownLatch started = new CountDownLatch(1);
        AtomicBoolean status = new AtomicBoolean();
        FutureTask<StorageException> failing =
            new FutureTask<>(
                () -> {
                  started.countDown();
                  StorageException failure =
                      assertFails(Kind.CANCELLED, () -> upload.uploadPart(1, body));
                  status.set(Thread.currentThread().isInterrupted());
                  return failure;
                });
        Thread thread = start(virtual, failing);
        started.await();
        thread.interrupt();
        failing.get(20, TimeUnit.SECONDS);
        assertTrue(status.get(), "the interrupt status is set");
      }
      assertFails(Kind.NOT_FOUND, () -> transport.head(key));
      upload.complete(List.of(upload.uploadPart(1, body)));
    }
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void anInterruptedThreadChangesNothing() throws Exception {
    require(Feature.WRITE);
    ObjectId id = stored("object", content(100, 27));
    try (Arena arena = Arena.ofShared()) {
      UploadBody body = body(arena, bytes("other"), 1);
      Thread.currentThread().interrupt();
      assertFails(Kind.CANCELLED, () -> transport.put(id.key(), PutOptions.REPLACE, body));
      assertTrue(Thread.interrupted(), "the interrupt status is set");
      Thread.currentThread().interrupt();
      assertFails(Kind.CANCELLED, () -> transport.delete(List.of(id.key())));
      assertTrue(Thread.interrupted(), "the interrupt status is set");
    }
    assertEquals(id, transport.head(id.key()).id());
  }

  @Test
  void copyKeepsMetadataUnlessItIsGivenOther() throws Exception {
    require(Feature.WRITE);
    require(Feature.COPY);
    PutOptions blue = new PutOptions(false, "text/plain", Map.of("color", "blue"));
    ObjectId source;
    try (Arena arena = Arena.ofShared()) {
      source = transport.put(prefix + "source", blue, body(arena, bytes("x"), 1)).id();
    }
    transport.copy(source, 1, prefix + "same", PutOptions.REPLACE);
    assertEquals("blue", transport.head(prefix + "same").metadata().get("color"));
    transport.copy(source, 1, prefix + "other", new PutOptions(false, "", Map.of("size", "1")));
    assertEquals(Map.of("size", "1"), transport.head(prefix + "other").metadata());
  }

  @Test
  void copyMakesTheSameBytesUnderAnotherKey() throws Exception {
    require(Feature.COPY);
    byte[] content = content(1000, 18);
    ObjectId source = stored("source + %", content);
    ObjectStat made = transport.copy(source, 1000, prefix + "target & more", PutOptions.REPLACE);
    ObjectStat head = transport.head(prefix + "target & more");
    assertEquals(head.id(), made.id());
    assertEquals(head.size(), made.size());
    assertTrue(Duration.between(head.lastModified(), made.lastModified()).abs().toSeconds() <= 1);
    ObjectStat another = transport.copy(source, prefix + "another", PutOptions.REPLACE);
    assertEquals(content.length, another.size());
    assertArrayEquals(content, readAll(prefix + "target & more"));
    ObjectId gone = new ObjectId(source.key(), "0123456789abcdef0123456789abcdef");
    assertFails(
        Kind.PRECONDITION_FAILED,
        () -> transport.copy(gone, 1000, prefix + "other", PutOptions.REPLACE));
  }

  @Test
  void refusesWhatItDoesNotClaim() {
    TransportCapabilities capabilities = transport.capabilities();
    if (!capabilities.has(Feature.WRITE)) {
      assertFails(
          Kind.UNSUPPORTED,
          () -> transport.put(prefix + "x", PutOptions.REPLACE, new UploadBody(List.of())));
    }
    if (!capabilities.has(Feature.MULTIPART)) {
      assertFails(Kind.UNSUPPORTED, () -> transport.listUploads(prefix));
    }
    if (!capabilities.has(Feature.COPY)) {
      ObjectId id = new ObjectId(prefix + "x", "e");
      assertFails(Kind.UNSUPPORTED, () -> transport.copy(id, prefix + "y", PutOptions.REPLACE));
      assertFails(Kind.UNSUPPORTED, () -> transport.copy(id, 1, prefix + "y", PutOptions.REPLACE));
    }
  }

  // what the tests are made of

  private void require(Feature feature) {
    assumeTrue(
        transport.capabilities().has(feature),
        () -> transport.location() + " does not claim " + feature);
  }

  private void storeOrSkip(String key, String content) throws Exception {
    String refusal = refusal(key);
    if (refusal != null) {
      abort(refusal);
    }
    store(key, bytes(content));
  }

  private ObjectId stored(String name, byte[] content) throws Exception {
    store(prefix + name, content);
    return transport.head(prefix + name).id();
  }

  private byte[] readAll(String key) throws StorageException {
    ObjectStat stat = transport.head(key);
    return stat.size() == 0 ? new byte[0] : read(stat.id(), 0, Math.toIntExact(stat.size()));
  }

  private byte[] read(ObjectId id, int from, int to) throws StorageException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(to - from);
    transport.read(id, new ByteRange(from, to), new ByteBuffer[] {buffer}, ReadProgress.NONE);
    byte[] bytes = new byte[to - from];
    buffer.flip().get(bytes);
    return bytes;
  }

  private void assertReads(
      ObjectId id, byte[] content, int from, int to, int buffers, Random random)
      throws StorageException {
    ByteBuffer[] target = new ByteBuffer[buffers];
    int left = to - from;
    for (int i = 0; i < buffers; i++) {
      int length = i == buffers - 1 ? left : random.nextInt(left + 1);
      target[i] = ByteBuffer.allocateDirect(length);
      left -= length;
    }
    List<Long> announced = new ArrayList<>();
    transport.read(id, new ByteRange(from, to), target, announced::add);
    byte[] bytes = new byte[to - from];
    int at = 0;
    for (ByteBuffer buffer : target) {
      assertFalse(buffer.hasRemaining());
      buffer.flip().get(bytes, at, buffer.limit());
      at += buffer.limit();
    }
    assertArrayEquals(Arrays.copyOfRange(content, from, to), bytes);
    assertEquals(to - from, announced.getLast());
  }

  private Set<String> names(ListPage page) {
    Set<String> names = new LinkedHashSet<>();
    for (ObjectStat object : page.objects()) {
      assertTrue(object.id().key().startsWith(prefix));
      names.add(object.id().key().substring(prefix.length()));
    }
    return names;
  }

  private Set<String> prefixes(ListPage page) {
    Set<String> names = new LinkedHashSet<>();
    for (String common : page.commonPrefixes()) {
      assertTrue(common.startsWith(prefix));
      names.add(common.substring(prefix.length()));
    }
    return names;
  }

  private static Thread start(boolean virtual, Runnable task) {
    return virtual ? Thread.ofVirtual().start(task) : Thread.ofPlatform().start(task);
  }

  private static StorageException assertFails(Kind kind, Callable<?> request) {
    StorageException failure = assertThrows(StorageException.class, request::call);
    assertEquals(kind, failure.kind(), failure.getMessage());
    assertFalse(message(failure).contains("\n"), message(failure));
    return failure;
  }

  private static StorageException assertFails(Kind kind, Action request) {
    return assertFails(
        kind,
        () -> {
          request.run();
          return kind;
        });
  }

  /** A request without a result. */
  @FunctionalInterface
  private interface Action {
    void run() throws StorageException;
  }

  private static String message(Exception failure) {
    return String.valueOf(failure.getMessage());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] content(int size, long seed) {
    byte[] content = new byte[size];
    new Random(seed).nextBytes(content);
    return content;
  }

  private static UploadBody body(Arena arena, byte[] content, int pieces) {
    List<MemorySegment> segments = new ArrayList<>();
    for (int i = 0; i < pieces; i++) {
      int from = content.length * i / pieces;
      int to = content.length * (i + 1) / pieces;
      MemorySegment segment = arena.allocate(to - from);
      MemorySegment.copy(content, from, segment, ValueLayout.JAVA_BYTE, 0, to - from);
      segments.add(segment);
    }
    return new UploadBody(segments);
  }
}
