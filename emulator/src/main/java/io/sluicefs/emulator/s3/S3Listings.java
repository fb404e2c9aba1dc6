// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.PercentCoding;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.Xml;
import io.sluicefs.emulator.store.Catalog;
import io.sluicefs.emulator.store.Listing;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.UnaryOperator;

/** Pages of a bucket's objects. */
final class S3Listings {
  static final int LARGEST_PAGE = 1000;

  private final Catalog catalog;

  S3Listings(Catalog catalog) {
    this.catalog = catalog;
  }

  Answer version2(RequestHead head, String bucket) {
    String token = head.parameter("continuation-token");
    String startAfter = head.parameter("start-after", "");
    Listing.Query query = query(head, token == null ? startAfter : marker(token));
    Listing page = Listing.of(catalog.bucket(bucket), query);
    UnaryOperator<String> coding = coding(head);
    Xml xml = Xml.root("ListBucketResult", S3Dialect.NAMESPACE);
    header(xml, head, bucket, query, page);
    xml.leaf("KeyCount", page.count());
    if (token != null) {
      xml.leaf("ContinuationToken", token);
    }
    if (page.next() != null) {
      xml.leaf("NextContinuationToken", token(page.next()));
    }
    if (!startAfter.isEmpty()) {
      xml.leaf("StartAfter", coding.apply(startAfter));
    }
    entries(xml, page, coding, "true".equals(head.parameter("fetch-owner")));
    return Answer.status(200).text("application/xml", xml.document());
  }

  Answer version1(RequestHead head, String bucket) {
    String marker = head.parameter("marker", "");
    Listing.Query query = query(head, marker);
    Listing page = Listing.of(catalog.bucket(bucket), query);
    UnaryOperator<String> coding = coding(head);
    Xml xml = Xml.root("ListBucketResult", S3Dialect.NAMESPACE);
    header(xml, head, bucket, query, page);
    xml.leaf("Marker", coding.apply(marker));
    // S3 names the next marker only where it cannot be the last key of the page.
    if (page.next() != null && !query.delimiter().isEmpty()) {
      xml.leaf("NextMarker", coding.apply(page.next()));
    }
    entries(xml, page, coding, true);
    return Answer.status(200).text("application/xml", xml.document());
  }

  private static void header(
      Xml xml, RequestHead head, String bucket, Listing.Query query, Listing page) {
    UnaryOperator<String> coding = coding(head);
    xml.leaf("Name", bucket)
        .leaf("Prefix", coding.apply(query.prefix()))
        .leaf("MaxKeys", query.limit());
    if (!query.delimiter().isEmpty()) {
      xml.leaf("Delimiter", coding.apply(query.delimiter()));
    }
    if ("url".equals(head.parameter("encoding-type"))) {
      xml.leaf("EncodingType", "url");
    }
    xml.leaf("IsTruncated", page.next() != null);
  }

  private static void entries(Xml xml, Listing page, UnaryOperator<String> coding, boolean owner) {
    for (StoredObject object : page.objects()) {
      xml.begin("Contents")
          .leaf("Key", coding.apply(object.key()))
          .leaf("LastModified", object.lastModified())
          .leaf("ETag", S3Objects.quoted(object.etag()))
          .leaf("Size", object.size());
      if (owner) {
        xml.begin("Owner").leaf("ID", "emulator").end();
      }
      xml.leaf("StorageClass", "STANDARD").end();
    }
    for (String prefix : page.prefixes()) {
      xml.begin("CommonPrefixes").leaf("Prefix", coding.apply(prefix)).end();
    }
  }

  private static Listing.Query query(RequestHead head, String marker) {
    return new Listing.Query(
        head.parameter("prefix", ""),
        head.parameter("delimiter", ""),
        marker,
        Math.min(limit(head, "max-keys", LARGEST_PAGE), LARGEST_PAGE));
  }

  /** A number of zero or more. */
  static int limit(RequestHead head, String parameter, int otherwise) {
    String value = head.parameter(parameter, "");
    try {
      int limit = value.isEmpty() ? otherwise : Integer.parseInt(value);
      if (limit >= 0) {
        return limit;
      }
    } catch (NumberFormatException e) {
      throw new StoreException(
          400,
          "InvalidArgument",
          "Provided " + parameter + " not an integer or within integer range");
    }
    throw new StoreException(
        400,
        "InvalidArgument",
        "Argument " + parameter + " must be an integer between 0 and 2147483647");
  }

  /** How keys are written in the answer. */
  static UnaryOperator<String> coding(RequestHead head) {
    return "url".equals(head.parameter("encoding-type")) ? PercentCoding::encodePath : key -> key;
  }

  private static String token(String marker) {
    return Base64.getUrlEncoder().encodeToString(marker.getBytes(StandardCharsets.UTF_8));
  }

  private static String marker(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new StoreException(
          400, "InvalidArgument", "The continuation token provided is incorrect");
    }
  }
}
