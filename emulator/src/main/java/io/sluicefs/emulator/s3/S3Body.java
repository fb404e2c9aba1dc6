// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.Counters;
import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Reception;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.store.ContentSink;
import io.sluicefs.emulator.store.Digests;
import io.sluicefs.emulator.store.Receipt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A body on its way in: decoded, hashed, compared with everything its client said of it. */
final class S3Body implements Reception {
  private static final String STREAMING = "STREAMING-";

  private final RequestHead head;
  private final String hash;
  private final @Nullable MessageDigest sha256;
  private final Map<S3Checksum, S3Checksum.Running> checksums = new EnumMap<>(S3Checksum.class);
  private final Receipt receipt;
  private final @Nullable AwsChunks chunks;
  private final @Nullable Counters counters;
  private final Then then;
  private long received;

  /** What happens to a body that is what its client said. */
  @FunctionalInterface
  interface Then {
    /**
     * Stores the body or does what it says.
     *
     * @param checksums those computed, by word, base64
     */
    Answer answer(Receipt.Received received, Map<String, String> checksums) throws IOException;
  }

  /**
   * A reception for one body.
   *
   * @param counters where its bytes are counted; null when they are not of an object
   */
  S3Body(
      RequestHead head,
      SignatureV4.Verified verified,
      ContentSink sink,
      @Nullable Counters counters,
      Then then) {
    this.head = head;
    this.hash = verified.hash();
    this.receipt = new Receipt(sink);
    this.counters = counters;
    this.then = then;
    boolean streaming = hash.startsWith(STREAMING);
    boolean signedChunks = streaming && !hash.startsWith(STREAMING + "UNSIGNED");
    this.chunks =
        streaming ? new AwsChunks(signedChunks ? verified.chunks() : null, this::take) : null;
    this.sha256 = streaming || hash.equals("UNSIGNED-PAYLOAD") ? null : Digests.sha256();

    List<String> trailers =
        List.of(head.header("x-amz-trailer", "").toLowerCase(Locale.ROOT).split("[, ]+", -1));
    // A completion's are those of the object, not of the document that names the parts.
    boolean ofBody = !(head.method().equals("POST") && head.has("uploadId"));
    for (S3Checksum checksum : S3Checksum.values()) {
      if ((ofBody && head.header(checksum.header()) != null)
          || trailers.contains(checksum.header())) {
        checksums.put(checksum, checksum.start());
      }
    }
    S3Checksum.named(head.header("x-amz-sdk-checksum-algorithm"))
        .ifPresent(checksum -> checksums.putIfAbsent(checksum, checksum.start()));
  }

  /** Bytes the body will have, its coding taken off; -1 when not declared. */
  static long expected(RequestHead head) {
    String decoded = head.header("x-amz-decoded-content-length");
    return decoded == null ? head.contentLength() : Long.parseLong(decoded);
  }

  @Override
  public void accept(ByteBuffer bytes) throws IOException {
    if (chunks == null) {
      take(bytes);
    } else {
      chunks.accept(bytes);
    }
  }

  private void take(ByteBuffer bytes) throws IOException {
    received += bytes.remaining();
    if (counters != null) {
      counters.received(bytes.remaining());
    }
    if (sha256 != null) {
      sha256.update(bytes.duplicate());
    }
    checksums.values().forEach(running -> running.update(bytes.duplicate()));
    receipt.accept(bytes);
  }

  @Override
  public Answer finish() throws IOException {
    Map<String, String> trailers = chunks == null ? Map.of() : chunks.finish();
    long expected = expected(head);
    if (expected >= 0 && received != expected) {
      throw new StoreException(
          400,
          "IncompleteBody",
          "You did not provide the number of bytes specified by the Content-Length HTTP header");
    }
    if (sha256 != null && !HexFormat.of().formatHex(sha256.digest()).equals(hash)) {
      throw new StoreException(
          400,
          "XAmzContentSHA256Mismatch",
          "The provided 'x-amz-content-sha256' header does not match what was computed.");
    }
    Map<String, String> computed = checkedChecksums(trailers);
    Receipt.Received content = receipt.finish();
    String md5 = head.header("content-md5");
    if (md5 != null && !md5.equals(Base64.getEncoder().encodeToString(content.md5()))) {
      throw new StoreException(
          400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
    }
    return then.answer(content, computed);
  }

  private Map<String, String> checkedChecksums(Map<String, String> trailers) {
    Map<String, String> computed = new HashMap<>();
    checksums.forEach(
        (checksum, running) -> {
          String value = S3Checksum.base64(running.value());
          String said =
              trailers.getOrDefault(checksum.header(), head.header(checksum.header(), value));
          if (!said.equals(value)) {
            throw new StoreException(
                400,
                "BadDigest",
                "The " + checksum.name() + " you specified did not match the calculated checksum.");
          }
          computed.put(checksum.word(), value);
        });
    return computed;
  }

  @Override
  public boolean slow() {
    return true;
  }

  @Override
  public void abandon() {
    receipt.discard();
  }
}
