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
 * former ones are deleted. If a copy fails, the copies are deleted and nothing has changed. If a
 * former object cannot be deleted, the directory keeps its name and the copies are left: some of
 * them may be all there is.
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

  /**
   * Moves a directory.
   *
   * @param marked whether the new key has a marker, which stays if the move fails
   */
  void move(Inode directory, Inode newParent, String newName, String newKey, boolean marked)
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
      copies.undo(marked);
      throw e;
    }
    Set<String> gone = new HashSet<>();
    sources.forEach(source -> gone.add(source.id().key()));
    if (marked && !sources.isEmpty() && !gone.contains(oldKey)) {
      // The directory has no marker, and shall have none.
      gone.add(newKey);
    }
    Inode parent = directory.parent();
    String name = directory.name();
    List<Inode> unstored;
    try {
      unstored = rename(written, copies, gone);
    } catch (IOException | InterruptedException e) {
      if (takeBack(written, newKey, oldKey)) {
        copies.undo(marked);
      }
      throw e;
    }
    namespace.changes().moved(directory, newParent, newName, null);
    namespace.changes().rekeyed(directory, copies.made(), unstored);
    try {
      delete(List.copyOf(gone));
    } catch (StorageException e) {
      // Linux keeps the former name: it has to lead to what has it.
      Copies back = new Copies(newKey, oldKey);
      sources.forEach(back::add);
      unstored = rename(written, back, new HashSet<>());
      namespace.changes().moved(directory, parent, name, null);
      namespace.changes().rekeyed(directory, back.made(), unstored);
      namespace.changes().reappeared(newKey);
      LOG.log(
          System.Logger.Level.WARNING,
          "a rename failed, and its copies below {0} are left: {1}",
          newKey,
          e.getMessage());
      throw e;
    }
  }

  /**
   * Gives files that are being written their new keys.
   *
   * @param gone the keys whose objects are not needed any more are added
   * @return those the store does not have under their new keys yet
   */
  private List<Inode> rename(Map<Inode, WrittenFile> written, Copies copies, Set<String> gone)
      throws IOException, InterruptedException {
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
    return unstored;
  }

  /**
   * Gives files that are being written and have their new keys already the former ones again.
   *
   * @return false if one could not be: it is stored under its new key, beside the copies
   */
  private boolean takeBack(Map<Inode, WrittenFile> written, String there, String former) {
    Map<Inode, WrittenFile> moved = new HashMap<>(written);
    moved.values().removeIf(file -> !file.key().startsWith(there));
    boolean interrupted = Thread.interrupted();
    try {
      List<Inode> _ = rename(moved, new Copies(there, former), new HashSet<>());
      return true;
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a rename failed, and files that are being written, with the copies, are left below {0}:"
              + " {1}",
          there,
          e.getMessage());
      return false;
    } catch (InterruptedException e) {
      interrupted = true;
      return false;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
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

    void undo(boolean marked) {
      boolean interrupted = Thread.interrupted();
      try {
        delete(
            made().stream()
                .map(copy -> copy.id().key())
                .filter(key -> !(marked && key.equals(newKey)))
                .toList());
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
