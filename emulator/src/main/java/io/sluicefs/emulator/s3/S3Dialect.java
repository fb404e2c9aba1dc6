// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.netty.handler.codec.http.HttpHeaders;
import io.sluicefs.emulator.Counters;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.Faults;
import io.sluicefs.emulator.Identity;
import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.Dialect;
import io.sluicefs.emulator.http.DocumentReception;
import io.sluicefs.emulator.http.FaultyReception;
import io.sluicefs.emulator.http.Reception;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.Xml;
import io.sluicefs.emulator.store.Catalog;
import io.sluicefs.emulator.store.ContentSink;
import io.sluicefs.emulator.store.MemoryBacking;
import java.io.IOException;
import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Speaks S3: finds out what is asked, checks the signature, and has it done. */
public final class S3Dialect implements Dialect {
  /** The namespace of every document of S3 but errors. */
  static final String NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

  private static final Logger LOG = System.getLogger(S3Dialect.class.getName());

  private static final long LARGEST_BODY = 5L << 30;

  private final Catalog catalog;
  private final Counters counters;
  private final Faults faults;
  private final SignatureV4 signatures;
  private final S3Objects objects;
  private final S3Buckets buckets;
  private final S3Listings listings;
  private final S3Writes writes;
  private final S3Multipart multipart;
  private final AtomicLong requestIds = new AtomicLong(System.nanoTime());

  public S3Dialect(
      Catalog catalog,
      Counters counters,
      Faults faults,
      Identity identity,
      EmulatorOptions options) {
    this.catalog = catalog;
    this.counters = counters;
    this.faults = faults;
    this.signatures =
        new SignatureV4(identity, options.authentication(), options.s3Region(), faults::now);
    this.objects = new S3Objects(catalog);
    this.buckets = new S3Buckets(catalog, options.s3Region());
    this.listings = new S3Listings(catalog);
    this.writes = new S3Writes(catalog);
    this.multipart = new S3Multipart(catalog, writes);
  }

  @Override
  public Reception begin(RequestHead head) throws IOException {
    Address address = Address.of(head);
    S3Operation operation = S3Operation.of(head, address);
    counters.request(operation.kind());
    SignatureV4.Verified verified = signatures.verify(head);
    return FaultyReception.begin(
        faults,
        operation.kind(),
        head,
        address,
        this,
        catalog,
        taken -> reception(operation, taken, address, verified));
  }

  private Reception reception(
      S3Operation operation, RequestHead head, Address address, SignatureV4.Verified verified)
      throws IOException {
    return switch (operation) {
      case GET_OBJECT, HEAD_OBJECT -> Reception.withoutBody(() -> objects.read(head, address));
      case LIST_OBJECTS_V2 ->
          Reception.withoutBody(() -> listings.version2(head, address.bucket()));
      case LIST_OBJECTS_V1 ->
          Reception.withoutBody(() -> listings.version1(head, address.bucket()));
      case LIST_BUCKETS -> Reception.withoutBody(buckets::list);
      case HEAD_BUCKET -> Reception.withoutBody(() -> buckets.head(address.bucket()));

      case CREATE_BUCKET -> document(head, verified, body -> buckets.create(address.bucket()));
      case DELETE_BUCKET -> document(head, verified, body -> buckets.delete(address.bucket()));
      case GET_BUCKET_LOCATION -> Reception.withoutBody(() -> buckets.location(address.bucket()));
      case GET_BUCKET_VERSIONING ->
          Reception.withoutBody(() -> buckets.versioning(address.bucket()));
      case LIST_UPLOADS ->
          Reception.withoutBody(() -> multipart.listUploads(head, address.bucket()));
      case DELETE_OBJECTS ->
          document(head, verified, body -> writes.deleteBatch(address.bucket(), body));
      case PUT_OBJECT -> {
        S3Headers.precondition(head)
            .check(catalog.bucket(address.bucket()).get(address.key()).orElse(null));
        yield object(
            head,
            verified,
            (received, checksums) -> writes.put(head, address, received, checksums));
      }
      case COPY_OBJECT -> document(head, verified, body -> writes.copy(head, address));
      case DELETE_OBJECT -> document(head, verified, body -> writes.delete(address));
      case GET_TAGGING -> Reception.withoutBody(() -> writes.tags(address));
      case PUT_TAGGING -> document(head, verified, body -> writes.setTags(address, body));
      case DELETE_TAGGING -> document(head, verified, body -> writes.deleteTags(address));
      case INITIATE_UPLOAD -> document(head, verified, body -> multipart.initiate(head, address));
      case UPLOAD_PART -> {
        multipart.pending(head, address);
        S3Multipart.checkPartNumber(head);
        yield object(
            head,
            verified,
            (received, checksums) -> multipart.uploadPart(head, address, received, checksums));
      }
      case UPLOAD_PART_COPY -> document(head, verified, body -> multipart.copyPart(head, address));
      case LIST_PARTS -> Reception.withoutBody(() -> multipart.listParts(head, address));
      case COMPLETE_UPLOAD ->
          document(head, verified, body -> multipart.complete(head, address, body));
      case ABORT_UPLOAD -> document(head, verified, body -> multipart.abort(head, address));
      case UNKNOWN ->
          throw new StoreException(
              501,
              "NotImplemented",
              "A header you provided implies functionality that is not implemented.");
    };
  }

  /** A request whose body becomes an object or a part. */
  private Reception object(RequestHead head, SignatureV4.Verified verified, S3Body.Then then)
      throws IOException {
    long expected = S3Body.expected(head);
    if (expected < 0 && !"chunked".equalsIgnoreCase(head.header("transfer-encoding"))) {
      throw new StoreException(
          411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
    }
    if (expected > LARGEST_BODY) {
      throw new StoreException(
          400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.");
    }
    return new S3Body(head, verified, catalog.sink(expected), counters, then);
  }

  /** A request whose body, if any, is a small document. */
  private static Reception document(
      RequestHead head, SignatureV4.Verified verified, DocumentReception.Finish finish) {
    if (S3Body.expected(head) > DocumentReception.LIMIT) {
      throw new StoreException(400, "MaxMessageLengthExceeded", "Your request was too large.");
    }
    ContentSink sink = new MemoryBacking().sink(S3Body.expected(head));
    return new S3Body(
        head,
        verified,
        sink,
        null,
        (received, checksums) -> {
          byte[] body = new byte[Math.toIntExact(received.content().size())];
          received.content().read(0, ByteBuffer.wrap(body));
          return finish.answer(body);
        });
  }

  @Override
  public Answer refusal(RequestHead head, Exception failure) {
    if (!(failure instanceof StoreException refused)) {
      LOG.log(
          Logger.Level.WARNING, "S3 " + head.method() + " " + head.rawPath() + " failed", failure);
      return refusal(
          head,
          new StoreException(
              500, "InternalError", "We encountered an internal error. Please try again."));
    }
    Answer.Builder answer = Answer.status(refused.status()).headers(refused.headers());
    if (refused.status() == 304) {
      return answer.empty();
    }
    return answer.text(
        "application/xml",
        Xml.root("Error")
            .leaf("Code", refused.code())
            .leaf("Message", String.valueOf(refused.getMessage()))
            .leaf("Resource", head.rawPath())
            .leaf("RequestId", Long.toHexString(requestIds.get()))
            .document());
  }

  @Override
  public void decorate(HttpHeaders answer) {
    answer.set(
        "x-amz-request-id",
        Long.toHexString(requestIds.incrementAndGet()).toUpperCase(Locale.ROOT));
    answer.set("x-amz-id-2", "emulator");
    answer.set("Date", Conditionals.httpDate(faults.now()));
    answer.set("Server", "AmazonS3");
  }
}
