// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How a transport must copy within the store. */
abstract class CopyingSuite extends MultipartSuite {
  @Test
  void copyKeepsMetadataUnlessItIsGivenOther() throws Exception {
    require(Feature.WRITE);
    require(Feature.COPY);
    PutOptions blue = new PutOptions(false, "text/plain", Map.of("color", "blue"));
    ObjectId source;
    try (Arena arena = Arena.ofShared()) {
      source = transport.put(prefix + "source", blue, body(arena, bytes("x"), 1)).id();
    }
    transport.copy(source, 1, prefix + "same", PutOptions.REPLACE);
    ObjectStat same = transport.head(prefix + "same");
    assertEquals("blue", same.metadata().get("color"));
    assertEquals(transport.head(source.key()).contentType(), same.contentType());
    transport.copy(source, 1, prefix + "other", new PutOptions(false, "", Map.of("size", "1")));
    assertEquals(Map.of("size", "1"), transport.head(prefix + "other").metadata());
  }

  @Test
  void copyMakesTheSameBytesUnderAnotherKey() throws Exception {
    require(Feature.COPY);
    byte[] content = content(1000, 18);
    ObjectId source = stored("source + %", content);
    ObjectStat made = transport.copy(source, 1000, prefix + "target & more", PutOptions.REPLACE);
    ObjectStat head = transport.head(prefix + "target & more");
    assertEquals(head.id(), made.id());
    assertEquals(head.size(), made.size());
    assertTrue(Duration.between(head.lastModified(), made.lastModified()).abs().toSeconds() <= 1);
    ObjectStat another = transport.copy(source, prefix + "another", PutOptions.REPLACE);
    assertEquals(content.length, another.size());
    assertArrayEquals(content, readAll(prefix + "target & more"));
    ObjectId gone = new ObjectId(source.key(), "0123456789abcdef0123456789abcdef");
    assertFails(
        Kind.PRECONDITION_FAILED,
        () -> transport.copy(gone, 1000, prefix + "other", PutOptions.REPLACE));
  }

  @Test
  void partsOfAnotherObjectAreCopied() throws Exception {
    require(Feature.MULTIPART);
    require(Feature.COPY);
    int partSize = Math.toIntExact(Math.max(transport.capabilities().minPartSize(), 1));
    byte[] content = content(partSize + 500, 23);
    ObjectId source = stored("source + %", content);
    String key = prefix + "target";
    byte[] tail = content(300, 24);
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      ObjectId gone = new ObjectId(source.key(), "0123456789abcdef0123456789abcdef");
      assertFails(
          Kind.PRECONDITION_FAILED,
          () -> upload.uploadPartCopy(1, gone, new ByteRange(100, 100 + partSize)));
      MultipartUpload.Part first =
          upload.uploadPartCopy(1, source, new ByteRange(100, 100 + partSize));
      assertEquals(partSize, first.size());
      MultipartUpload.Part second = upload.uploadPart(2, body(arena, tail, 1));
      assertEquals(partSize + 300, upload.complete(List.of(first, second)).size());
    }
    byte[] made = readAll(key);
    assertArrayEquals(
        Arrays.copyOfRange(content, 100, 100 + partSize), Arrays.copyOf(made, partSize));
    assertArrayEquals(tail, Arrays.copyOfRange(made, partSize, made.length));
  }
}
