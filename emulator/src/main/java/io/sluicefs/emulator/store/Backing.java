// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoredObject;
import java.io.IOException;
import java.util.List;

/**
 * Where contents live and what outlives the process. Calls for one bucket never overlap, but for
 * sinks.
 */
public interface Backing {
  /**
   * Begins a content.
   *
   * @param expected bytes that will come as far as is known
   */
  ContentSink sink(long expected) throws IOException;

  /** The content in the form it is kept in as an object of its own, whatever it shared before. */
  Content keep(Content content) throws IOException;

  /** The content was received and will not be kept; does nothing to one that is kept. */
  void forget(Content content);

  /** Whatever the kept content occupies is not needed any more. */
  void release(Content content);

  void createBucket(String bucket) throws IOException;

  void deleteBucket(String bucket) throws IOException;

  /** Records the object as the one of its key. */
  void save(StoredObject object) throws IOException;

  /** Records that the key has no object. */
  void remove(String bucket, String key) throws IOException;

  /** Buckets of an earlier process. */
  List<String> loadBuckets() throws IOException;

  List<StoredObject> loadObjects(String bucket) throws IOException;

  /** These are all objects there are: whatever else is kept belongs to none. */
  void loaded(List<StoredObject> objects) throws IOException;
}
