// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.CommonPrefix;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Asks for pages of a listing, and believes none that breaks the protocol. */
final class S3Listing {
  private final String what;
  private final ListRequest request;

  private S3Listing(String what, ListRequest request) {
    this.what = what;
    this.request = request;
  }

  /** Returns the SDK's form of a request. */
  static ListObjectsV2Request toSdk(String bucket, ListRequest request) {
    return ListObjectsV2Request.builder()
        .bucket(bucket)
        .prefix(emptyToNull(request.prefix()))
        .delimiter(emptyToNull(request.delimiter()))
        .continuationToken(request.token())
        .maxKeys(request.maxKeys())
        // XML cannot hold every character of a key.
        .encodingType(EncodingType.URL)
        .build();
  }

  private static @Nullable String emptyToNull(String text) {
    return text.isEmpty() ? null : text;
  }

  /** Returns the page an answer holds. */
  static ListPage page(String what, ListRequest request, ListObjectsV2Response answer)
      throws StorageException {
    return new S3Listing(what, request).page(answer);
  }

  private ListPage page(ListObjectsV2Response answer) throws StorageException {
    // A page of HTML, or nothing at all, reads as an empty listing; only this tells them apart.
    if (answer.isTruncated() == null) {
      throw corrupt("it does not say whether it is the last page");
    }
    List<ObjectStat> objects = new ArrayList<>();
    for (S3Object object : answer.contents()) {
      objects.add(stat(object));
    }
    List<String> prefixes = new ArrayList<>();
    for (CommonPrefix common : answer.commonPrefixes()) {
      prefixes.add(checked(common.prefix()));
    }
    return new ListPage(objects, prefixes, nextToken(answer));
  }

  private ObjectStat stat(S3Object object) throws StorageException {
    String key = checked(object.key());
    String etag = object.eTag() == null ? "" : ETags.unquoted(object.eTag());
    Long size = object.size();
    Instant lastModified = object.lastModified();
    if (etag.isEmpty() || size == null || size < 0 || lastModified == null) {
      throw corrupt("an entry has no etag, size or time");
    }
    return new ObjectStat(
        new ObjectId(key, etag),
        size,
        lastModified,
        ObjectStat.Type.DATA,
        Map.of(),
        Objects.requireNonNullElse(object.storageClassAsString(), ""));
  }

  private String checked(@Nullable String key) throws StorageException {
    if (key == null || key.isEmpty() || !key.startsWith(request.prefix())) {
      throw corrupt("an entry is not under the prefix asked for");
    }
    return key;
  }

  private @Nullable String nextToken(ListObjectsV2Response answer) throws StorageException {
    if (!answer.isTruncated()) {
      return null;
    }
    String token = answer.nextContinuationToken();
    if (token == null || token.isEmpty()) {
      throw corrupt("it is cut short without saying how to go on");
    }
    if (token.equals(request.token())) {
      throw corrupt("it leads to itself");
    }
    return token;
  }

  private StorageException corrupt(String problem) {
    return new StorageException(
        Kind.CORRUPT, "%s: the answer is no listing: %s".formatted(what, problem));
  }
}
