// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import io.sluicefs.emulator.ObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One file of a model: a header and then weights, which the emulator computes: random bits, the
 * same in every run.
 *
 * @param key of the object
 * @param header all bytes before the weights
 * @param weightBytes bytes of weights
 */
record ModelFile(String key, ByteBuffer header, long weightBytes) {
  long size() {
    return header.remaining() + weightBytes;
  }

  void store(ObjectStore store, String bucket) throws IOException {
    byte[] head = new byte[header.remaining()];
    header.duplicate().get(head);
    store.putSynthetic(bucket, key, head, size(), key.hashCode());
  }
}
