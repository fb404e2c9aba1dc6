// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PresentBytes;
import io.sluicefs.spi.prefetch.ReadAhead;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Plans each handle by the tensors of its file. What was found out of a file is kept after its
 * handles are closed: the next process to open it may find its head in Linux's page cache, and then
 * nobody reads it here.
 */
final class ModelPrefetcher implements Prefetcher {
  /** Files remembered; of those with tables the newest, of so many tensors together. */
  private static final int MOST_FILES = 1024;

  private static final int MOST_TENSORS = 4 * TensorTableBuilder.MOST_TENSORS;

  private volatile ModelPrefetchConfig config;

  @GuardedBy("this")
  private final LinkedHashMap<ObjectId, Recognition> files = new LinkedHashMap<>();

  ModelPrefetcher(ModelPrefetchConfig config) {
    this.config = config;
  }

  @Override
  public ReadAhead open(ObjectId id, long size) {
    return open(id, size, PresentBytes.NONE);
  }

  @Override
  public ReadAhead open(ObjectId id, long size, PresentBytes present) {
    return new ModelReadAhead(recognition(id, size), size, present, config);
  }

  private synchronized Recognition recognition(ObjectId id, long size) {
    Recognition known = files.remove(id);
    Recognition recognition =
        known == null ? new Recognition(id.key(), size, config.maxHeader()) : known;
    files.putLast(id, recognition);
    forgetOldest();
    return recognition;
  }

  @GuardedBy("this")
  private void forgetOldest() {
    long tensors = 0;
    for (Recognition recognition : files.values()) {
      TensorTable table = recognition.table();
      tensors += table == null ? 0 : table.count();
    }
    while (files.size() > MOST_FILES || (tensors > MOST_TENSORS && files.size() > 1)) {
      Map.Entry<ObjectId, Recognition> oldest = files.pollFirstEntry();
      TensorTable table = oldest.getValue().table();
      tensors -= table == null ? 0 : table.count();
    }
  }

  @Override
  public PrefetchLimits limits() {
    return config.limits();
  }

  @Override
  public void reconfigure(PluginSettings settings) throws SettingException {
    config = ModelPrefetchConfig.of(settings);
  }

  @Override
  public synchronized void close() {
    files.clear();
  }
}
