// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.transport.TransportContract;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.PendingUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.TransportProvider;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;

/**
 * The suite of a transport, in the configured bucket, below the prefix of the mount. Nothing else
 * reaches the bucket, so what a test wants to be there is put by a second transport.
 */
final class InstalledTransportContract extends TransportContract {
  private static final long MEMORY = 64 << 20;

  private final InstalledPlugin plugin = ContractTest.PLUGIN.get();

  @Override
  protected TransportProvider provider() {
    return plugin.provider(TransportProvider.class);
  }

  @Override
  protected Map<String, String> settings() {
    return plugin.settings();
  }

  @Override
  protected String parentPrefix() {
    return plugin.prefix();
  }

  @Override
  protected void store(String key, byte[] content) throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(MEMORY);
        Transport transport = other(memory);
        Arena arena = Arena.ofShared()) {
      assumeTrue(transport.capabilities().has(Feature.WRITE), "nothing can be put into the bucket");
      MemorySegment body = arena.allocateFrom(ValueLayout.JAVA_BYTE, content);
      transport.put(key, PutOptions.REPLACE, new UploadBody(List.of(body)));
    }
  }

  @Override
  protected void remove(String key) throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(MEMORY);
        Transport transport = other(memory)) {
      transport.delete(List.of(key));
    }
  }

  @AfterEach
  void leaveNothing() throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(MEMORY);
        Transport transport = other(memory)) {
      if (transport.capabilities().has(Feature.MULTIPART)) {
        for (PendingUpload upload : transport.listUploads(prefix())) {
          transport.abortUpload(upload);
        }
      }
      if (transport.capabilities().has(Feature.WRITE)) {
        ListRequest all = new ListRequest(prefix(), "", null, ListRequest.MAX_KEYS);
        for (ListPage page = transport.list(all);
            !page.objects().isEmpty();
            page = transport.list(all)) {
          transport.delete(page.objects().stream().map(object -> object.id().key()).toList());
        }
      }
    }
  }

  @MustBeClosed
  private Transport other(LeakCheckedMemory memory) throws Exception {
    return provider().open(TestContext.of(provider(), settings(), memory));
  }
}
