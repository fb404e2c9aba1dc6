// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.util.concurrent.Semaphore;

/** What all uploads of a mount share: the way to the store, memory, sizes and limits. */
record Uploads(
    Transport transport,
    WriteMemory memory,
    PartSizes sizes,
    Semaphore requests,
    int requestsPerFile) {

  /** Starts an upload in parts. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the uploader owns the upload
  PartUploader start(String key, PutOptions options) throws StorageException {
    return new PartUploader(
        transport.startMultipartUpload(key, options), memory, requests, requestsPerFile);
  }

  TransportCapabilities store() {
    return transport.capabilities();
  }

  boolean copies() {
    return store().has(Feature.COPY);
  }
}
