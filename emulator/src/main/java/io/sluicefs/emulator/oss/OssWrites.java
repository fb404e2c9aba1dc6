// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.PercentCoding;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.Xml;
import io.sluicefs.emulator.http.XmlElement;
import io.sluicefs.emulator.store.Bucket;
import io.sluicefs.emulator.store.Catalog;
import io.sluicefs.emulator.store.Digests;
import io.sluicefs.emulator.store.ObjectDraft;
import io.sluicefs.emulator.store.ObjectHeaders;
import io.sluicefs.emulator.store.Receipt;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes, appends, copies, links, deletes and tags objects. */
final class OssWrites {
  private static final int LARGEST_BATCH = 1000;

  private final Catalog catalog;

  OssWrites(Catalog catalog) {
    this.catalog = catalog;
  }

  Answer put(RequestHead head, Address address, Receipt.Received received) throws IOException {
    StoredObject object =
        catalog
            .bucket(address.bucket())
            .publish(
                ObjectDraft.of(
                    address.key(),
                    received.etag(),
                    OssHeaders.of(head),
                    Map.of(),
                    received.content()),
                OssHeaders.precondition(head));
    return OssHeaders.written(object.etag(), object.content())
        .header("Content-MD5", Base64.getEncoder().encodeToString(received.md5()))
        .empty();
  }

  Answer append(RequestHead head, Address address, Receipt.Received received) throws IOException {
    long position = SignatureV4.seconds(head.parameter("position", ""));
    StoredObject object =
        catalog
            .bucket(address.bucket())
            .append(
                address.key(),
                received.content(),
                current -> {
                  checkAppend(current, position);
                  return new ObjectDraft(
                      address.key(),
                      current == null
                          ? received.etag()
                          : Digests.md5Hex(current.etag() + received.etag()),
                      StoredObject.Type.APPENDABLE,
                      current == null ? OssHeaders.of(head) : ObjectHeaders.of(current),
                      Map.of(),
                      null,
                      received.content());
                });
    return OssHeaders.written(object.etag(), object.content())
        .header("x-oss-next-append-position", Long.toString(object.size()))
        .empty();
  }

  private static void checkAppend(@Nullable StoredObject current, long position) {
    if (current != null && current.type() != StoredObject.Type.APPENDABLE) {
      throw new StoreException(409, "ObjectNotAppendable", "The object is not appendable");
    }
    long size = current == null ? 0 : current.size();
    if (position != size) {
      throw new StoreException(
          409,
          "PositionNotEqualToLength",
          "Position is not equal to file length",
          Map.of("x-oss-next-append-position", Long.toString(size)));
    }
  }

  Answer copy(RequestHead head, Address address) throws IOException {
    StoredObject source = source(head);
    boolean replace = "REPLACE".equalsIgnoreCase(head.header("x-oss-metadata-directive"));
    boolean replaceTags = "REPLACE".equalsIgnoreCase(head.header("x-oss-tagging-directive"));
    ObjectHeaders given = OssHeaders.of(head);
    ObjectHeaders headers =
        new ObjectHeaders(
            replace ? given.http() : source.headers(),
            replace ? given.metadata() : source.metadata(),
            replaceTags ? given.tags() : source.tags());
    StoredObject copy =
        catalog
            .bucket(address.bucket())
            .publish(
                new ObjectDraft(
                    address.key(),
                    source.etag(),
                    source.type(),
                    headers,
                    source.checksums(),
                    source.linkTarget(),
                    source.content()),
                OssHeaders.precondition(head));
    return Answer.status(200)
        .header("x-oss-hash-crc64ecma", OssHeaders.crc(copy.content()))
        .text(
            "application/xml",
            Xml.root("CopyObjectResult")
                .leaf("LastModified", copy.lastModified())
                .leaf("ETag", OssHeaders.etag(copy.etag()))
                .document());
  }

  /** The object that x-oss-copy-source names, its conditions met. */
  StoredObject source(RequestHead head) {
    String path = PercentCoding.decode(head.header("x-oss-copy-source", ""));
    String relative = path.startsWith("/") ? path.substring(1) : path;
    int slash = relative.indexOf('/');
    if (slash <= 0) {
      throw new StoreException(
          400, "InvalidArgument", "Copy Source must mention the source bucket and key.");
    }
    StoredObject source =
        catalog.bucket(relative.substring(0, slash)).require(relative.substring(slash + 1));
    OssHeaders.check(Conditionals.of(head, "x-oss-copy-source-"), source);
    return source;
  }

  Answer putSymlink(RequestHead head, Address address) throws IOException {
    String target = PercentCoding.decode(head.header("x-oss-symlink-target", ""));
    if (target.isEmpty()) {
      throw new StoreException(400, "InvalidArgument", "x-oss-symlink-target must name an object.");
    }
    Receipt receipt = new Receipt(catalog.sink(0));
    StoredObject link =
        catalog
            .bucket(address.bucket())
            .publish(
                new ObjectDraft(
                    address.key(),
                    Digests.md5Hex("symlink " + target),
                    StoredObject.Type.SYMLINK,
                    OssHeaders.of(head),
                    Map.of(),
                    target,
                    receipt.finish().content()),
                OssHeaders.precondition(head));
    return Answer.status(200).header("ETag", OssHeaders.etag(link.etag())).empty();
  }

  Answer delete(Address address) throws IOException {
    catalog.bucket(address.bucket()).delete(address.key());
    return Answer.status(204).empty();
  }

  Answer deleteBatch(RequestHead head, String bucketName, byte[] document) throws IOException {
    Bucket bucket = catalog.bucket(bucketName);
    String md5 = head.header("content-md5");
    if (md5 != null
        && !md5.equals(Base64.getEncoder().encodeToString(Digests.md5().digest(document)))) {
      throw new StoreException(
          400, "InvalidDigest", "The Content-MD5 you specified did not match what we received.");
    }
    XmlElement delete = XmlElement.parse(document, "Delete");
    List<XmlElement> objects = delete.children("Object");
    if (objects.size() > LARGEST_BATCH) {
      throw new StoreException(400, "MalformedXML", "The XML you provided was not well-formed.");
    }
    boolean url = "url".equals(head.parameter("encoding-type"));
    boolean quiet = "true".equals(delete.text("Quiet"));
    Xml xml = Xml.root("DeleteResult");
    if (url) {
      xml.leaf("EncodingType", "url");
    }
    for (XmlElement object : objects) {
      String key = object.required("Key");
      bucket.delete(key);
      if (!quiet) {
        xml.begin("Deleted").leaf("Key", url ? PercentCoding.encode(key) : key).end();
      }
    }
    return quiet
        ? Answer.status(200).empty()
        : Answer.status(200).text("application/xml", xml.document());
  }

  Answer tags(Address address) {
    StoredObject object = catalog.bucket(address.bucket()).require(address.key());
    Xml xml = Xml.root("Tagging").begin("TagSet");
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
