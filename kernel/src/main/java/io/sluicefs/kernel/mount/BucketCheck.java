// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.Transport;

/** Asks for one key of what is to be mounted, so that a wrong key, bucket or endpoint shows now. */
final class BucketCheck {
  private static final System.Logger LOG = System.getLogger(BucketCheck.class.getName());
  private static final int ATTEMPTS = 2;

  private BucketCheck() {}

  /**
   * Lists one key.
   *
   * @param transport without retries, since somebody waits for the answer
   */
  static void run(Transport transport, String prefix) throws StorageException {
    ListPage page = list(transport, new ListRequest(prefix, "", null, 1));
    if (page.objects().isEmpty() && !prefix.isEmpty()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "no object under {0}/{1} yet: is mount.prefix right?",
          transport.location(),
          prefix);
    }
  }

  private static ListPage list(Transport transport, ListRequest request) throws StorageException {
    for (int attempt = 1; ; attempt++) {
      try {
        return transport.list(request);
      } catch (StorageException e) {
        if (!e.retryable() || attempt == ATTEMPTS) {
          throw e;
        }
        LOG.log(System.Logger.Level.INFO, "asking once more: {0}", e.getMessage());
      }
    }
  }
}
