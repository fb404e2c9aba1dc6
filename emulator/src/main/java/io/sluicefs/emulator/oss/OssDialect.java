// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

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
import java.io.IOException;
import java.lang.System.Logger;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;

/** Speaks OSS: finds out what is asked, checks the signature, and has it done. */
public final class OssDialect implements Dialect {
  private static final Logger LOG = System.getLogger(OssDialect.class.getName());

  private final Catalog catalog;
  private final Counters counters;
  private final Faults faults;
  private final Signatures signatures;
  private final OssObjects objects;
  private final OssWrites writes;
  private final OssMultipart multipart;
  private final OssListings listings;
  private final OssBuckets buckets;
  private final AtomicLong requestIds = new AtomicLong(System.nanoTime());

  public OssDialect(
      Catalog catalog,
      Counters counters,
      Faults faults,
      Identity identity,
      EmulatorOptions options) {
    this.catalog = catalog;
    this.counters = counters;
    this.faults = faults;
    this.signatures =
        new Signatures(identity, options.authentication(), options.ossRegion(), faults::now);
    this.objects = new OssObjects(catalog);
    this.writes = new OssWrites(catalog);
    this.multipart = new OssMultipart(catalog, writes);
    this.listings = new OssListings(catalog);
    this.buckets = new OssBuckets(catalog, options.ossRegion());
  }

  @Override
  public Reception begin(RequestHead head) throws IOException {
    Address address = Address.of(head);
    OssOperation operation = OssOperation.of(head, address);
    counters.request(operation.kind());
    signatures.verify(head, address);
    return FaultyReception.begin(
        faults,
        operation.kind(),
        head,
        address,
        this,
        catalog,
        taken -> reception(operation, taken, address));
  }

  private Reception reception(OssOperation operation, RequestHead head, Address address)
      throws IOException {
    String bucket = address.bucket();
    return switch (operation) {
      case LIST_BUCKETS -> Reception.withoutBody(() -> buckets.list(head));
      case CREATE_BUCKET -> new DocumentReception(body -> buckets.create(bucket));
      case DELETE_BUCKET -> new DocumentReception(body -> buckets.delete(bucket));
      case BUCKET_INFO -> Reception.withoutBody(() -> buckets.info(head, bucket));
      case BUCKET_LOCATION -> Reception.withoutBody(() -> buckets.location(bucket));
      case GET_ACL -> Reception.withoutBody(() -> buckets.acl(bucket, address.key()));
      case PUT_ACL -> new DocumentReception(body -> buckets.setAcl(bucket));
      case LIST_OBJECTS -> Reception.withoutBody(() -> listings.list(head, bucket));
      case LIST_UPLOADS -> Reception.withoutBody(() -> multipart.listUploads(head, bucket));
      case DELETE_OBJECTS -> new DocumentReception(body -> writes.deleteBatch(head, bucket, body));
      case GET_OBJECT, HEAD_OBJECT -> Reception.withoutBody(() -> objects.read(head, address));
      case OBJECT_META -> Reception.withoutBody(() -> objects.meta(address));
      case GET_SYMLINK -> Reception.withoutBody(() -> objects.symlink(address));
      case PUT_OBJECT -> {
        OssHeaders.precondition(head).check(catalog.bucket(bucket).get(address.key()).orElse(null));
        yield object(head, received -> writes.put(head, address, received));
      }
      case APPEND_OBJECT -> {
        catalog.bucket(bucket);
        yield object(head, received -> writes.append(head, address, received));
      }
      case COPY_OBJECT -> new DocumentReception(body -> writes.copy(head, address));
      case PUT_SYMLINK -> new DocumentReception(body -> writes.putSymlink(head, address));
      case DELETE_OBJECT -> new DocumentReception(body -> writes.delete(address));
      case GET_TAGGING -> Reception.withoutBody(() -> writes.tags(address));
      case PUT_TAGGING -> new DocumentReception(body -> writes.setTags(address, body));
      case DELETE_TAGGING -> new DocumentReception(body -> writes.deleteTags(address));
      case INITIATE_UPLOAD -> new DocumentReception(body -> multipart.initiate(head, address));
      case UPLOAD_PART -> {
        multipart.pending(head, address);
        yield object(head, received -> multipart.uploadPart(head, address, received));
      }
      case UPLOAD_PART_COPY -> new DocumentReception(body -> multipart.copyPart(head, address));
      case LIST_PARTS -> Reception.withoutBody(() -> multipart.listParts(head, address));
      case COMPLETE_UPLOAD ->
          new DocumentReception(body -> multipart.complete(head, address, body));
      case ABORT_UPLOAD -> new DocumentReception(body -> multipart.abort(head, address));
      case UNKNOWN ->
          throw new StoreException(
              501,
              "NotImplemented",
              "A header you provided implies functionality that is not implemented.");
    };
  }

  private Reception object(RequestHead head, OssBody.Then then) throws IOException {
    return new OssBody(head, catalog.sink(head.contentLength()), counters, then);
  }

  @Override
  public Answer refusal(RequestHead head, Exception failure) {
    if (!(failure instanceof StoreException refused)) {
      LOG.log(
          Logger.Level.WARNING, "OSS " + head.method() + " " + head.rawPath() + " failed", failure);
      return refusal(
          head,
          new StoreException(
              500, "InternalError", "We encountered an internal error. Please try again."));
    }
    Answer.Builder answer = Answer.status(refused.status()).headers(refused.headers());
    if (refused.status() == 304) {
      return answer.empty();
    }
    String document =
        Xml.root("Error")
            .leaf("Code", refused.code())
            .leaf("Message", String.valueOf(refused.getMessage()))
            .leaf("RequestId", requestId(requestIds.get()))
            .leaf("HostId", head.header("host", ""))
            .document();
    if (head.method().equals("HEAD")) {
      // A HEAD has no body to say why in.
      answer.header(
          "x-oss-err",
          Base64.getEncoder().encodeToString(document.getBytes(StandardCharsets.UTF_8)));
    }
    return answer.text("application/xml", document);
  }

  private static String requestId(long number) {
    return String.format("%024X", number);
  }

  @Override
  public void decorate(HttpHeaders answer) {
    answer.set("x-oss-request-id", requestId(requestIds.incrementAndGet()));
    answer.set("Date", Conditionals.httpDate(faults.now()));
    answer.set("Server", "AliyunOSS");
  }
}
