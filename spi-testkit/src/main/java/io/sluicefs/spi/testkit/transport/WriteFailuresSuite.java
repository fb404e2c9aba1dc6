// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a transport must make of writes that go wrong on the way. */
abstract class WriteFailuresSuite extends SymlinkSuite {
  private static final PutOptions CREATE_ONLY = new PutOptions(true, "", Map.of("color", "blue"));

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aPutWhoseAnswerWasLostIsMadeByItsRepeat(boolean createOnly) throws Exception {
    require(Feature.WRITE);
    PutOptions options = createOnly ? requireCreateOnly() : PutOptions.REPLACE;
    String key = prefix + "object";
    byte[] content = content(1000, 40);
    try (Arena arena = Arena.ofShared()) {
      UploadBody body = body(arena, content, 2);
      // Over its connection the next one goes, and what it made is not to be met by a silent
      // repeat.
      transport.put(prefix + "before", PutOptions.REPLACE, body);
      arrange(Change.PUT, Fault.LOST_ANSWER);
      ObjectStat made = repeated(options, next -> transport.put(key, next, body));
      assertMade(made, key, content.length, options);
    }
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void aRepeatedCreateOnlyPutTakesNothingForItsOwnThatIsNot() throws Exception {
    require(Feature.WRITE);
    PutOptions options = requireCreateOnly();
    String key = prefix + "object";
    PutOptions green = new PutOptions(false, "", Map.of("color", "green"));
    try (Arena arena = Arena.ofShared()) {
      UploadBody body = body(arena, bytes("mine"), 1);
      store(key, bytes("else"));
      assertFails(Kind.ALREADY_EXISTS, () -> transport.put(key, options.forRepeat(), body));
      assertArrayEquals(bytes("else"), readAll(key));
      transport.put(key, green, body);
      assertFails(Kind.ALREADY_EXISTS, () -> transport.put(key, options.forRepeat(), body));
      transport.put(key, new PutOptions(false, "", options.metadata()), body);
      assertFails(Kind.ALREADY_EXISTS, () -> transport.put(key, options, body));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aSymlinkWhoseAnswerWasLostIsMadeByItsRepeat(boolean createOnly) throws Exception {
    require(Feature.SYMLINK);
    PutOptions options = createOnly ? requireCreateOnly() : PutOptions.REPLACE;
    String key = prefix + "link";
    arrange(Change.PUT, Fault.LOST_ANSWER);
    ObjectStat made = repeated(options, next -> transport.putSymlink(key, "target", next));
    assertEquals(transport.head(key).id(), made.id());
    assertEquals(ObjectStat.Type.SYMLINK, made.type());
    assertEquals("target", transport.readSymlink(key));
    if (createOnly) {
      assertFails(
          Kind.ALREADY_EXISTS, () -> transport.putSymlink(key, "elsewhere", options.forRepeat()));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCopyWhoseAnswerWasLostIsMadeByItsRepeat(boolean createOnly) throws Exception {
    require(Feature.COPY);
    PutOptions options = createOnly ? requireCreateOnly() : PutOptions.REPLACE;
    byte[] content = content(1000, 41);
    ObjectId source = stored("source", content);
    String key = prefix + "target";
    arrange(Change.COPY, Fault.LOST_ANSWER);
    ObjectStat made = repeated(options, next -> transport.copy(source, 1000, key, next));
    assertMade(made, key, 1000, options);
    assertArrayEquals(content, readAll(key));
    if (createOnly) {
      store(key, content(1000, 42));
      assertFails(
          Kind.ALREADY_EXISTS, () -> transport.copy(source, 1000, key, options.forRepeat()));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anUploadWhoseAnswersWereLostIsMadeByRepeats(boolean createOnly) throws Exception {
    require(Feature.MULTIPART);
    PutOptions options = createOnly ? requireCreateOnly() : PutOptions.REPLACE;
    String key = prefix + "object";
    int partSize = Math.toIntExact(Math.max(transport.capabilities().minPartSize(), 1));
    byte[] content = content(partSize + 1000, 43);
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, options)) {
      UploadBody start = body(arena, Arrays.copyOf(content, partSize), 1);
      UploadBody tail = body(arena, Arrays.copyOfRange(content, partSize, content.length), 1);
      arrange(Change.PART, Fault.LOST_ANSWER);
      MultipartUpload.Part first = part(upload, 1, start);
      List<MultipartUpload.Part> parts = List.of(first, part(upload, 2, tail));
      arrange(Change.COMPLETE, Fault.LOST_ANSWER);
      ObjectStat made = repeated(options, next -> upload.complete(parts));
      assertMade(made, key, content.length, options);
    }
    assertEquals(List.of(), transport.listUploads(prefix));
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void deletesWhoseAnswersWereLostAreDone() throws Exception {
    require(Feature.WRITE);
    List<String> keys = List.of(prefix + "a", prefix + "b");
    for (int count = 1; count <= 2; count++) {
      store(keys.get(0), content(1, 44));
      store(keys.get(1), content(1, 45));
      arrange(Change.DELETE, Fault.LOST_ANSWER);
      List<String> some = keys.subList(0, count);
      try {
        transport.delete(some);
      } catch (StorageException e) {
        assertTrue(e.retryable(), message(e));
        transport.delete(some);
      }
      for (String key : some) {
        assertFails(Kind.NOT_FOUND, () -> transport.head(key));
      }
    }
  }

  @Test
  void aCompletionThatFailsInAnAnswerOfSuccessHasFailed() throws Exception {
    require(Feature.MULTIPART);
    String key = prefix + "object";
    byte[] content = content(1000, 46);
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      MultipartUpload.Part part = upload.uploadPart(1, body(arena, content, 1));
      arrange(Change.COMPLETE, Fault.LATE_ERROR);
      assertRetryable(() -> upload.complete(List.of(part)));
      assertFails(Kind.NOT_FOUND, () -> transport.head(key));
      assertMade(upload.complete(List.of(part)), key, 1000, PutOptions.REPLACE);
    }
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void aCopyThatFailsInAnAnswerOfSuccessHasFailed() throws Exception {
    require(Feature.COPY);
    ObjectId source = stored("source", content(1000, 47));
    String key = prefix + "target";
    arrange(Change.COPY, Fault.LATE_ERROR);
    assertRetryable(() -> transport.copy(source, 1000, key, PutOptions.REPLACE));
    assertFails(Kind.NOT_FOUND, () -> transport.head(key));
    assertMade(
        transport.copy(source, 1000, key, PutOptions.REPLACE), key, 1000, PutOptions.REPLACE);
  }

  @Test
  void aPartThatFailsToBeCopiedInAnAnswerOfSuccessHasFailed() throws Exception {
    require(Feature.COPY);
    require(Feature.MULTIPART);
    ObjectId source = stored("source", content(1000, 48));
    try (MultipartUpload upload =
        transport.startMultipartUpload(prefix + "target", PutOptions.REPLACE)) {
      arrange(Change.PART, Fault.LATE_ERROR);
      assertRetryable(() -> upload.uploadPartCopy(1, source, new ByteRange(0, 1000)));
    }
  }

  @Test
  void whatArrivesWithOtherBytesIsCorruptAndItsRepeatIsGood() throws Exception {
    require(Feature.WRITE);
    require(Feature.MULTIPART);
    String key = prefix + "object";
    byte[] content = content(1000, 49);
    try (Arena arena = Arena.ofShared();
        MultipartUpload upload = transport.startMultipartUpload(key, PutOptions.REPLACE)) {
      UploadBody body = body(arena, content, 1);
      arrange(Change.PUT, Fault.DAMAGED_BODY);
      assertFails(Kind.CORRUPT, () -> transport.put(key, PutOptions.REPLACE, body));
      transport.put(key, PutOptions.REPLACE, body);
      assertArrayEquals(content, readAll(key));
      arrange(Change.PART, Fault.DAMAGED_BODY);
      assertFails(Kind.CORRUPT, () -> upload.uploadPart(1, body));
      upload.complete(List.of(upload.uploadPart(1, body)));
    }
    assertArrayEquals(content, readAll(key));
  }

  @Test
  void whatArrivesWithOtherBytesMakesNoObject() throws Exception {
    require(Feature.WRITE);
    PutOptions options = requireCreateOnly();
    String key = prefix + "object";
    byte[] content = content(1000, 50);
    try (Arena arena = Arena.ofShared()) {
      UploadBody body = body(arena, content, 1);
      arrange(Change.PUT, Fault.DAMAGED_BODY);
      assertFails(Kind.CORRUPT, () -> transport.put(key, options, body));
      assertFails(Kind.NOT_FOUND, () -> transport.head(key));
      transport.put(key, options, body);
    }
    assertArrayEquals(content, readAll(key));
  }

  private PutOptions requireCreateOnly() {
    require(Feature.CREATE_ONLY);
    return CREATE_ONLY;
  }

  private void assertMade(ObjectStat made, String key, long size, PutOptions options)
      throws StorageException {
    ObjectStat head = transport.head(key);
    assertEquals(head.id(), made.id());
    assertEquals(size, made.size());
    assertEquals(options.metadata(), head.metadata());
    assertEquals(options.metadata(), made.metadata());
  }

  private static MultipartUpload.Part part(MultipartUpload upload, int number, UploadBody body)
      throws StorageException {
    try {
      return upload.uploadPart(number, body);
    } catch (StorageException e) {
      assertTrue(e.retryable(), message(e));
      return upload.uploadPart(number, body);
    }
  }

  private static void assertRetryable(Callable<?> request) {
    StorageException failure = assertThrows(StorageException.class, request::call);
    assertTrue(failure.retryable(), message(failure));
  }
}
