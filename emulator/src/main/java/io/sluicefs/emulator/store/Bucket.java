// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The objects and pending uploads of one bucket. Readers never wait; writers of one bucket take
 * turns.
 */
public final class Bucket {
  private final String name;
  private final Instant created;
  private final Backing backing;
  private final NavigableMap<String, StoredObject> objects =
      new ConcurrentSkipListMap<>(KeyOrder.UTF_8);
  private final Uploads uploads;
  private final ReentrantLock writing = new ReentrantLock();

  Bucket(String name, Instant created, Backing backing) {
    this.name = name;
    this.created = created;
    this.backing = backing;
    this.uploads = new Uploads(this, backing);
  }

  public String name() {
    return name;
  }

  public Instant created() {
    return created;
  }

  public Uploads uploads() {
    return uploads;
  }

  /** All objects in the order of listings; a live view. */
  public NavigableMap<String, StoredObject> objects() {
    return objects;
  }

  public Optional<StoredObject> get(String key) {
    return Optional.ofNullable(objects.get(key));
  }

  public StoredObject require(String key) {
    StoredObject object = objects.get(key);
    if (object == null) {
      throw new StoreException(404, "NoSuchKey", "The specified key does not exist.");
    }
    return object;
  }

  /**
   * Makes the draft the object of its key. The draft's content is kept as it should be or released.
   */
  public StoredObject publish(ObjectDraft draft, Precondition precondition) throws IOException {
    writing.lock();
    try {
      return publishLocked(draft, precondition);
    } finally {
      writing.unlock();
    }
  }

  private StoredObject publishLocked(ObjectDraft draft, Precondition precondition)
      throws IOException {
    StoredObject before = objects.get(draft.key());
    try {
      precondition.check(before);
    } catch (StoreException e) {
      backing.forget(draft.content());
      throw e;
    }
    StoredObject object = draft.stored(name, backing.keep(draft.content()));
    backing.save(object);
    objects.put(object.key(), object);
    if (before != null && !before.content().equals(object.content())) {
      backing.release(before.content());
    }
    return object;
  }

  /** Replaces what is said about an object, not its bytes. */
  public StoredObject describe(String key, UnaryOperator<StoredObject> change) throws IOException {
    writing.lock();
    try {
      StoredObject changed = change.apply(require(key));
      backing.save(changed);
      objects.put(key, changed);
      return changed;
    } finally {
      writing.unlock();
    }
  }

  /**
   * Puts bytes behind those of an object, or begins one with them; no other write of the bucket
   * happens meanwhile.
   */
  public StoredObject append(String key, Content piece, Continuation continuation)
      throws IOException {
    writing.lock();
    try {
      StoredObject current = objects.get(key);
      ObjectDraft draft;
      try {
        draft = continuation.next(current);
      } catch (StoreException e) {
        backing.forget(piece);
        throw e;
      }
      if (current == null) {
        return publishLocked(draft, Precondition.NONE);
      }
      Content whole =
          new RememberedCrc(
              ConcatenatedContent.of(List.of(current.content(), piece)),
              Crc64.Variant.XZ
                  .algebra()
                  .combine(current.content().crc64(), piece.crc64(), piece.size()));
      StoredObject longer = publishLocked(draft.withContent(whole), Precondition.NONE);
      backing.forget(piece);
      return longer;
    } finally {
      writing.unlock();
    }
  }

  /** Describes the object that an append makes of the present one, which may be refused. */
  @FunctionalInterface
  public interface Continuation {
    ObjectDraft next(@Nullable StoredObject current);
  }

  /** Deletes an object; false when there was none. */
  public boolean delete(String key) throws IOException {
    writing.lock();
    try {
      StoredObject before = objects.get(key);
      if (before == null) {
        return false;
      }
      backing.remove(name, key);
      objects.remove(key);
      backing.release(before.content());
      return true;
    } finally {
      writing.unlock();
    }
  }
}
