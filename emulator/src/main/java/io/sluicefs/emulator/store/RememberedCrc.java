// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A content whose CRC is known, or is computed once. */
final class RememberedCrc implements Content {
  private final Content content;
  private volatile @Nullable Long crc64;

  RememberedCrc(Content content, @Nullable Long crc64) {
    this.content = content;
    this.crc64 = crc64;
  }

  /** The content itself. */
  static Content bare(Content content) {
    return content instanceof RememberedCrc remembered ? remembered.content : content;
  }

  @Nullable Long crcIfKnown() {
    return crc64;
  }

  @Override
  public long size() {
    return content.size();
  }

  @Override
  public void read(long offset, ByteBuffer into) throws IOException {
    content.read(offset, into);
  }

  @Override
  public Pieces pieces(long offset, long length) throws IOException {
    return content.pieces(offset, length);
  }

  @Override
  public Content slice(long offset, long length) {
    return offset == 0 && length == size() ? this : content.slice(offset, length);
  }

  @Override
  public long crc64() throws IOException {
    Long known = crc64;
    if (known == null) {
      known = content.crc64();
      crc64 = known;
    }
    return known;
  }
}
