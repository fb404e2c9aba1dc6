// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Etags of contents nobody sent. */
public final class Etags {
  private Etags() {}

  /** MD5 of the bytes; of a synthetic content, whatever its size, that of its description. */
  public static String of(Content content) throws IOException {
    if (RememberedCrc.bare(content) instanceof SyntheticContent synthetic) {
      return Digests.md5Hex("ring " + synthetic.start() + " " + synthetic.size());
    }
    MessageDigest md5 = Digests.md5();
    ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(1 << 20, content.size()));
    for (long position = 0; position < content.size(); position += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), content.size() - position));
      content.read(position, buffer);
      md5.update(buffer.flip());
    }
    return HexFormat.of().formatHex(md5.digest());
  }
}
