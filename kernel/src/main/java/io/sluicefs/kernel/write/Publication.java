// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.kernel.write.WriteRefusedException.Reason;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.UploadBody;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Makes an object of what a file holds, with as few requests and bytes as it takes. */
final class Publication {
  private final Uploads uploads;
  private final KeptBytes kept;
  private final String key;
  private final PutOptions options;

  Publication(Uploads uploads, KeptBytes kept, String key, PutOptions options) {
    this.uploads = uploads;
    this.kept = kept;
    this.key = key;
    this.options = options;
  }

  /**
   * Makes the object.
   *
   * @param stream the content's; nothing of it was sent to another key
   */
  ObjectStat publish(FileContent content, PartStream stream)
      throws IOException, InterruptedException {
    if (stream.sent().isEmpty() && content.size() <= uploads.sizes().preferred()) {
      return put(content, stream);
    }
    Composition composition = new Composition(uploads, content, stream);
    ObjectStat made = composition.complete();
    List<PartBuffer> buffers = new ArrayList<>(composition.sent());
    StoredObject base = content.base();
    if (base != null) {
      for (ByteRange range : composition.copied()) {
        buffers.addAll(kept.within(base.id(), range));
      }
    }
    kept.put(made.id(), buffers);
    return made;
  }

  private ObjectStat put(FileContent content, PartStream stream)
      throws IOException, InterruptedException {
    PartBuffer tail = stream.tail();
    boolean isTail = tail != null && stream.start() == 0 && content.staged() == null;
    PartBuffer buffer = tail != null && isTail ? tail : new PartBuffer(uploads.memory(), 0);
    if (!buffer.tryHold()) {
      throw new IllegalStateException("a buffer that is held is gone");
    }
    try {
      if (!uploads.memory().growToSend(buffer, content.size())) {
        throw new WriteRefusedException(
            Reason.NO_MEMORY, "no memory to send " + key + "; raise memory.limit");
      }
      if (isTail) {
        buffer.zeroTo(content.size());
      } else if (content.size() > 0) {
        content.fill(buffer, new ByteRange(0, content.size()));
      }
      ObjectStat made = uploads.transport().put(key, options, body(buffer));
      kept.put(made.id(), content.size() == 0 ? List.of() : List.of(buffer));
      return made;
    } finally {
      buffer.keep();
      if (!isTail) {
        buffer.keep();
      }
    }
  }

  private static UploadBody body(PartBuffer buffer) {
    return buffer.length() == 0 ? new UploadBody(List.of()) : buffer.body();
  }

  /** Makes the object by a copy within the store: the content is that of another object. */
  ObjectStat copy(FileContent content) throws IOException {
    return new ObjectCopies(uploads, kept).copy(content.requireBase(), key, options);
  }

  /** Makes an object of what was streamed, under the key it was streamed to. */
  StoredObject settle(FileContent content, PartStream stream)
      throws IOException, InterruptedException {
    stream.restart(part -> true);
    stream.sendTail();
    FileContent streamed =
        new FileContent(
            uploads,
            content.base(),
            Math.min(content.baseEnd(), stream.start()),
            stream,
            null,
            stream.end());
    Composition composition = new Composition(uploads, streamed, stream);
    ObjectStat made;
    try {
      made = composition.complete();
    } catch (StorageException e) {
      throw new StorageException(
          e.kind(), "%s: completing what was streamed: %s".formatted(key, e.getMessage()), e);
    }
    kept.put(made.id(), composition.sent());
    return StoredObject.of(made);
  }
}
