// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.transport.directory;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A directory as a bucket: each file below it is an object whose key is its path. A version is told
 * by inode, size and time, so files are to be replaced and not rewritten where they are read.
 */
final class DirectoryTransport implements Transport {
  /** How much is read between two looks at whether to go on. */
  private static final int PIECE = 1 << 20;

  private static final Set<String> NO_NAMES = Set.of("", ".", "..");

  private final Path bucket;
  private volatile boolean closed;

  DirectoryTransport(Path bucket) {
    this.bucket = bucket;
  }

  @Override
  public String location() {
    return "directory://" + bucket;
  }

  @Override
  public TransportCapabilities capabilities() {
    return TransportCapabilities.readOnly();
  }

  @Override
  public ObjectStat head(String key) throws StorageException {
    checkUsable();
    try {
      return stat(key, file(key));
    } catch (IOException e) {
      throw failure(key, e);
    }
  }

  private static ObjectStat stat(String key, Path file) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(file, "unix:ino,size,lastModifiedTime,isRegularFile");
    if (!Boolean.TRUE.equals(attributes.get("isRegularFile"))) {
      throw new NoSuchFileException(file.toString());
    }
    long size = (Long) attributes.get("size");
    FileTime modified = (FileTime) attributes.get("lastModifiedTime");
    String etag =
        "%x-%x-%x%09x"
            .formatted(
                (Long) attributes.get("ino"),
                size,
                modified.toInstant().getEpochSecond(),
                modified.toInstant().getNano());
    return new ObjectStat(
        new ObjectId(key, etag), size, modified.toInstant(), ObjectStat.Type.DATA, Map.of());
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    checkUsable();
    boolean deep = request.delimiter().isEmpty();
    if (!deep && !request.delimiter().equals("/")) {
      throw new StorageException(Kind.INVALID_REQUEST, location() + ": the delimiter is a slash");
    }
    if (!Files.isDirectory(bucket)) {
      throw new StorageException(Kind.NO_SUCH_BUCKET, location() + ": no such directory");
    }
    Listing listing = new Listing(request);
    try {
      collect(request.prefix().substring(0, request.prefix().lastIndexOf('/') + 1), deep, listing);
      List<String> keys = listing.page();
      List<ObjectStat> objects = new ArrayList<>();
      List<String> prefixes = new ArrayList<>();
      for (String key : keys) {
        if (key.endsWith("/")) {
          prefixes.add(key);
        } else {
          add(key, objects);
        }
      }
      return new ListPage(objects, prefixes, listing.isLast() ? null : keys.getLast());
    } catch (IOException e) {
      throw failure(request.prefix(), e);
    }
  }

  /** Adds an object unless it went since its directory was read. */
  private void add(String key, List<ObjectStat> objects) throws IOException {
    try {
      objects.add(stat(key, file(key)));
    } catch (NoSuchFileException e) {
      // Gone, and so not listed.
    }
  }

  private void collect(String parent, boolean deep, Listing listing) throws IOException {
    Path directory = file(parent);
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      for (Path child : children) {
        String key = parent + child.getFileName();
        boolean isDirectory = Files.isDirectory(child);
        if (isDirectory && deep) {
          collect(key + "/", true, listing);
        } else {
          listing.offer(isDirectory ? key + "/" : key);
        }
      }
    }
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    checkUsable();
    try (FileChannel channel = FileChannel.open(file(id.key()), StandardOpenOption.READ)) {
      // After it was opened: what is compared is not older than what is read.
      checkVersion(id);
      long at = range.start();
      for (ByteBuffer buffer : target) {
        while (buffer.hasRemaining()) {
          int limit = buffer.limit();
          buffer.limit(Math.min(limit, buffer.position() + PIECE));
          int read = channel.read(buffer, at);
          buffer.limit(limit);
          if (read < 0) {
            throw changed(id);
          }
          at += read;
          progress.filled(at - range.start());
        }
      }
    } catch (IOException e) {
      throw failure(id.key(), e);
    }
  }

  private void checkVersion(ObjectId id) throws IOException {
    if (!stat(id.key(), file(id.key())).id().equals(id)) {
      throw changed(id);
    }
  }

  private StorageException changed(ObjectId id) {
    return new StorageException(
        Kind.PRECONDITION_FAILED, "%s/%s: another version now".formatted(location(), id.key()));
  }

  /** Returns the file of a key; names that no file can have are those of no object. */
  private Path file(String key) throws IOException {
    String path = key.endsWith("/") ? key.substring(0, key.length() - 1) : key;
    if (path.isEmpty()) {
      return bucket;
    }
    for (String name : path.split("/", -1)) {
      if (NO_NAMES.contains(name)) {
        throw new NoSuchFileException(key);
      }
    }
    try {
      return bucket.resolve(path);
    } catch (InvalidPathException e) {
      throw new NoSuchFileException(key);
    }
  }

  private void checkUsable() throws StorageException {
    if (Thread.currentThread().isInterrupted()) {
      throw new StorageException(Kind.CANCELLED, location() + ": interrupted");
    }
    if (closed) {
      throw new StorageException(Kind.UNREACHABLE, location() + ": closed");
    }
  }

  private StorageException failure(String key, IOException e) {
    String what = location() + "/" + key;
    return switch (e) {
      case StorageException known -> known;
      case ClosedByInterruptException interrupt ->
          new StorageException(Kind.CANCELLED, what + ": interrupted", interrupt);
      case NoSuchFileException absent ->
          new StorageException(Kind.NOT_FOUND, what + ": no such file", absent);
      case NotDirectoryException absent ->
          new StorageException(Kind.NOT_FOUND, what + ": no such file", absent);
      case AccessDeniedException denied ->
          new StorageException(Kind.ACCESS_DENIED, what + ": not readable for this user", denied);
      default ->
          e.getMessage() != null && e.getMessage().contains("Not a directory")
              ? new StorageException(Kind.NOT_FOUND, what + ": no such file", e)
              : new StorageException(Kind.SERVER_ERROR, what + ": " + e.getMessage(), e);
    };
  }

  @Override
  public void close() {
    closed = true;
  }
}
