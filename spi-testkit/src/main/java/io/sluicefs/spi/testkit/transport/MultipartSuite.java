// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PendingUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a transport must upload objects in parts. */
abstract class MultipartSuite extends WritingSuite {
  @Test
  void anUploadInPartsIsVisibleWhenItIsComplete() throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "large object";
    int partSize = Math.toIntExact(Math.max(transport.capabilities().minPartSize(), 1));
    byte[] content = content(partSize + 1000, 17);
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      UploadBody tail = body(arena, Arrays.copyOfRange(content, partSize, content.length), 1);
      UploadBody start = body(arena, Arrays.copyOf(content, partSize), 2);
      MultipartUpload.Part second = upload.uploadPart(2, tail);
      MultipartUpload.Part first = upload.uploadPart(1, start);
      assertFails(Kind.NOT_FOUND, () -> transport.head(key));
      assertTrue(
          transport.listUploads(prefix).stream()
              .anyMatch(pending -> pending.uploadId().equals(upload.uploadId())));
      ObjectStat made = upload.complete(List.of(first, second));
      assertEquals(content.length, made.size());
    }
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void anAbortedUploadLeavesNothing() throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "object";
    try (MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      for (PendingUpload pending : transport.listUploads(prefix)) {
        assertEquals(key, pending.key());
        assertEquals(upload.uploadId(), pending.uploadId());
        transport.abortUpload(pending);
        transport.abortUpload(pending);
      }
      assertEquals(List.of(), transport.listUploads(prefix));
    }
    assertFails(Kind.NOT_FOUND, () -> transport.head(key));
  }

  @Test
  void partsMayComeInAnyOrderAndAgain() throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "object";
    int partSize = Math.toIntExact(Math.max(transport.capabilities().minPartSize(), 1));
    byte[] content = content(2 * partSize + 77, 20);
    PutOptions options = new PutOptions(false, "text/plain", Map.of("color", "blue green"));
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, options)) {
      UploadBody wrong = body(arena, content(partSize, 21), 1);
      UploadBody third = body(arena, Arrays.copyOfRange(content, 2 * partSize, content.length), 3);
      UploadBody second = body(arena, Arrays.copyOfRange(content, partSize, 2 * partSize), 1);
      UploadBody first = body(arena, Arrays.copyOf(content, partSize), 2);
      upload.uploadPart(2, wrong);
      MultipartUpload.Part last = upload.uploadPart(3, third);
      MultipartUpload.Part middle = upload.uploadPart(2, second);
      MultipartUpload.Part start = upload.uploadPart(1, first);
      assertEquals(new MultipartUpload.Part(3, last.etag(), 77), last);
      ObjectStat made = upload.complete(List.of(last, start, middle));
      ObjectStat head = transport.head(key);
      assertEquals(head.id(), made.id());
      assertEquals("blue green", head.metadata().get("color"));
      assertEquals(List.of(), transport.listUploads(prefix));
      // As after an answer that was lost.
      assertEquals(made.id(), upload.complete(List.of(start, middle, last)).id());
    }
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void closingAnUploadThatIsNotCompleteAbortsIt() throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "object";
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      upload.uploadPart(1, body(arena, content(1000, 22), 1));
    }
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!transport.listUploads(prefix).isEmpty()) {
      assertTrue(System.nanoTime() < deadline, "the upload is still listed");
      Thread.onSpinWait();
    }
    assertFails(Kind.NOT_FOUND, () -> transport.head(key));
  }

  @Test
  void completingACreateOnlyUploadDoesNotReplace() throws Exception {
    require(Feature.MULTIPART);
    require(Feature.CREATE_ONLY);
    String key = prefix + "object";
    PutOptions createOnly = new PutOptions(true, "", Map.of());
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, createOnly)) {
      MultipartUpload.Part part = upload.uploadPart(1, body(arena, content(1000, 25), 1));
      store(key, bytes("before"));
      assertFails(Kind.ALREADY_EXISTS, () -> upload.complete(List.of(part)));
      assertArrayEquals(bytes("before"), readAll(key));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anInterruptedUploadLeavesNothingVisible(boolean virtual) throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "object";
    byte[] content = content(1000, 26);
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      UploadBody body = body(arena, content, 1);
      try (AutoCloseable delay = delayAnswers(Duration.ofSeconds(60))) {
        assumeTrue(delay != null, "this store cannot be made to answer late");
        CountDownLatch started = new CountDownLatch(1);
        AtomicBoolean status = new AtomicBoolean();
        FutureTask<StorageException> failing =
            new FutureTask<>(
                () -> {
                  started.countDown();
                  StorageException failure =
                      assertFails(Kind.CANCELLED, () -> upload.uploadPart(1, body));
                  status.set(Thread.currentThread().isInterrupted());
                  return failure;
                });
        Thread thread = start(virtual, failing);
        started.await();
        thread.interrupt();
        failing.get(20, TimeUnit.SECONDS);
        assertTrue(status.get(), "the interrupt status is set");
      }
      assertFails(Kind.NOT_FOUND, () -> transport.head(key));
      upload.complete(List.of(upload.uploadPart(1, body)));
    }
    assertArrayEquals(content, readAll(key));
  }
}
