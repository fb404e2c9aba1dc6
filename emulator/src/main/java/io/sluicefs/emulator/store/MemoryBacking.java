// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoredObject;
import java.util.List;

/** Keeps contents in memory; nothing outlives the process. */
public final class MemoryBacking implements Backing {
  @Override
  public ContentSink sink(long expected) {
    return new MemorySink(expected);
  }

  @Override
  public Content keep(Content content) {
    return content;
  }

  @Override
  public void forget(Content content) {}

  @Override
  public void release(Content content) {}

  @Override
  public void createBucket(String bucket) {}

  @Override
  public void deleteBucket(String bucket) {}

  @Override
  public void save(StoredObject object) {}

  @Override
  public void remove(String bucket, String key) {}

  @Override
  public List<String> loadBuckets() {
    return List.of();
  }

  @Override
  public List<StoredObject> loadObjects(String bucket) {
    return List.of();
  }

  @Override
  public void loaded(List<StoredObject> objects) {}
}
