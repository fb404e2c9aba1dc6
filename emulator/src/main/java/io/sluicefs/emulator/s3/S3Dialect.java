// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.netty.handler.codec.http.HttpHeaders;
import io.sluicefs.emulator.Counters;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.Dialect;
import io.sluicefs.emulator.http.Reception;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.Xml;
import io.sluicefs.emulator.store.Catalog;
import java.io.IOException;
import java.lang.System.Logger;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Speaks S3: finds out what is asked, checks the signature, and has it done. */
public final class S3Dialect implements Dialect {
  /** The namespace of every document of S3 but errors. */
  static final String NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

  private static final Logger LOG = System.getLogger(S3Dialect.class.getName());

  private final Counters counters;
  private final SignatureV4 signatures;
  private final S3Objects objects;
  private final S3Buckets buckets;
  private final S3Listings listings;
  private final AtomicLong requestIds = new AtomicLong(System.nanoTime());

  public S3Dialect(Catalog catalog, Counters counters, EmulatorOptions options) {
    this.counters = counters;
    this.signatures =
        new SignatureV4(
            options.accessKeyId(),
            options.accessKeySecret(),
            options.authentication(),
            options.s3Region());
    this.objects = new S3Objects(catalog);
    this.buckets = new S3Buckets(catalog, options.s3Region());
    this.listings = new S3Listings(catalog);
  }

  @Override
  public Reception begin(RequestHead head) throws IOException {
    Address address = Address.of(head);
    S3Operation operation = S3Operation.of(head, address);
    counters.request(operation.kind());
    SignatureV4.Verified verified = signatures.verify(head);
    return switch (operation) {
      case GET_OBJECT, HEAD_OBJECT -> Reception.withoutBody(() -> objects.read(head, address));
      case LIST_OBJECTS_V2 ->
          Reception.withoutBody(() -> listings.version2(head, address.bucket()));
      case LIST_OBJECTS_V1 ->
          Reception.withoutBody(() -> listings.version1(head, address.bucket()));
      case LIST_BUCKETS -> Reception.withoutBody(buckets::list);
      case HEAD_BUCKET -> Reception.withoutBody(() -> buckets.head(address.bucket()));
      default ->
          throw new StoreException(
              501,
              "NotImplemented",
              "A header you provided implies functionality that is not implemented. "
                  + verified.hash());
    };
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
    answer.set("Date", Conditionals.httpDate(Instant.now()));
    answer.set("Server", "AmazonS3");
  }
}
