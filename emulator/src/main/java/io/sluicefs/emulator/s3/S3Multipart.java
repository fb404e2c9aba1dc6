// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.RequestedRange;
import io.sluicefs.emulator.http.Xml;
import io.sluicefs.emulator.http.XmlElement;
import io.sluicefs.emulator.store.Catalog;
import io.sluicefs.emulator.store.Content;
import io.sluicefs.emulator.store.Etags;
import io.sluicefs.emulator.store.Receipt;
import io.sluicefs.emulator.store.Upload;
import io.sluicefs.emulator.store.Uploads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Multipart uploads. */
final class S3Multipart {
  private static final long SMALLEST_PART = 5L << 20;
  private static final int MOST_PARTS = 10_000;
  private static final String ALGORITHM = "algorithm";
  private static final String FULL_OBJECT = "FULL_OBJECT";

  private final Catalog catalog;
  private final S3Writes writes;

  S3Multipart(Catalog catalog, S3Writes writes) {
    this.catalog = catalog;
    this.writes = writes;
  }

  private Uploads uploads(Address address) {
    return catalog.bucket(address.bucket()).uploads();
  }

  Upload pending(RequestHead head, Address address) {
    return uploads(address).require(address.key(), head.parameter("uploadId", ""));
  }

  static void checkPartNumber(RequestHead head) {
    int number = partNumber(head);
    if (number < 1 || number > MOST_PARTS) {
      throw badNumber();
    }
  }

  private static int partNumber(RequestHead head) {
    try {
      return Integer.parseInt(head.parameter("partNumber", ""));
    } catch (NumberFormatException e) {
      throw badNumber();
    }
  }

  private static StoreException badNumber() {
    return new StoreException(
        400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
  }

  Answer initiate(RequestHead head, Address address) {
    Map<String, String> attributes = new HashMap<>();
    Answer.Builder answer = Answer.status(200);
    S3Checksum.named(head.header("x-amz-checksum-algorithm"))
        .ifPresent(
            checksum -> {
              String type =
                  head.header(
                      "x-amz-checksum-type",
                      checksum == S3Checksum.CRC64NVME ? FULL_OBJECT : "COMPOSITE");
              attributes.put(ALGORITHM, checksum.name());
              attributes.put(S3Checksum.TYPE, type);
              answer
                  .header("x-amz-checksum-algorithm", checksum.name())
                  .header("x-amz-checksum-type", type);
            });
    Upload upload = uploads(address).initiate(address.key(), S3Headers.of(head), attributes);
    return answer.text(
        "application/xml",
        Xml.root("InitiateMultipartUploadResult", S3Dialect.NAMESPACE)
            .leaf("Bucket", address.bucket())
            .leaf("Key", address.key())
            .leaf("UploadId", upload.id())
            .document());
  }

  Answer uploadPart(
      RequestHead head, Address address, Receipt.Received received, Map<String, String> checksums)
      throws IOException {
    uploads(address)
        .add(
            pending(head, address),
            partNumber(head),
            received.etag(),
            checksums,
            received.content());
    return Answer.status(200)
        .header("ETag", S3Objects.quoted(received.etag()))
        .headers(S3Checksum.headers(checksums))
        .empty();
  }

  Answer copyPart(RequestHead head, Address address) throws IOException {
    Upload upload = pending(head, address);
    checkPartNumber(head);
    int number = partNumber(head);
    StoredObject source = writes.source(head);
    String header = head.header("x-amz-copy-source-range");
    Content content = source.content();
    if (header != null) {
      RequestedRange range = RequestedRange.parse(header);
      if (range == null || range.first() < 0 || range.last() >= source.size()) {
        throw new StoreException(
            400,
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last within the source object of size "
                + source.size());
      }
      content = content.slice(range.first(), range.last() - range.first() + 1);
    }
    if (content.size() > S3Writes.LARGEST_COPY) {
      throw new StoreException(
          400,
          "InvalidRequest",
          "The specified copy source is larger than the maximum allowable size for a copy source: "
              + S3Writes.LARGEST_COPY);
    }
    Map<String, String> checksums = new HashMap<>();
    Optional<S3Checksum> algorithm = S3Checksum.named(upload.attributes().get(ALGORITHM));
    if (algorithm.isPresent()) {
      checksums.put(algorithm.get().word(), algorithm.get().of(content));
    }
    Upload.Part part = uploads(address).add(upload, number, Etags.of(content), checksums, content);
    Xml xml =
        Xml.root("CopyPartResult", S3Dialect.NAMESPACE)
            .leaf("LastModified", part.lastModified())
            .leaf("ETag", S3Objects.quoted(part.etag()));
    S3Checksum.leaves(xml, checksums);
    return Answer.status(200).text("application/xml", xml.document());
  }

  Answer complete(RequestHead head, Address address, byte[] document) throws IOException {
    Upload upload = pending(head, address);
    List<Uploads.PartName> names = new ArrayList<>();
    for (XmlElement part : XmlElement.parse(document, "CompleteMultipartUpload").children("Part")) {
      names.add(
          new Uploads.PartName(
              Integer.parseInt(part.required("PartNumber").trim()),
              Conditionals.bare(part.required("ETag"))));
    }
    List<Upload.Part> parts = Uploads.chosen(upload, names, SMALLEST_PART);
    Map<String, String> checksums = checksums(upload, parts);
    compare(head, checksums);
    StoredObject object =
        uploads(address).complete(upload, parts, checksums, S3Headers.precondition(head));
    Xml xml =
        Xml.root("CompleteMultipartUploadResult", S3Dialect.NAMESPACE)
            .leaf("Location", "/" + address.bucket() + "/" + address.key())
            .leaf("Bucket", address.bucket())
            .leaf("Key", address.key())
            .leaf("ETag", S3Objects.quoted(object.etag()));
    S3Checksum.leaves(xml, checksums);
    return Answer.status(200).text("application/xml", xml.document());
  }

  /** Compares the object's checksums with those the client expects. */
  private static void compare(RequestHead head, Map<String, String> checksums) {
    for (S3Checksum checksum : S3Checksum.values()) {
      String expected = head.header(checksum.header());
      String made = checksums.get(checksum.word());
      if (expected != null && made != null && !expected.equals(made)) {
        throw new StoreException(
            400,
            "BadDigest",
            "The %s you specified did not match what we received.".formatted(checksum.name()));
      }
    }
  }

  /** The object's checksum from those of its parts; none unless every part has one. */
  private static Map<String, String> checksums(Upload upload, List<Upload.Part> parts) {
    Optional<S3Checksum> algorithm = S3Checksum.named(upload.attributes().get(ALGORITHM));
    if (algorithm.isEmpty()
        || parts.stream().anyMatch(part -> !part.checksums().containsKey(algorithm.get().word()))) {
      return Map.of();
    }
    String type = upload.attributes().getOrDefault(S3Checksum.TYPE, FULL_OBJECT);
    String value =
        type.equals(FULL_OBJECT) ? algorithm.get().ofWhole(parts) : algorithm.get().ofParts(parts);
    return Map.of(algorithm.get().word(), value, S3Checksum.TYPE, type);
  }

  Answer abort(RequestHead head, Address address) {
    uploads(address).abort(pending(head, address));
    return Answer.status(204).empty();
  }

  Answer listParts(RequestHead head, Address address) {
    Upload upload = pending(head, address);
    int marker = S3Listings.limit(head, "part-number-marker", 0);
    int limit =
        Math.min(
            S3Listings.LARGEST_PAGE, S3Listings.limit(head, "max-parts", S3Listings.LARGEST_PAGE));
    List<Upload.Part> after = List.copyOf(upload.parts().tailMap(marker, false).values());
    List<Upload.Part> page = after.subList(0, Math.min(limit, after.size()));
    Xml xml =
        Xml.root("ListPartsResult", S3Dialect.NAMESPACE)
            .leaf("Bucket", address.bucket())
            .leaf("Key", address.key())
            .leaf("UploadId", upload.id())
            .leaf("PartNumberMarker", marker)
            .leaf("NextPartNumberMarker", page.isEmpty() ? 0 : page.getLast().number())
            .leaf("MaxParts", limit)
            .leaf("IsTruncated", page.size() < after.size());
    for (Upload.Part part : page) {
      xml.begin("Part")
          .leaf("PartNumber", part.number())
          .leaf("LastModified", part.lastModified())
          .leaf("ETag", S3Objects.quoted(part.etag()))
          .leaf("Size", part.content().size());
      S3Checksum.leaves(xml, part.checksums());
      xml.end();
    }
    return Answer.status(200).text("application/xml", xml.document());
  }

  Answer listUploads(RequestHead head, String bucket) {
    String prefix = head.parameter("prefix", "");
    String keyMarker = head.parameter("key-marker", "");
    String idMarker = head.parameter("upload-id-marker", "");
    int limit =
        Math.min(
            S3Listings.LARGEST_PAGE,
            S3Listings.limit(head, "max-uploads", S3Listings.LARGEST_PAGE));
    UnaryOperator<String> coding = S3Listings.coding(head);
    List<Upload> after = catalog.bucket(bucket).uploads().after(prefix, keyMarker, idMarker);
    List<Upload> page = after.subList(0, Math.min(limit, after.size()));
    Xml xml =
        Xml.root("ListMultipartUploadsResult", S3Dialect.NAMESPACE)
            .leaf("Bucket", bucket)
            .leaf("KeyMarker", coding.apply(keyMarker))
            .leaf("UploadIdMarker", idMarker)
            .leaf("Prefix", coding.apply(prefix))
            .leaf("MaxUploads", limit)
            .leaf("IsTruncated", page.size() < after.size());
    if (page.size() < after.size() && !page.isEmpty()) {
      xml.leaf("NextKeyMarker", coding.apply(page.getLast().key()))
          .leaf("NextUploadIdMarker", page.getLast().id());
    }
    if ("url".equals(head.parameter("encoding-type"))) {
      xml.leaf("EncodingType", "url");
    }
    for (Upload upload : page) {
      xml.begin("Upload")
          .leaf("Key", coding.apply(upload.key()))
          .leaf("UploadId", upload.id())
          .leaf("StorageClass", "STANDARD")
          .leaf("Initiated", upload.initiated())
          .end();
    }
    return Answer.status(200).text("application/xml", xml.document());
  }
}
