// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

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
final class OssListings {
  static final int LARGEST_PAGE = 1000;

  private static final int USUAL_PAGE = 100;

  private final Catalog catalog;

  OssListings(Catalog catalog) {
    this.catalog = catalog;
  }

  Answer list(RequestHead head, String bucket) {
    boolean version2 = "2".equals(head.parameter("list-type"));
    String token = head.parameter("continuation-token");
    String marker = head.parameter(version2 ? "start-after" : "marker", "");
    Listing.Query query =
        new Listing.Query(
            head.parameter("prefix", ""),
            head.parameter("delimiter", ""),
            version2 && token != null ? marker(token) : marker,
            pageSize(head));
    Listing page = Listing.of(catalog.bucket(bucket), query);
    UnaryOperator<String> coding = coding(head);
    Xml xml =
        Xml.root("ListBucketResult")
            .leaf("Name", bucket)
            .leaf("Prefix", coding.apply(query.prefix()))
            .leaf("MaxKeys", query.limit())
            .leaf("Delimiter", coding.apply(query.delimiter()))
            .leaf("IsTruncated", page.next() != null);
    if ("url".equals(head.parameter("encoding-type"))) {
      xml.leaf("EncodingType", "url");
    }
    if (version2) {
      xml.leaf("StartAfter", coding.apply(marker)).leaf("KeyCount", page.count());
      if (token != null) {
        xml.leaf("ContinuationToken", token);
      }
      if (page.next() != null) {
        xml.leaf("NextContinuationToken", token(page.next()));
      }
    } else {
      xml.leaf("Marker", coding.apply(marker));
      if (page.next() != null) {
        xml.leaf("NextMarker", coding.apply(page.next()));
      }
    }
    entries(xml, page, coding, !version2 || "true".equals(head.parameter("fetch-owner")));
    return Answer.status(200).text("application/xml", xml.document());
  }

  private static void entries(Xml xml, Listing page, UnaryOperator<String> coding, boolean owner) {
    for (StoredObject object : page.objects()) {
      xml.begin("Contents")
          .leaf("Key", coding.apply(object.key()))
          .leaf("LastModified", object.lastModified())
          .leaf("ETag", OssHeaders.etag(object.etag()))
          .leaf("Type", OssHeaders.type(object))
          .leaf("Size", object.size())
          .leaf("StorageClass", "Standard");
      if (owner) {
        xml.begin("Owner").leaf("ID", "0").leaf("DisplayName", "emulator").end();
      }
      xml.end();
    }
    for (String prefix : page.prefixes()) {
      xml.begin("CommonPrefixes").leaf("Prefix", coding.apply(prefix)).end();
    }
  }

  private static int pageSize(RequestHead head) {
    int size = limit(head, "max-keys", USUAL_PAGE, LARGEST_PAGE);
    if (size == 0) {
      throw outOfRange("max-keys", LARGEST_PAGE);
    }
    return size;
  }

  /** A number from zero to the largest. */
  static int limit(RequestHead head, String parameter, int otherwise, int largest) {
    String value = head.parameter(parameter, "");
    int limit;
    try {
      limit = value.isEmpty() ? otherwise : Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw outOfRange(parameter, largest);
    }
    if (limit < 0 || limit > largest) {
      throw outOfRange(parameter, largest);
    }
    return limit;
  }

  private static StoreException outOfRange(String parameter, int largest) {
    return new StoreException(
        400,
        "InvalidArgument",
        "Argument " + parameter + " must be an integer up to " + largest + ".");
  }

  /** How keys are written in the answer. */
  static UnaryOperator<String> coding(RequestHead head) {
    return "url".equals(head.parameter("encoding-type")) ? PercentCoding::encode : key -> key;
  }

  private static String token(String marker) {
    return Base64.getUrlEncoder().encodeToString(marker.getBytes(StandardCharsets.UTF_8));
  }

  private static String marker(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new StoreException(
          400, "InvalidArgument", "The continuation token provided is incorrect.");
    }
  }
}
