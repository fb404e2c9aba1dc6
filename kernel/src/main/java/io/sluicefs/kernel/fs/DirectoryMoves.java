// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.write.FileWriters;
import io.sluicefs.kernel.write.StoredObject;
import io.sluicefs.kernel.write.WrittenFile;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Renames directories: every object below is copied to its new key, several at once, then the
 * former ones are deleted. If a copy fails, the copies are deleted and nothing has changed.
 */
final class DirectoryMoves {
  private static final System.Logger LOG = System.getLogger("io.sluicefs.kernel.fs");
  private static final int COPIES_AT_ONCE = 32;
  private static final int DELETED_AT_ONCE = 1000;

  private final Namespace namespace;
  private final Transport transport;
  private final FileWriters writers;
  private final OpenFiles files;
  private final Removals removals;
  private final int limit;

  /**
   * Creates the renaming of directories.
   *
   * @param limit most objects in a directory that is renamed
   */
  DirectoryMoves(
      Namespace namespace,
      Transport transport,
      FileWriters writers,
      OpenFiles files,
      Removals removals,
      int limit) {
    this.namespace = namespace;
    this.transport = transport;
    this.writers = writers;
    this.files = files;
    this.removals = removals;
    this.limit = limit;
  }

  void move(Inode directory, Inode newParent, String newName, String newKey)
      throws IOException, FuseException, InterruptedException {
    String oldKey = directory.key();
    Copies copies = new Copies(oldKey, newKey);
    Map<Inode, WrittenFile> written = writtenBelow(oldKey);
    Set<String> returns = new HashSet<>();
    for (WrittenFile file : written.values()) {
      String target = copies.target(file.key());
      if (file.formerKeys().contains(target)) {
        returns.add(target);
      }
    }
    removals.finishBelow(newKey, returns);
    List<ObjectStat> sources = objectsBelow(oldKey, keys(written.values()));
    try {
      copies.makeAll(sources);
    } catch (StorageException | InterruptedException e) {
      copies.undo();
      throw e;
    }
    Set<String> gone = new HashSet<>();
    sources.forEach(source -> gone.add(source.id().key()));
    List<Inode> unstored = new ArrayList<>();
    for (Map.Entry<Inode, WrittenFile> entry : written.entrySet()) {
      WrittenFile file = entry.getValue();
      String key = file.key();
      String target = copies.target(key);
      ObjectStat copy = file.rename(target, writers::copy);
      removals.unreserve(target);
      if (copy == null) {
        unstored.add(entry.getKey());
      } else {
        copies.add(copy);
        gone.add(key);
      }
      if (file.formerKeys().contains(key)) {
        removals.reserve(key, file);
      }
    }
    namespace.changes().moved(directory, newParent, newName, null);
    namespace.changes().rekeyed(directory, copies.made(), unstored);
    delete(List.copyOf(gone));
  }

  private Map<Inode, WrittenFile> writtenBelow(String prefix) {
    Map<Inode, WrittenFile> below = new HashMap<>();
    files.forEachWritten(
        handle -> {
          WrittenFile file = handle.written();
          if (file != null && !handle.inode().isDetached() && file.key().startsWith(prefix)) {
            below.put(handle.inode(), file);
          }
        });
    return below;
  }

  private static Set<String> keys(Collection<WrittenFile> files) {
    return files.stream().map(WrittenFile::key).collect(Collectors.toSet());
  }

  private List<ObjectStat> objectsBelow(String prefix, Set<String> except)
      throws StorageException, FuseException {
    List<ObjectStat> all = new ArrayList<>();
    ListRequest request = new ListRequest(prefix, "", null, ListRequest.MAX_KEYS);
    while (true) {
      ListPage page = transport.list(request);
      for (ObjectStat stat : page.objects()) {
        if (!except.contains(stat.id().key()) && !removals.isWaiting(stat.id().key())) {
          all.add(stat);
        }
      }
      if (all.size() > limit) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} is not renamed: it has more than {1} objects (write.rename-limit)",
            prefix,
            limit);
        throw new FuseException(Errno.ENOTSUP);
      }
      String token = page.nextToken();
      if (token == null) {
        return all;
      }
      request = request.after(token);
    }
  }

  private void delete(List<String> keys) throws StorageException {
    for (int at = 0; at < keys.size(); at += DELETED_AT_ONCE) {
      transport.delete(keys.subList(at, Math.min(keys.size(), at + DELETED_AT_ONCE)));
    }
  }

  /** The copies of one rename. */
  private final class Copies {
    private final String oldKey;
    private final String newKey;
    private final Semaphore slots = new Semaphore(COPIES_AT_ONCE);

    @GuardedBy("this")
    private final List<ObjectStat> made = new ArrayList<>();

    @GuardedBy("this")
    private @Nullable StorageException failure;

    Copies(String oldKey, String newKey) {
      this.oldKey = oldKey;
      this.newKey = newKey;
    }

    /** Returns where a key of the directory is afterwards. */
    String target(String key) {
      return newKey + key.substring(oldKey.length());
    }

    void makeAll(List<ObjectStat> sources) throws StorageException, InterruptedException {
      try {
        for (ObjectStat source : sources) {
          slots.acquire();
          if (failed() != null) {
            slots.release();
            break;
          }
          Thread.ofVirtual().name("sluice-copy").start(() -> make(source));
        }
      } finally {
        slots.acquireUninterruptibly(COPIES_AT_ONCE);
      }
      StorageException known = failed();
      if (known != null) {
        throw known;
      }
    }

    private void make(ObjectStat source) {
      try {
        String target = target(source.id().key());
        if (source.type() == ObjectStat.Type.SYMLINK) {
          String link = transport.readSymlink(source.id().key());
          add(transport.putSymlink(target, link, PutOptions.REPLACE));
        } else {
          add(writers.copy(StoredObject.of(source), target));
        }
      } catch (StorageException e) {
        fail(e);
      } catch (RuntimeException e) {
        fail(new StorageException(Kind.INVALID_REQUEST, "copying failed: " + e, e));
      } finally {
        slots.release();
      }
    }

    synchronized void add(ObjectStat copy) {
      made.add(copy);
    }

    private synchronized void fail(StorageException e) {
      if (failure == null) {
        failure = e;
      }
    }

    private synchronized @Nullable StorageException failed() {
      return failure;
    }

    synchronized List<ObjectStat> made() {
      return List.copyOf(made);
    }

    void undo() {
      boolean interrupted = Thread.interrupted();
      try {
        delete(made().stream().map(copy -> copy.id().key()).toList());
      } catch (StorageException e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "a rename failed, and not all copies below {0} could be deleted: {1}",
            newKey,
            e.getMessage());
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
