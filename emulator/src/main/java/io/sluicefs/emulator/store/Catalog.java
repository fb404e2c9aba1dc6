// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.ObjectStore;
import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** All buckets: the one store both dialects work on. */
public final class Catalog implements ObjectStore {
  private final Backing backing;
  private final Map<String, Bucket> buckets = new ConcurrentSkipListMap<>();
  private final Map<Content, String> sha256 = Collections.synchronizedMap(new WeakHashMap<>());

  public Catalog(Backing backing) throws IOException {
    this.backing = backing;
    List<StoredObject> all = new ArrayList<>();
    for (String name : backing.loadBuckets()) {
      Bucket bucket = new Bucket(name, Instant.now(), backing);
      List<StoredObject> objects = backing.loadObjects(name);
      objects.forEach(object -> bucket.objects().put(object.key(), object));
      all.addAll(objects);
      buckets.put(name, bucket);
    }
    backing.loaded(all);
  }

  public Bucket bucket(String name) {
    Bucket bucket = buckets.get(name);
    if (bucket == null) {
      throw new StoreException(404, "NoSuchBucket", "The specified bucket does not exist.");
    }
    return bucket;
  }

  public Collection<Bucket> all() {
    return buckets.values();
  }

  public ContentSink sink(long expected) throws IOException {
    return backing.sink(expected);
  }

  @Override
  public void createBucket(String name) {
    if (!name.matches("[a-z0-9][a-z0-9._-]{1,62}")) {
      throw new StoreException(400, "InvalidBucketName", "The specified bucket is not valid.");
    }
    buckets.computeIfAbsent(
        name,
        n -> {
          try {
            backing.createBucket(n);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          return new Bucket(n, Instant.now(), backing);
        });
  }

  public void deleteBucket(String name) throws IOException {
    if (!bucket(name).objects().isEmpty()) {
      throw new StoreException(
          409, "BucketNotEmpty", "The bucket you tried to delete is not empty.");
    }
    buckets.remove(name);
    backing.deleteBucket(name);
  }

  @Override
  public List<String> buckets() {
    return List.copyOf(buckets.keySet());
  }

  @Override
  public StoredObject put(String bucket, String key, byte[] content, Map<String, String> metadata)
      throws IOException {
    Bucket target = bucket(bucket);
    Receipt receipt = new Receipt(backing.sink(content.length));
    receipt.accept(ByteBuffer.wrap(content));
    Receipt.Received received = receipt.finish();
    ObjectHeaders headers = new ObjectHeaders(Map.of(), metadata, Map.of());
    return target.publish(
        ObjectDraft.of(key, received.etag(), headers, Map.of(), received.content()),
        Precondition.NONE);
  }

  @Override
  public StoredObject putSynthetic(String bucket, String key, byte[] head, long size, long seed)
      throws IOException {
    if (size < head.length) {
      throw new IllegalArgumentException(
          "size " + size + " is less than the " + head.length + " bytes of the head");
    }
    Content content = new RememberedCrc(synthetic(head, size, seed), null);
    String etag =
        Digests.md5Hex("synthetic " + seed + " " + size + " " + HexFormat.of().formatHex(head));
    return bucket(bucket)
        .publish(
            ObjectDraft.of(key, etag, ObjectHeaders.NONE, Map.of(), content), Precondition.NONE);
  }

  /**
   * A content that begins with the given bytes and goes on at random; the position on the ring does
   * not depend on the head.
   */
  static Content synthetic(byte[] head, long size, long seed) {
    Content whole = new SyntheticContent(RandomRing.start(seed), size);
    return head.length == 0
        ? whole
        : ConcatenatedContent.of(
            List.of(
                new MemoryContent(ByteBuffer.wrap(head.clone())),
                whole.slice(head.length, size - head.length)));
  }

  @Override
  public void delete(String bucket, String key) throws IOException {
    bucket(bucket).delete(key);
  }

  @Override
  public Optional<StoredObject> get(String bucket, String key) {
    return bucket(bucket).get(key);
  }

  @Override
  public List<String> keys(String bucket) {
    return List.copyOf(bucket(bucket).objects().keySet());
  }

  @Override
  public byte[] bytes(String bucket, String key) throws IOException {
    Content content = bucket(bucket).require(key).content();
    return bytes(content, 0, Math.toIntExact(content.size()));
  }

  @Override
  public byte[] bytes(String bucket, String key, long offset, int length) throws IOException {
    return bytes(bucket(bucket).require(key).content(), offset, length);
  }

  private static byte[] bytes(Content content, long offset, int length) throws IOException {
    byte[] bytes = new byte[length];
    content.read(offset, ByteBuffer.wrap(bytes));
    return bytes;
  }

  @Override
  public ReadableByteChannel channel(String bucket, String key) {
    return new ContentChannel(bucket(bucket).require(key).content());
  }

  @Override
  public String sha256(String bucket, String key) throws IOException {
    Content content = bucket(bucket).require(key).content();
    String known = sha256.get(content);
    if (known != null) {
      return known;
    }
    MessageDigest digest = Digests.sha256();
    ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
    for (long position = 0; position < content.size(); position += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), content.size() - position));
      content.read(position, buffer);
      digest.update(buffer.flip());
    }
    String computed = HexFormat.of().formatHex(digest.digest());
    sha256.put(content, computed);
    return computed;
  }
}
