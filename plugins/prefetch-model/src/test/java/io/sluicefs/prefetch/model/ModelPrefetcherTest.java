// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import io.sluicefs.spi.prefetch.PrefetcherProvider;
import io.sluicefs.spi.testkit.prefetch.PrefetcherContract;

class ModelPrefetcherTest extends PrefetcherContract {
  private static final int TENSORS = 10;
  private static final long SMALLEST = 8192;

  @Override
  protected PrefetcherProvider provider() {
    return new ModelPrefetcherProvider();
  }

  @Override
  protected byte[] head(long size) {
    if (size < SMALLEST) {
      return new byte[0];
    }
    byte[] head = head((size - SMALLEST) / TENSORS, 0);
    // The last tensor ends with the file, which changes the digits of its offset.
    for (int i = 0; i < 3; i++) {
      long each = (size - SMALLEST) / TENSORS;
      head = head(each, size - head.length - (TENSORS - 1) * each);
    }
    return head;
  }

  private static byte[] head(long each, long last) {
    ModelHead head = new ModelHead();
    for (int i = 0; i < TENSORS; i++) {
      head.add("model.layers.%d.weight".formatted(i), i < TENSORS - 1 ? each : last);
    }
    return head.safetensors();
  }
}
