// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.KeptHeaders;
import io.sluicefs.emulator.http.PercentCoding;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.RequestedRange;
import io.sluicefs.emulator.store.Bucket;
import io.sluicefs.emulator.store.Catalog;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** HEAD and GET of objects and of symbolic links. */
final class OssObjects {
  private final Catalog catalog;

  OssObjects(Catalog catalog) {
    this.catalog = catalog;
  }

  Answer read(RequestHead head, Address address) throws IOException {
    try {
      return readOnce(head, address);
    } catch (NoSuchFileException e) {
      // Replaced between finding it and opening its file: the second look finds the new one.
      return readOnce(head, address);
    }
  }

  private Answer readOnce(RequestHead head, Address address) throws IOException {
    StoredObject named = catalog.bucket(address.bucket()).require(address.key());
    StoredObject object = target(named);
    OssHeaders.check(Conditionals.of(head, ""), object);
    long size = object.size();
    if (head.method().equals("HEAD")) {
      Answer.Builder answer = Answer.status(200);
      describe(head, named, object, answer);
      return answer.headOf(size);
    }
    RequestedRange range = range(head, size);
    Answer.Builder answer = Answer.status(range == null ? 200 : 206);
    describe(head, named, object, answer);
    if (range == null) {
      return answer.object(object.content().pieces(0, size));
    }
    answer.header("Content-Range", range.contentRange(size));
    return answer.object(object.content().pieces(range.offset(size), range.length(size)));
  }

  /**
   * The range to send; null = everything, which is also what OSS sends when a range is not within
   * the object.
   */
  private static @Nullable RequestedRange range(RequestHead head, long size) {
    RequestedRange range = RequestedRange.parse(head.header("range"));
    if (range == null) {
      return null;
    }
    if (!"standard".equals(head.header("x-oss-range-behavior"))) {
      return range.within(size) ? range : null;
    }
    if (range.length(size) == 0) {
      throw new StoreException(
          416,
          "InvalidRange",
          "The requested range cannot be satisfied",
          Map.of("Content-Range", "bytes */" + size));
    }
    return range;
  }

  private StoredObject target(StoredObject named) {
    String target = named.linkTarget();
    if (target == null) {
      return named;
    }
    Bucket bucket = catalog.bucket(named.bucket());
    StoredObject object =
        bucket
            .get(target)
            .orElseThrow(
                () ->
                    new StoreException(
                        404, "SymlinkTargetNotExist", "The symlink target object does not exist"));
    if (object.linkTarget() != null) {
      throw new StoreException(
          400,
          "InvalidTargetType",
          "The symlink's target object type is invalid, it should not be a symlink.");
    }
    return object;
  }

  private static void describe(
      RequestHead head, StoredObject named, StoredObject object, Answer.Builder answer)
      throws IOException {
    Instant modified =
        named.lastModified().isAfter(object.lastModified())
            ? named.lastModified()
            : object.lastModified();
    answer
        .header("ETag", OssHeaders.etag(object.etag()))
        .header("Last-Modified", Conditionals.httpDate(modified))
        .header("Accept-Ranges", "bytes")
        .header("x-oss-object-type", OssHeaders.type(named))
        .header("x-oss-storage-class", "Standard")
        .header("x-oss-hash-crc64ecma", OssHeaders.crc(object.content()));
    if (object.type() == StoredObject.Type.APPENDABLE) {
      answer.header("x-oss-next-append-position", Long.toString(object.size()));
    }
    if (!named.tags().isEmpty()) {
      answer.header("x-oss-tagging-count", Integer.toString(named.tags().size()));
    }
    KeptHeaders.answer(head, named, "application/octet-stream", "x-oss-meta-", answer);
  }

  /** The few fields that cost OSS little: etag, size, time. */
  Answer meta(Address address) {
    StoredObject object = target(catalog.bucket(address.bucket()).require(address.key()));
    return Answer.status(200)
        .header("ETag", OssHeaders.etag(object.etag()))
        .header("Last-Modified", Conditionals.httpDate(object.lastModified()))
        .headOf(object.size());
  }

  Answer symlink(Address address) {
    StoredObject link = catalog.bucket(address.bucket()).require(address.key());
    String target = link.linkTarget();
    if (target == null) {
      throw new StoreException(400, "NotSymlink", "The object you specified is not a symlink.");
    }
    Answer.Builder answer =
        Answer.status(200)
            .header("ETag", OssHeaders.etag(link.etag()))
            .header("Last-Modified", Conditionals.httpDate(link.lastModified()))
            .header("x-oss-symlink-target", PercentCoding.encode(target));
    link.metadata()
        .forEach((name, value) -> answer.header("x-oss-meta-" + name, KeptHeaders.wire(value)));
    return answer.empty();
  }
}
