// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Hmac;
import io.sluicefs.emulator.store.Digests;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Checks the signatures of the chunks of one body, each of which signs the one before it. */
final class ChunkSignatures {
  private static final String EMPTY = Digests.sha256Hex(new byte[0]);

  private final byte[] key;
  private final String time;
  private final String scope;
  private String previous;

  /**
   * @param previous the signature of the request itself
   */
  ChunkSignatures(byte[] key, String time, String scope, String previous) {
    this.key = key;
    this.time = time;
    this.scope = scope;
    this.previous = previous;
  }

  /**
   * @param hash SHA-256 of the chunk's bytes
   */
  void checkChunk(byte[] hash, String signature) {
    check("AWS4-HMAC-SHA256-PAYLOAD", EMPTY + "\n" + HexFormat.of().formatHex(hash), signature);
  }

  /**
   * @param trailers each as {@code name:value\n}
   */
  void checkTrailers(String trailers, String signature) {
    check(
        "AWS4-HMAC-SHA256-TRAILER",
        Digests.sha256Hex(trailers.getBytes(StandardCharsets.UTF_8)),
        signature);
  }

  private void check(String algorithm, String hashes, String signature) {
    String toSign = String.join("\n", algorithm, time, scope, previous, hashes);
    String expected = HexFormat.of().formatHex(Hmac.sha256(key, toSign));
    if (!expected.equals(signature)) {
      throw new StoreException(
          403,
          "SignatureDoesNotMatch",
          "The signature of a chunk does not match the one calculated.");
    }
    previous = expected;
  }
}
