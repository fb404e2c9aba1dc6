// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import io.sluicefs.spi.fuse.ReadReply;

/** Content that is read without waiting. */
record PresentContent(FileContent content) implements FileContent {
  @Override
  public long size() {
    return content.size();
  }

  @Override
  public void read(long offset, int length, ReadReply reply) {
    content.read(offset, length, reply);
  }

  @Override
  public boolean isPresent() {
    return true;
  }
}
