// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Receives a content: writes it to a sink and computes what every object carries, its MD5 and its
 * CRC-64.
 */
public final class Receipt {
  private final ContentSink sink;
  private final MessageDigest md5 = Digests.md5();
  private final Crc64 crc = new Crc64(Crc64.Variant.XZ);

  public Receipt(ContentSink sink) {
    this.sink = sink;
  }

  /**
   * What was received.
   *
   * @param md5 digest of the bytes
   * @param content the bytes
   */
  @SuppressWarnings("ArrayRecordComponent") // read by its two users, compared by nobody
  public record Received(byte[] md5, Content content) {
    public String etag() {
      return HexFormat.of().formatHex(md5);
    }
  }

  /** Takes the buffer's remaining bytes. */
  public void accept(ByteBuffer bytes) throws IOException {
    md5.update(bytes.duplicate());
    crc.update(bytes.duplicate());
    sink.write(bytes);
  }

  public Received finish() throws IOException {
    return new Received(md5.digest(), new RememberedCrc(sink.finish(), crc.getValue()));
  }

  public void discard() {
    sink.discard();
  }
}
