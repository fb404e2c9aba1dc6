// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoredObject;
import java.io.IOException;
import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Keeps objects in a directory: {@code data/} has the contents in files of random names, {@code
 * buckets/<bucket>/} one description an object, named by the SHA-256 of its key, so that any key
 * can be kept beside any other. Descriptions are replaced by renaming; what a killed process left
 * in {@code data/} is deleted by the next one.
 */
public final class DirectoryBacking implements Backing {
  private static final Logger LOG = System.getLogger(DirectoryBacking.class.getName());
  private static final String SUFFIX = ".properties";

  private final Path data;
  private final Path buckets;
  private final Set<Path> unclaimed = ConcurrentHashMap.newKeySet();

  public DirectoryBacking(Path root) throws IOException {
    this.data = Files.createDirectories(root.resolve("data"));
    this.buckets = Files.createDirectories(root.resolve("buckets"));
  }

  private Path fresh() {
    return data.resolve(UUID.randomUUID().toString());
  }

  @Override
  public ContentSink sink(long expected) throws IOException {
    Path path = fresh();
    FileChannel file =
        FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    unclaimed.add(path);
    return new ContentSink() {
      private long size;

      @Override
      public void write(ByteBuffer bytes) throws IOException {
        size += bytes.remaining();
        while (bytes.hasRemaining()) {
          file.write(bytes);
        }
      }

      @Override
      public Content finish() throws IOException {
        file.close();
        return new FileContent(path, 0, size);
      }

      @Override
      public void discard() {
        try {
          file.close();
        } catch (IOException e) {
          LOG.log(Logger.Level.DEBUG, "cannot close " + path + ": " + e);
        }
        if (unclaimed.remove(path)) {
          delete(path);
        }
      }
    };
  }

  @Override
  public Content keep(Content content) throws IOException {
    Content bare = RememberedCrc.bare(content);
    Content kept =
        switch (bare) {
          case FileContent file when unclaimed.remove(file.path()) -> file;
          case FileContent file when file.start() == 0 && file.size() == Files.size(file.path()) ->
              linked(file);
          default -> StoredProperties.isSynthetic(bare) ? bare : copied(bare);
        };
    return kept.equals(content) ? content : new RememberedCrc(kept, content.crc64());
  }

  private Content linked(FileContent file) throws IOException {
    Path path = fresh();
    try {
      Files.createLink(path, file.path());
    } catch (UnsupportedOperationException e) {
      Files.copy(file.path(), path);
    }
    return new FileContent(path, 0, file.size());
  }

  private Content copied(Content content) throws IOException {
    Path path = fresh();
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(8 << 20, content.size()));
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
      for (long position = 0; position < content.size(); position += buffer.limit()) {
        buffer.clear().limit((int) Math.min(buffer.capacity(), content.size() - position));
        content.read(position, buffer);
        buffer.flip();
        while (buffer.hasRemaining()) {
          file.write(buffer);
        }
      }
    }
    return new FileContent(path, 0, content.size());
  }

  @Override
  public void release(Content content) {
    if (RememberedCrc.bare(content) instanceof FileContent file) {
      delete(file.path());
    }
  }

  @Override
  public void forget(Content content) {
    if (RememberedCrc.bare(content) instanceof FileContent file && unclaimed.remove(file.path())) {
      delete(file.path());
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.log(Logger.Level.WARNING, "cannot delete " + path + ": " + e);
    }
  }

  @Override
  public void createBucket(String bucket) throws IOException {
    Files.createDirectories(buckets.resolve(bucket));
  }

  @Override
  public void deleteBucket(String bucket) throws IOException {
    Files.delete(buckets.resolve(bucket));
  }

  private Path description(String bucket, String key) {
    return buckets
        .resolve(bucket)
        .resolve(Digests.sha256Hex(key.getBytes(StandardCharsets.UTF_8)) + SUFFIX);
  }

  @Override
  public void save(StoredObject object) throws IOException {
    Path temporary = fresh();
    StoredProperties.write(object, temporary);
    Files.move(
        temporary, description(object.bucket(), object.key()), StandardCopyOption.ATOMIC_MOVE);
  }

  @Override
  public void remove(String bucket, String key) throws IOException {
    Files.deleteIfExists(description(bucket, key));
  }

  @Override
  public List<String> loadBuckets() throws IOException {
    try (Stream<Path> folders = Files.list(buckets)) {
      return folders.map(folder -> folder.getFileName().toString()).sorted().toList();
    }
  }

  @Override
  public List<StoredObject> loadObjects(String bucket) throws IOException {
    List<StoredObject> objects = new ArrayList<>();
    try (Stream<Path> files = Files.list(buckets.resolve(bucket))) {
      for (Path file : files.filter(each -> each.toString().endsWith(SUFFIX)).toList()) {
        objects.add(StoredProperties.read(bucket, file, data));
      }
    }
    return objects;
  }

  @Override
  public void loaded(List<StoredObject> objects) throws IOException {
    Set<Path> used = new HashSet<>();
    for (StoredObject object : objects) {
      if (RememberedCrc.bare(object.content()) instanceof FileContent file) {
        used.add(file.path());
      }
    }
    try (Stream<Path> files = Files.list(data)) {
      files.filter(file -> !used.contains(file)).forEach(DirectoryBacking::delete);
    }
  }
}
