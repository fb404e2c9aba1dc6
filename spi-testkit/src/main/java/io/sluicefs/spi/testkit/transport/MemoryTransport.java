// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
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
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A bucket in memory for tests: keys in the order of their UTF-8 bytes, pages, delimiters and
 * conditional reads as a store has them. It counts requests, can be told to fail some, and can hold
 * them until the test lets them go.
 */
public final class MemoryTransport implements Transport {
  /** What a request asks for. */
  public enum Operation {
    /** {@link Transport#head}, {@link Transport#readSymlink}. */
    HEAD,
    /** {@link Transport#list}. */
    LIST,
    /** {@link Transport#read}. */
    READ,
    /** {@link Transport#put}, {@link Transport#putSymlink}. */
    PUT,
    /** {@link Transport#copy}. */
    COPY,
    /** {@link Transport#delete}. */
    DELETE,
    /** {@link Transport#startMultipartUpload}. */
    START_UPLOAD,
    /** {@link MultipartUpload#uploadPart}. */
    UPLOAD_PART,
    /** {@link MultipartUpload#uploadPartCopy}. */
    COPY_PART,
    /** {@link MultipartUpload#complete}. */
    COMPLETE_UPLOAD,
    /** {@link Transport#listUploads}. */
    LIST_UPLOADS,
    /** {@link Transport#abortUpload}. */
    ABORT_UPLOAD
  }

  /** Decides about a request before it is carried out; may wait, and may fail it. */
  @FunctionalInterface
  public interface Gate {
    /**
     * Lets a request pass, or fails it.
     *
     * @param key the key or prefix it is about
     */
    void pass(Operation operation, String key) throws StorageException, InterruptedException;
  }

  private static final class StoredObject {
    private final byte[] bytes;
    private final String etag;
    private final Instant modified;
    private final ObjectStat.Type type;
    private final Map<String, String> metadata;

    StoredObject(
        byte[] bytes, Instant modified, ObjectStat.Type type, Map<String, String> metadata) {
      this.bytes = bytes;
      this.etag = etagOf(bytes);
      // Stores keep milliseconds.
      this.modified = Instant.ofEpochMilli(modified.toEpochMilli());
      this.type = type;
      this.metadata = metadata;
    }

    boolean isMadeOf(byte[] others, ObjectStat.Type kind, Map<String, String> attributes) {
      return Arrays.equals(bytes, others) && type == kind && metadata.equals(attributes);
    }

    ObjectStat stat(String key, boolean listed) {
      return new ObjectStat(
          new ObjectId(key, etag), bytes.length, modified, type, listed ? Map.of() : metadata);
    }
  }

  /** Bytes between two reports of progress. */
  private static final int PIECE = 256 << 10;

  private static final TransportCapabilities CAPABILITIES =
      new TransportCapabilities(
          EnumSet.of(
              Feature.WRITE, Feature.MULTIPART, Feature.COPY, Feature.CREATE_ONLY, Feature.SYMLINK),
          1L << 30,
          64 << 10,
          1L << 30,
          10_000,
          1L << 30);

  @GuardedBy("this")
  private final NavigableMap<String, StoredObject> objects =
      new TreeMap<>(MemoryTransport::compareUtf8);

  @GuardedBy("this")
  private final Map<Operation, Long> counts = new EnumMap<>(Operation.class);

  @GuardedBy("this")
  private long readBytes;

  private final MemoryUploads uploads = new MemoryUploads(new Contents());

  @GuardedBy("this")
  private @Nullable Operation losing;

  private volatile TransportCapabilities capabilities = CAPABILITIES;
  private volatile Gate gate = (operation, key) -> {};
  private volatile boolean closed;

  /** Creates an empty bucket. */
  public MemoryTransport() {}

  /** Makes this a store that lacks something, before it is asked what it can do. */
  public void withdraw(Feature feature) {
    EnumSet<Feature> left = EnumSet.copyOf(CAPABILITIES.features());
    left.remove(feature);
    capabilities =
        new TransportCapabilities(
            left,
            CAPABILITIES.maxPutSize(),
            CAPABILITIES.minPartSize(),
            CAPABILITIES.maxPartSize(),
            CAPABILITIES.maxParts(),
            CAPABILITIES.maxCopySize());
  }

  /** Makes this a store that copies no more than some bytes at once, before it is asked. */
  public void copyAtOnce(long most) {
    capabilities =
        new TransportCapabilities(
            CAPABILITIES.features(),
            CAPABILITIES.maxPutSize(),
            CAPABILITIES.minPartSize(),
            CAPABILITIES.maxPartSize(),
            CAPABILITIES.maxParts(),
            most);
  }

  /** Stores an object, last modified now. */
  public ObjectStat put(String key, byte[] bytes) {
    return put(key, bytes, Instant.now());
  }

  /** Stores an object with a given time. */
  public ObjectStat put(String key, byte[] bytes, Instant modified) {
    return store(key, bytes.clone(), modified, ObjectStat.Type.DATA, Map.of());
  }

  /** Stores an object with user metadata. */
  public ObjectStat put(String key, byte[] bytes, Map<String, String> metadata) {
    return store(key, bytes.clone(), Instant.now(), ObjectStat.Type.DATA, metadata);
  }

  /** Stores an object of a text in UTF-8. */
  public ObjectStat put(String key, String text) {
    return put(key, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Stores an object that points to another. */
  public ObjectStat putSymlink(String key, String target) {
    byte[] bytes = target.getBytes(StandardCharsets.UTF_8);
    return store(key, bytes, Instant.now(), ObjectStat.Type.SYMLINK, Map.of());
  }

  /** Begins an upload as if at a given time, which nobody will complete. */
  public PendingUpload addUpload(String key, Instant started) {
    return uploads.add(key, started);
  }

  /** Removes an object; it need not be there. */
  public synchronized void remove(String key) {
    objects.remove(key);
  }

  /** Returns the keys there are, in order; counts no request. */
  public synchronized List<String> keys() {
    return List.copyOf(objects.keySet());
  }

  /** Returns the bytes of an object that is there; counts no request. */
  public synchronized byte[] content(String key) {
    return Objects.requireNonNull(objects.get(key), key).bytes.clone();
  }

  /** Returns how many uploads are neither completed nor aborted; counts no request. */
  public int pendingUploads() {
    return uploads.count();
  }

  /** Asks {@code next} about every request from now on. */
  public void setGate(Gate next) {
    gate = next;
  }

  /** Lets every request pass again. */
  public void openGate() {
    gate = (operation, key) -> {};
  }

  /** Carries out the next put, copy or delete, and fails it afterwards. */
  public synchronized void loseNextAnswer(Operation operation) {
    losing = operation;
  }

  /** Fails every request of one kind until {@link #openGate}. */
  public void fail(Operation operation, Kind kind) {
    gate =
        (asked, key) -> {
          if (asked == operation) {
            throw new StorageException(kind, "the test fails " + asked + " of " + key);
          }
        };
  }

  /** Returns how many requests of one kind were sent, failed ones included. */
  public synchronized long count(Operation operation) {
    return counts.getOrDefault(operation, 0L);
  }

  /** Returns how many requests were sent in all, failed ones included. */
  public synchronized long count() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns how many bytes were read. */
  public synchronized long readBytes() {
    return readBytes;
  }

  /** Counts from 0 again. */
  public synchronized void resetCounts() {
    counts.clear();
    readBytes = 0;
  }

  @Override
  public String location() {
    return "memory://bucket";
  }

  @Override
  public TransportCapabilities capabilities() {
    return capabilities;
  }

  @Override
  public ObjectStat head(String key) throws StorageException {
    pass(Operation.HEAD, key);
    return find(key).stat(key, false);
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    pass(Operation.LIST, request.prefix());
    return page(request);
  }

  private synchronized ListPage page(ListRequest request) {
    List<ObjectStat> found = new ArrayList<>();
    List<String> prefixes = new ArrayList<>();
    String prefix = request.prefix();
    String after = request.token();
    Map.Entry<String, StoredObject> next =
        after == null ? objects.ceilingEntry(prefix) : objects.higherEntry(after);
    String last = after;
    while (next != null && next.getKey().startsWith(prefix)) {
      if (found.size() + prefixes.size() == request.maxKeys()) {
        return new ListPage(found, prefixes, last);
      }
      String key = next.getKey();
      int delimiter =
          request.delimiter().isEmpty() ? -1 : key.indexOf(request.delimiter(), prefix.length());
      if (delimiter < 0) {
        found.add(next.getValue().stat(key, true));
        last = key;
        next = objects.higherEntry(key);
      } else {
        String common = key.substring(0, delimiter + request.delimiter().length());
        prefixes.add(common);
        last = lastBelow(common);
        next = objects.higherEntry(last);
      }
    }
    return new ListPage(found, prefixes, null);
  }

  /** Returns the last key that starts with {@code common}; there is at least one. */
  @GuardedBy("this")
  private String lastBelow(String common) {
    // No key sorts between common + U+10FFFF... and what follows the prefix.
    String key = objects.lowerKey(common + "\uDBFF\uDFFF".repeat(300));
    return key == null ? common : key;
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    pass(Operation.READ, id.key());
    StoredObject object = find(id.key());
    if (!object.etag.equals(id.etag())) {
      throw new StorageException(
          Kind.PRECONDITION_FAILED, id.key() + " is " + object.etag + ", not " + id.etag());
    }
    if (range.end() > object.bytes.length) {
      throw new StorageException(Kind.INVALID_REQUEST, range + " is not within " + id.key());
    }
    copy(object.bytes, range, target, progress, id.key());
    synchronized (this) {
      readBytes += range.length();
    }
  }

  private static void copy(
      byte[] bytes, ByteRange range, ByteBuffer[] target, ReadProgress progress, String key)
      throws StorageException {
    int at = (int) range.start();
    for (ByteBuffer buffer : target) {
      while (buffer.hasRemaining() && at < range.end()) {
        int part = (int) Math.min(PIECE, Math.min(buffer.remaining(), range.end() - at));
        buffer.put(bytes, at, part);
        at += part;
        progress.filled(at - range.start());
        if (Thread.currentThread().isInterrupted() && at < range.end()) {
          throw new StorageException(Kind.CANCELLED, "READ of " + key + " interrupted");
        }
      }
    }
  }

  @Override
  public ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    pass(Operation.PUT, key);
    return answered(Operation.PUT, create(key, options, bytes(body), ObjectStat.Type.DATA));
  }

  private static byte[] bytes(UploadBody body) {
    byte[] bytes = new byte[Math.toIntExact(body.length())];
    int at = 0;
    for (MemorySegment segment : body.segments()) {
      MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, 0, bytes, at, (int) segment.byteSize());
      at += (int) segment.byteSize();
    }
    return bytes;
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  public MultipartUpload startMultipartUpload(String key, PutOptions options)
      throws StorageException {
    return uploads.start(key, options);
  }

  @Override
  public List<PendingUpload> listUploads(String prefix) throws StorageException {
    return uploads.list(prefix);
  }

  @Override
  public void abortUpload(PendingUpload upload) throws StorageException {
    uploads.abort(upload);
  }

  @Override
  public ObjectStat copy(ObjectId source, long size, String targetKey, PutOptions options)
      throws StorageException {
    pass(Operation.COPY, targetKey);
    StoredObject object = find(source.key());
    if (!object.etag.equals(source.etag())) {
      throw new StorageException(
          Kind.PRECONDITION_FAILED, source.key() + " is not " + source.etag() + " any more");
    }
    PutOptions stored =
        options.describe()
            ? options
            : new PutOptions(options.createOnly(), "", object.metadata, options.repeated());
    return answered(Operation.COPY, create(targetKey, stored, object.bytes, object.type));
  }

  @Override
  public ObjectStat putSymlink(String key, String target, PutOptions options)
      throws StorageException {
    pass(Operation.PUT, key);
    if (target.isEmpty()) {
      throw new StorageException(Kind.INVALID_REQUEST, "the link " + key + " points nowhere");
    }
    byte[] bytes = target.getBytes(StandardCharsets.UTF_8);
    return answered(Operation.PUT, create(key, options, bytes, ObjectStat.Type.SYMLINK));
  }

  @Override
  public String readSymlink(String key) throws StorageException {
    pass(Operation.HEAD, key);
    StoredObject object = find(key);
    if (object.type != ObjectStat.Type.SYMLINK) {
      throw new StorageException(Kind.INVALID_REQUEST, key + " is no symbolic link");
    }
    return new String(object.bytes, StandardCharsets.UTF_8);
  }

  private ObjectStat answered(Operation operation, ObjectStat made) throws StorageException {
    answer(operation, made.id().key());
    return made;
  }

  private synchronized void answer(Operation operation, String key) throws StorageException {
    if (losing == operation) {
      losing = null;
      throw new StorageException(
          Kind.UNREACHABLE, "the test loses the answer to " + operation + " of " + key);
    }
  }

  private synchronized ObjectStat create(
      String key, PutOptions options, byte[] bytes, ObjectStat.Type type) throws StorageException {
    StoredObject there = objects.get(key);
    if (options.createOnly() && there != null) {
      if (options.repeated() && there.isMadeOf(bytes, type, options.metadata())) {
        return there.stat(key, false);
      }
      throw new StorageException(Kind.ALREADY_EXISTS, key + " exists");
    }
    return store(key, bytes, Instant.now(), type, options.metadata());
  }

  @Override
  public void delete(List<String> keys) throws StorageException {
    pass(Operation.DELETE, keys.isEmpty() ? "" : keys.getFirst());
    synchronized (this) {
      keys.forEach(objects::remove);
    }
    answer(Operation.DELETE, keys.isEmpty() ? "" : keys.getFirst());
  }

  @Override
  public void close() {
    closed = true;
  }

  /** What its uploads are made with. */
  private final class Contents implements MemoryUploads.Bucket {
    @Override
    public void pass(Operation operation, String key) throws StorageException {
      MemoryTransport.this.pass(operation, key);
    }

    @Override
    public byte[] content(ObjectId id) throws StorageException {
      StoredObject object = find(id.key());
      if (!object.etag.equals(id.etag())) {
        throw new StorageException(
            Kind.PRECONDITION_FAILED, id.key() + " is not " + id.etag() + " any more");
      }
      return object.bytes;
    }

    @Override
    public byte[] content(UploadBody body) {
      return bytes(body);
    }

    @Override
    public String etag(byte[] content) {
      return etagOf(content);
    }

    @Override
    public ObjectStat create(String key, PutOptions options, byte[] content)
        throws StorageException {
      return MemoryTransport.this.create(key, options, content, ObjectStat.Type.DATA);
    }
  }

  private void pass(Operation operation, String key) throws StorageException {
    synchronized (this) {
      counts.merge(operation, 1L, Long::sum);
    }
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      gate.pass(operation, key);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, operation + " of " + key + " interrupted", e);
    }
    if (closed) {
      throw new StorageException(Kind.UNREACHABLE, "the transport is closed");
    }
  }

  private synchronized StoredObject find(String key) throws StorageException {
    @Nullable StoredObject object = objects.get(key);
    if (object == null) {
      throw new StorageException(Kind.NOT_FOUND, "there is no object " + key);
    }
    return object;
  }

  private synchronized ObjectStat store(
      String key, byte[] bytes, Instant time, ObjectStat.Type type, Map<String, String> metadata) {
    StoredObject object = new StoredObject(bytes, time, type, metadata);
    objects.put(key, object);
    return object.stat(key, false);
  }

  private static String etagOf(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Compares as the UTF-8 bytes do, which is the order of code points. */
  private static int compareUtf8(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean pair = Character.isSurrogate(x);
        return pair == Character.isSurrogate(y) ? Character.compare(x, y) : pair ? 1 : -1;
      }
    }
    return Integer.compare(a.length(), b.length());
  }
}
