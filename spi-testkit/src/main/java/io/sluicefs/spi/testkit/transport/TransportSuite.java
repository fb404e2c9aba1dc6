// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.TransportProvider;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** What the suites of a transport share: the transport under test, and a store it is open to. */
@Timeout(120)
abstract class TransportSuite {
  private static final AtomicInteger PREFIXES = new AtomicInteger();

  String prefix = "";

  @SuppressWarnings("NullAway.Init") // set before each test
  LeakCheckedMemory memory;

  @SuppressWarnings("NullAway.Init") // set before each test
  Transport transport;

  TransportSuite() {}

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

  /**
   * Returns what the keys of all tests begin with: nothing by default, or what ends with a slash.
   */
  protected String parentPrefix() {
    return "";
  }

  /** Returns what the keys of the test that runs begin with. */
  protected final String prefix() {
    return prefix;
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

  /** A request that changes the store. */
  public enum Change {
    /** {@link Transport#put} and {@link Transport#putSymlink}. */
    PUT,
    /** {@link MultipartUpload#uploadPart} and {@link MultipartUpload#uploadPartCopy}. */
    PART,
    /** {@link MultipartUpload#complete}. */
    COMPLETE,
    /** {@link Transport#copy}. */
    COPY,
    /** {@link Transport#delete}. */
    DELETE
  }

  /** What can go wrong with a request. */
  public enum Fault {
    /** It is carried out, and the connection breaks before it is answered. */
    LOST_ANSWER,
    /** It is not carried out, and the error comes in an answer of success. */
    LATE_ERROR,
    /** Its body arrives with other bytes. */
    DAMAGED_BODY
  }

  /**
   * Makes the next request of a kind go wrong, and returns whether the store can be made to: if it
   * cannot, what needs it is skipped.
   */
  protected boolean goWrong(Change request, Fault fault) throws Exception {
    return false;
  }

  /** Opens the transport under test. */
  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed after each test
  void open() throws Exception {
    prefix =
        "%scontract-%x-%d/"
            .formatted(parentPrefix(), System.nanoTime(), PREFIXES.incrementAndGet());
    memory = new LeakCheckedMemory(64 << 20);
    transport = provider().open(TestContext.of(provider(), settings(), memory));
  }

  @AfterEach
  void close() {
    transport.close();
    memory.close();
  }

  void require(Feature feature) {
    assumeTrue(
        transport.capabilities().has(feature),
        () -> transport.location() + " does not claim " + feature);
  }

  void storeOrSkip(String key, String content) throws Exception {
    String refusal = refusal(key);
    if (refusal != null) {
      abort(refusal);
    }
    store(key, bytes(content));
  }

  ObjectId stored(String name, byte[] content) throws Exception {
    store(prefix + name, content);
    return transport.head(prefix + name).id();
  }

  byte[] readAll(String key) throws StorageException {
    ObjectStat stat = transport.head(key);
    return stat.size() == 0 ? new byte[0] : read(stat.id(), 0, Math.toIntExact(stat.size()));
  }

  byte[] read(ObjectId id, int from, int to) throws StorageException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(to - from);
    transport.read(id, new ByteRange(from, to), new ByteBuffer[] {buffer}, ReadProgress.NONE);
    byte[] bytes = new byte[to - from];
    buffer.flip().get(bytes);
    return bytes;
  }

  void assertReads(ObjectId id, byte[] content, int from, int to, int buffers, Random random)
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

  Set<String> names(ListPage page) {
    Set<String> names = new LinkedHashSet<>();
    for (ObjectStat object : page.objects()) {
      assertTrue(object.id().key().startsWith(prefix));
      names.add(object.id().key().substring(prefix.length()));
    }
    return names;
  }

  Set<String> prefixes(ListPage page) {
    Set<String> names = new LinkedHashSet<>();
    for (String common : page.commonPrefixes()) {
      assertTrue(common.startsWith(prefix));
      names.add(common.substring(prefix.length()));
    }
    return names;
  }

  static Thread start(boolean virtual, Runnable task) {
    return virtual ? Thread.ofVirtual().start(task) : Thread.ofPlatform().start(task);
  }

  static StorageException assertFails(Kind kind, Callable<?> request) {
    StorageException failure = assertThrows(StorageException.class, request::call);
    assertEquals(kind, failure.kind(), failure.getMessage());
    assertFalse(message(failure).contains("\n"), message(failure));
    return failure;
  }

  static StorageException assertFails(Kind kind, Action request) {
    return assertFails(
        kind,
        () -> {
          request.run();
          return kind;
        });
  }

  /** A request without a result. */
  @FunctionalInterface
  interface Action {
    void run() throws StorageException;
  }

  static String message(Exception failure) {
    return String.valueOf(failure.getMessage());
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static byte[] content(int size, long seed) {
    byte[] content = new byte[size];
    new Random(seed).nextBytes(content);
    return content;
  }

  static UploadBody body(Arena arena, byte[] content, int pieces) {
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

  /** Makes the next request go wrong, or skips the test. */
  void arrange(Change request, Fault fault) throws Exception {
    assumeTrue(goWrong(request, fault), () -> "the store cannot be made to " + fault);
  }

  /** A request that makes an object. */
  @FunctionalInterface
  interface Making {
    ObjectStat run(PutOptions options) throws StorageException;
  }

  /** Repeats a request until it is answered, as the kernel does. */
  static ObjectStat repeated(PutOptions options, Making request) throws StorageException {
    try {
      return request.run(options);
    } catch (StorageException e) {
      assertTrue(e.retryable(), message(e));
      return request.run(options.forRepeat());
    }
  }
}
