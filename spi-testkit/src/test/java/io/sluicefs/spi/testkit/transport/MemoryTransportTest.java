// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The bucket in memory keeps the promises of every transport. */
class MemoryTransportTest extends TransportContract {
  private static final Setting<String> BUCKET =
      Setting.string("bucket", "The only bucket is called memory.").withDefault("memory");

  private final MemoryTransport bucket = new MemoryTransport();

  private final class Provider implements TransportProvider {
    @Override
    public PluginDescriptor descriptor() {
      return new PluginDescriptor(
          "memory",
          Axis.TRANSPORT,
          new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
          List.of(BUCKET));
    }

    @Override
    public Transport open(PluginContext context) {
      String name = context.settings().get(BUCKET);
      if (name.equals("memory")) {
        return bucket;
      }
      MemoryTransport missing = new MemoryTransport();
      missing.setGate(
          (operation, key) -> {
            throw new StorageException(Kind.NO_SUCH_BUCKET, "there is no bucket " + name);
          });
      return missing;
    }
  }

  @Override
  protected TransportProvider provider() {
    return new Provider();
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("bucket", "memory");
  }

  @Override
  protected void store(String key, byte[] content) {
    bucket.put(key, content);
  }

  @Override
  protected void remove(String key) {
    bucket.remove(key);
  }

  @Override
  protected AutoCloseable delayAnswers(Duration delay) {
    bucket.setGate((operation, key) -> Thread.sleep(delay));
    return bucket::openGate;
  }

  @Override
  protected boolean goWrong(Change request, Fault fault) {
    MemoryTransport.Operation operation =
        switch (request) {
          case PUT -> MemoryTransport.Operation.PUT;
          case COPY -> MemoryTransport.Operation.COPY;
          case DELETE -> MemoryTransport.Operation.DELETE;
          case PART, COMPLETE -> null;
        };
    if (operation == null || fault != Fault.LOST_ANSWER) {
      return false;
    }
    bucket.loseNextAnswer(operation);
    return true;
  }
}
