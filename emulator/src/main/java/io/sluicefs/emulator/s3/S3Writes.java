// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.PercentCoding;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.Xml;
import io.sluicefs.emulator.http.XmlElement;
import io.sluicefs.emulator.store.Bucket;
import io.sluicefs.emulator.store.Catalog;
import io.sluicefs.emulator.store.ObjectDraft;
import io.sluicefs.emulator.store.ObjectHeaders;
import io.sluicefs.emulator.store.Receipt;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes, copies, deletes and tags objects. */
final class S3Writes {
  /** The largest object one request can copy. */
  static final long LARGEST_COPY = 5L << 30;

  private static final int LARGEST_BATCH = 1000;

  private final Catalog catalog;

  S3Writes(Catalog catalog) {
    this.catalog = catalog;
  }

  Answer put(
      RequestHead head, Address address, Receipt.Received received, Map<String, String> checksums)
      throws IOException {
    Map<String, String> kept = withType(checksums);
    StoredObject object =
        catalog
            .bucket(address.bucket())
            .publish(
                ObjectDraft.of(
                    address.key(), received.etag(), S3Headers.of(head), kept, received.content()),
                S3Headers.precondition(head));
    return Answer.status(200)
        .header("ETag", S3Objects.quoted(object.etag()))
        .headers(S3Checksum.headers(kept))
        .empty();
  }

  private static Map<String, String> withType(Map<String, String> checksums) {
    Map<String, String> kept = new HashMap<>(checksums);
    if (!kept.isEmpty()) {
      kept.put(S3Checksum.TYPE, "FULL_OBJECT");
    }
    return kept;
  }

  Answer copy(RequestHead head, Address address) throws IOException {
    StoredObject source = source(head);
    boolean replace = "REPLACE".equalsIgnoreCase(head.header("x-amz-metadata-directive"));
    boolean replaceTags = "REPLACE".equalsIgnoreCase(head.header("x-amz-tagging-directive"));
    if (source.size() > LARGEST_COPY) {
      throw new StoreException(
          400,
          "InvalidRequest",
          "The specified copy source is larger than the maximum allowable size for a copy source: "
              + LARGEST_COPY);
    }
    boolean itself = source.bucket().equals(address.bucket()) && source.key().equals(address.key());
    if (itself && !replace && !replaceTags) {
      throw new StoreException(
          400,
          "InvalidRequest",
          "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.");
    }
    ObjectHeaders given = S3Headers.of(head);
    ObjectHeaders headers =
        new ObjectHeaders(
            replace ? given.http() : source.headers(),
            replace ? given.metadata() : source.metadata(),
            replaceTags ? given.tags() : source.tags());
    StoredObject copy =
        catalog
            .bucket(address.bucket())
            .publish(
                ObjectDraft.of(
                    address.key(), source.etag(), headers, source.checksums(), source.content()),
                S3Headers.precondition(head));
    Xml xml = Xml.root("CopyObjectResult", S3Dialect.NAMESPACE);
    xml.leaf("LastModified", copy.lastModified()).leaf("ETag", S3Objects.quoted(copy.etag()));
    S3Checksum.leaves(xml, copy.checksums());
    return Answer.status(200).text("application/xml", xml.document());
  }

  /** The object that x-amz-copy-source names, its conditions met. */
  StoredObject source(RequestHead head) {
    String header = head.header("x-amz-copy-source", "");
    int version = header.indexOf("?versionId=");
    String path = PercentCoding.decode(version < 0 ? header : header.substring(0, version));
    String relative = path.startsWith("/") ? path.substring(1) : path;
    int slash = relative.indexOf('/');
    if (slash <= 0) {
      throw new StoreException(
          400,
          "InvalidArgument",
          "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
    }
    StoredObject source =
        catalog.bucket(relative.substring(0, slash)).require(relative.substring(slash + 1));
    S3Headers.checkCopySource(head, source);
    return source;
  }

  Answer delete(Address address) throws IOException {
    catalog.bucket(address.bucket()).delete(address.key());
    return Answer.status(204).empty();
  }

  Answer deleteBatch(String bucketName, byte[] document) throws IOException {
    Bucket bucket = catalog.bucket(bucketName);
    XmlElement delete = XmlElement.parse(document, "Delete");
    List<XmlElement> objects = delete.children("Object");
    if (objects.isEmpty() || objects.size() > LARGEST_BATCH) {
      throw new StoreException(
          400,
          "MalformedXML",
          "The XML you provided was not well-formed or did not validate against our published schema.");
    }
    boolean quiet = "true".equals(delete.text("Quiet"));
    Xml xml = Xml.root("DeleteResult", S3Dialect.NAMESPACE);
    for (XmlElement object : objects) {
      String key = object.required("Key");
      bucket.delete(key);
      if (!quiet) {
        xml.begin("Deleted").leaf("Key", key).end();
      }
    }
    return Answer.status(200).text("application/xml", xml.document());
  }

  Answer tags(Address address) {
    StoredObject object = catalog.bucket(address.bucket()).require(address.key());
    Xml xml = Xml.root("Tagging", S3Dialect.NAMESPACE).begin("TagSet");
    object
        .tags()
        .forEach((name, value) -> xml.begin("Tag").leaf("Key", name).leaf("Value", value).end());
    return Answer.status(200).text("application/xml", xml.document());
  }

  Answer setTags(Address address, byte[] document) throws IOException {
    XmlElement set = XmlElement.parse(document, "Tagging").child("TagSet");
    Map<String, String> tags = new LinkedHashMap<>();
    for (XmlElement tag : set == null ? List.<XmlElement>of() : set.children("Tag")) {
      tags.put(tag.required("Key"), tag.required("Value"));
    }
    catalog.bucket(address.bucket()).describe(address.key(), object -> object.withTags(tags));
    return Answer.status(200).empty();
  }

  Answer deleteTags(Address address) throws IOException {
    catalog.bucket(address.bucket()).describe(address.key(), object -> object.withTags(Map.of()));
    return Answer.status(204).empty();
  }
}
