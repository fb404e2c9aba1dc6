// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.transport.TransportCounters.Request;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.read.PatternTransport;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class TransportDecoratorsTest {
  private final PatternTransport store = new PatternTransport();
  private final ObjectId id = store.add("model", "1", 1 << 20);

  @ParameterizedTest
  @ValueSource(
      classes = {RetryingTransport.class, ForwardingTransport.class, CountingTransport.class})
  void decoratorsPassEveryMethodOn(Class<?> decorator) {
    assertOverridesAll(Transport.class, decorator);
    for (Class<?> nested : decorator.getDeclaredClasses()) {
      if (MultipartUpload.class.isAssignableFrom(nested)) {
        assertOverridesAll(MultipartUpload.class, nested);
      }
    }
  }

  @Test
  void noMoreReadsAreUnderWayThanAllowed() throws Exception {
    store.hold();
    LimitedTransport limited = new LimitedTransport(store, 4, 1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> reads = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        reads.add(threads.submit(() -> read(limited, 0)));
      }
      await(() -> store.atOnce() == 4);
      store.open();
      for (Future<?> read : reads) {
        read.get();
      }
    }
    assertEquals(20, store.requests());
    assertEquals(4, store.mostAtOnce());
  }

  @Test
  void demandFindsASlotThatReadAheadCannotTakeAndOvertakesIt() throws Exception {
    store.hold();
    LimitedTransport limited = new LimitedTransport(store, 3, 1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> reads = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        reads.add(
            threads.submit(() -> ReadPurpose.READ_AHEAD.run(() -> readUnchecked(limited, 0))));
      }
      await(() -> store.atOnce() == 2);
      reads.add(threads.submit(() -> read(limited, 7)));
      await(() -> store.atOnce() == 3);
      assertEquals(7, store.reads().getLast().start());
      store.open();
      for (Future<?> read : reads) {
        read.get();
      }
    }
    assertEquals(3, store.mostAtOnce());
  }

  @Test
  void aReadInterruptedBeforeItsTurnIsCancelledAndHoldsNoSlot() throws Exception {
    store.hold();
    LimitedTransport limited = new LimitedTransport(store, 2, 1);
    List<Kind> kinds = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> reads = new ArrayList<>();
      reads.add(threads.submit(() -> read(limited, 0)));
      reads.add(threads.submit(() -> read(limited, 0)));
      await(() -> store.atOnce() == 2);
      Thread waiting =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      read(limited, 0);
                    } catch (StorageException e) {
                      kinds.add(e.kind());
                    }
                  });
      await(() -> waiting.getState() == Thread.State.WAITING);
      waiting.interrupt();
      waiting.join();
      store.open();
      for (Future<?> read : reads) {
        read.get();
      }
    }
    assertEquals(List.of(Kind.CANCELLED), kinds);
    read(limited, 0);
    read(limited, 0);
  }

  @Test
  void countersCountAttemptsBytesAndFailures() throws Exception {
    TransportCounters counters = new TransportCounters();
    CountingTransport counting = new CountingTransport(store, counters);
    read(counting, 0);
    ReadPurpose.READ_AHEAD.run(() -> readUnchecked(counting, 0));
    store.failNext(Kind.SERVER_ERROR, 40);
    try {
      read(counting, 0);
    } catch (StorageException e) {
      assertEquals(Kind.SERVER_ERROR, e.kind());
    }
    assertEquals("model", counting.head("model").id().key());

    assertEquals(3, counters.requests(Request.READ));
    assertEquals(1, counters.failures(Request.READ));
    assertEquals(240, counters.readBytes());
    assertEquals(100, counters.readAheadBytes());
    assertEquals(1, counters.requests(Request.HEAD));
    assertEquals(0, counters.requests(Request.LIST));
  }

  private Void read(Transport transport, long offset) throws StorageException {
    transport.read(
        id,
        ByteRange.of(offset, 100),
        new ByteBuffer[] {ByteBuffer.allocateDirect(100)},
        ReadProgress.NONE);
    return null;
  }

  private void readUnchecked(Transport transport, long offset) {
    assertDoesNotThrow(() -> read(transport, offset));
  }

  private static void assertOverridesAll(Class<?> contract, Class<?> decorator) {
    for (Method method : contract.getMethods()) {
      // The shorter copy is made of head and the longer one, whoever overrides those.
      boolean madeOfOthers = method.getName().equals("copy") && method.getParameterCount() == 3;
      if (Modifier.isStatic(method.getModifiers()) || madeOfOthers) {
        continue;
      }
      Method found =
          assertDoesNotThrow(
              () -> decorator.getDeclaredMethod(method.getName(), method.getParameterTypes()),
              () -> decorator.getSimpleName() + " does not override " + method);
      assertTrue(Modifier.isPublic(found.getModifiers()));
    }
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "never happens");
      Thread.onSpinWait();
    }
  }
}
