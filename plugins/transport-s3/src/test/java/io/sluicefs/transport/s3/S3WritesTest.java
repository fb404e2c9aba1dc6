// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class S3WritesTest {
  private final Arena arena = Arena.ofShared();

  @SuppressWarnings("NullAway.Init") // set before each test
  private EmulatedS3 store;

  @BeforeEach
  void start() throws Exception {
    store = new EmulatedS3(EmulatorOptions.defaults());
  }

  @AfterEach
  void stop() {
    store.close();
    arena.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"crc32c", "crc64nvme"})
  void theStoreKeepsTheChecksumOfPutsAndOfWholeUploads(String checksum) throws Exception {
    UploadBody large = body(5 << 20);
    UploadBody small = body(1000);
    UploadBody whole =
        new UploadBody(List.of(large.segments().getFirst(), small.segments().getFirst()));
    try (Transport transport = store.open(Map.of("upload-checksum", checksum))) {
      transport.put("put", PutOptions.REPLACE, whole);
      try (MultipartUpload upload = transport.startMultipartUpload("parts", PutOptions.REPLACE)) {
        MultipartUpload.Part second = upload.uploadPart(2, small);
        upload.complete(List.of(upload.uploadPart(1, large), second));
      }
    }
    UploadChecksum algorithm = UploadChecksum.valueOf(checksum.toUpperCase(Locale.ROOT));
    String expected = algorithm.base64(algorithm.of(whole));
    assertEquals(expected, stored("put").checksums().get(checksum));
    assertEquals(expected, stored("parts").checksums().get(checksum));
    assertEquals("FULL_OBJECT", stored("parts").checksums().get("type"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"crc32c", "crc64nvme"})
  void theChecksumOfAnUploadCoversTheRangesItCopies(String checksum) throws Exception {
    UploadBody whole = body(6 << 20);
    MemorySegment bytes = whole.segments().getFirst();
    int cut = 5 << 20;
    try (Transport transport = store.open(Map.of("upload-checksum", checksum))) {
      ObjectId source = transport.put("source", PutOptions.REPLACE, whole).id();
      try (MultipartUpload upload = transport.startMultipartUpload("mixed", PutOptions.REPLACE)) {
        MultipartUpload.Part first = upload.uploadPartCopy(1, source, new ByteRange(0, cut));
        UploadBody tail = new UploadBody(List.of(bytes.asSlice(cut)));
        MultipartUpload.Part second = upload.uploadPart(2, tail);
        upload.complete(List.of(first, second));
      }
    }
    assertEquals(
        stored("source").checksums().get(checksum), stored("mixed").checksums().get(checksum));
  }

  @Test
  void aWholeThatIsNotWhatWasSentIsCorruptHoweverOftenItIsAskedFor() throws Exception {
    try (ScriptedS3 server = new ScriptedS3();
        Transport transport = store.open(Map.of("endpoint", server.endpoint()));
        MultipartUpload upload = transport.startMultipartUpload("key", PutOptions.REPLACE)) {
      List<MultipartUpload.Part> parts = List.of(upload.uploadPart(1, body(1000)));
      server.completeWith("<ChecksumCRC32C>AAAAAA==</ChecksumCRC32C>");
      for (int i = 0; i < 2; i++) {
        StorageException failure =
            assertThrows(StorageException.class, () -> upload.complete(parts));
        assertEquals(Kind.CORRUPT, failure.kind(), failure.getMessage());
        server.refuseToComplete();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<ChecksumCRC32C>AAAAAA==-1</ChecksumCRC32C>",
        "<ChecksumSHA1>x</ChecksumSHA1>"
      })
  void aStoreThatTellsNoChecksumOfTheWholeIsBelieved(String told) throws Exception {
    try (ScriptedS3 server = new ScriptedS3();
        Transport transport = store.open(Map.of("endpoint", server.endpoint()));
        MultipartUpload upload = transport.startMultipartUpload("key", PutOptions.REPLACE)) {
      MultipartUpload.Part part = upload.uploadPart(1, body(1000));
      server.completeWith(told);
      assertEquals(1000, upload.complete(List.of(part)).size());
    }
  }

  @Test
  void theContentTypeIsTold() throws Exception {
    try (Transport transport = store.open(Map.of())) {
      transport.put("key", new PutOptions(false, "text/plain", Map.of()), body(10));
      assertEquals("text/plain", transport.head("key").contentType());
    }
  }

  @Test
  void aSymlinkIsAnEmptyObjectWhoseTargetIsInItsMetadata() throws Exception {
    try (Transport transport = store.open(Map.of())) {
      transport.putSymlink("link", "../a b/\u00fc", PutOptions.REPLACE);
    }
    assertEquals(0, stored("link").size());
    assertEquals(Map.of("sluice-symlink", "../a%20b/%C3%BC"), stored("link").metadata());
  }

  @Test
  void aTargetTooLongForMetadataIsRefusedWithTheLimit() throws Exception {
    try (Transport transport = store.open(Map.of())) {
      transport.putSymlink("link", "x".repeat(2034), PutOptions.REPLACE);
      StorageException failure =
          assertThrows(
              StorageException.class,
              () -> transport.putSymlink("link", "x".repeat(2035), PutOptions.REPLACE));
      assertEquals(Kind.INVALID_REQUEST, failure.kind());
      assertTrue(String.valueOf(failure.getMessage()).contains("2048"), failure.getMessage());
    }
  }

  @Test
  void sendsNoChecksumToAStoreThatWantsNone() throws Exception {
    try (Transport transport = store.open(Map.of("upload-checksum", "none"))) {
      transport.put("put", PutOptions.REPLACE, body(10));
      try (MultipartUpload upload = transport.startMultipartUpload("parts", PutOptions.REPLACE)) {
        upload.complete(List.of(upload.uploadPart(1, body(1000))));
      }
    }
    assertEquals(Map.of(), stored("put").checksums());
    assertEquals(Map.of(), stored("parts").checksums());
  }

  @ParameterizedTest
  @CsvSource({"näme,x", "a b,x", "name,ü", "name,' x'", "Name,x"})
  void refusesMetadataHttpCannotCarry(String name, String value) throws Exception {
    PutOptions options = new PutOptions(false, "", Map.of(name, value));
    try (Transport transport = store.open(Map.of())) {
      StorageException failure =
          assertThrows(StorageException.class, () -> transport.put("key", options, body(1)));
      assertEquals(Kind.INVALID_REQUEST, failure.kind());
      assertTrue(String.valueOf(failure.getMessage()).contains("s3://contract/key"));
    }
  }

  @Test
  void anUploadThatIsGoneAndMadeNothingFails() throws Exception {
    try (Transport transport = store.open(Map.of());
        MultipartUpload upload = transport.startMultipartUpload("key", PutOptions.REPLACE)) {
      MultipartUpload.Part part = upload.uploadPart(1, body(1000));
      transport.abortUpload(transport.listUploads("").getFirst());
      store.emulator.store().put(EmulatedS3.BUCKET, "key", new byte[1000]);
      StorageException failure =
          assertThrows(StorageException.class, () -> upload.complete(List.of(part)));
      assertEquals(Kind.NOT_FOUND, failure.kind(), failure.getMessage());
    }
  }

  @Test
  void aCopyIsOneRequest() throws Exception {
    try (Transport transport = store.open(Map.of())) {
      ObjectId source = transport.put("source", PutOptions.REPLACE, body(9)).id();
      store.emulator.counters().reset();
      transport.copy(source, 9, "target", PutOptions.REPLACE);
      assertEquals(1, store.emulator.counters().snapshot().totalRequests());
    }
  }

  @Test
  void deletesKeysThatXmlCannotName() throws Exception {
    try (Transport transport = store.open(Map.of())) {
      transport.put("line\nbreak", PutOptions.REPLACE, body(1));
      transport.put("plain", PutOptions.REPLACE, body(1));
      transport.delete(List.of("line\nbreak", "plain", "bell\u0007"));
    }
    assertTrue(store.emulator.store().get(EmulatedS3.BUCKET, "line\nbreak").isEmpty());
    assertTrue(store.emulator.store().get(EmulatedS3.BUCKET, "plain").isEmpty());
  }

  private StoredObject stored(String key) {
    return store.emulator.store().get(EmulatedS3.BUCKET, key).orElseThrow();
  }

  private UploadBody body(int size) {
    MemorySegment segment = arena.allocate(size);
    for (int i = 0; i < size; i += 7) {
      segment.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
    }
    return new UploadBody(List.of(segment));
  }
}
