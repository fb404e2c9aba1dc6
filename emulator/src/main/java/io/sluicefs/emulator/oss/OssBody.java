// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.Counters;
import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Reception;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.store.ContentSink;
import io.sluicefs.emulator.store.Receipt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;

/** A body of an object or a part on its way in, compared with its Content-MD5 and its length. */
final class OssBody implements Reception {
  private final RequestHead head;
  private final Receipt receipt;
  private final Counters counters;
  private final Then then;
  private long received;

  /** What happens to a body that is what its client said. */
  @FunctionalInterface
  interface Then {
    Answer answer(Receipt.Received received) throws IOException;
  }

  OssBody(RequestHead head, ContentSink sink, Counters counters, Then then) {
    this.head = head;
    this.receipt = new Receipt(sink);
    this.counters = counters;
    this.then = then;
  }

  @Override
  public void accept(ByteBuffer bytes) throws IOException {
    received += bytes.remaining();
    counters.received(bytes.remaining());
    receipt.accept(bytes);
  }

  @Override
  public Answer finish() throws IOException {
    long expected = head.contentLength();
    if (expected >= 0 && received != expected) {
      throw new StoreException(
          400, "IncompleteBody", "The body is shorter than its Content-Length.");
    }
    Receipt.Received content = receipt.finish();
    String md5 = head.header("content-md5");
    if (md5 != null && !md5.equals(Base64.getEncoder().encodeToString(content.md5()))) {
      throw new StoreException(
          400, "InvalidDigest", "The Content-MD5 you specified did not match what we received.");
    }
    return then.answer(content);
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
