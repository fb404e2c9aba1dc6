// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

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
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Multipart uploads. */
final class OssMultipart {
  private static final long SMALLEST_PART = 100 << 10;
  private static final int MOST_PARTS = 10_000;

  private final Catalog catalog;
  private final OssWrites writes;

  OssMultipart(Catalog catalog, OssWrites writes) {
    this.catalog = catalog;
    this.writes = writes;
  }

  private Uploads uploads(Address address) {
    return catalog.bucket(address.bucket()).uploads();
  }

  Upload pending(RequestHead head, Address address) {
    return uploads(address).require(address.key(), head.parameter("uploadId", ""));
  }

  private static int partNumber(RequestHead head) {
    int number = OssListings.limit(head, "partNumber", 0, MOST_PARTS);
    if (number == 0) {
      throw new StoreException(
          400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
    }
    return number;
  }

  Answer initiate(RequestHead head, Address address) {
    OssHeaders.precondition(head)
        .check(catalog.bucket(address.bucket()).get(address.key()).orElse(null));
    Upload upload = uploads(address).initiate(address.key(), OssHeaders.of(head), Map.of());
    return Answer.status(200)
        .text(
            "application/xml",
            Xml.root("InitiateMultipartUploadResult")
                .leaf("Bucket", address.bucket())
                .leaf("Key", OssListings.coding(head).apply(address.key()))
                .leaf("UploadId", upload.id())
                .document());
  }

  Answer uploadPart(RequestHead head, Address address, Receipt.Received received)
      throws IOException {
    uploads(address)
        .add(
            pending(head, address),
            partNumber(head),
            received.etag(),
            Map.of(),
            received.content());
    return OssHeaders.written(received.etag(), received.content()).empty();
  }

  Answer copyPart(RequestHead head, Address address) throws IOException {
    Upload upload = pending(head, address);
    int number = partNumber(head);
    StoredObject source = writes.source(head);
    RequestedRange range = RequestedRange.parse(head.header("x-oss-copy-source-range"));
    Content content =
        range == null || !range.within(source.size())
            ? source.content()
            : source.content().slice(range.offset(source.size()), range.length(source.size()));
    Upload.Part part = uploads(address).add(upload, number, Etags.of(content), Map.of(), content);
    return Answer.status(200)
        .header("x-oss-hash-crc64ecma", OssHeaders.crc(part.content()))
        .text(
            "application/xml",
            Xml.root("CopyPartResult")
                .leaf("LastModified", part.lastModified())
                .leaf("ETag", OssHeaders.etag(part.etag()))
                .document());
  }

  Answer complete(RequestHead head, Address address, byte[] document) throws IOException {
    Upload upload = pending(head, address);
    List<Upload.Part> parts = Uploads.chosen(upload, names(head, upload, document), SMALLEST_PART);
    StoredObject object =
        uploads(address).complete(upload, parts, Map.of(), OssHeaders.precondition(head));
    return Answer.status(200)
        .header("x-oss-hash-crc64ecma", OssHeaders.crc(object.content()))
        .text(
            "application/xml",
            Xml.root("CompleteMultipartUploadResult")
                .leaf("Location", "http://" + head.header("host", "") + head.rawPath())
                .leaf("Bucket", address.bucket())
                .leaf("Key", OssListings.coding(head).apply(address.key()))
                .leaf("ETag", OssHeaders.etag(object.etag()))
                .document());
  }

  private static List<Uploads.PartName> names(RequestHead head, Upload upload, byte[] document) {
    List<Uploads.PartName> names = new ArrayList<>();
    if ("yes".equalsIgnoreCase(head.header("x-oss-complete-all"))) {
      upload
          .parts()
          .values()
          .forEach(part -> names.add(new Uploads.PartName(part.number(), part.etag())));
      return names;
    }
    for (XmlElement part : XmlElement.parse(document, "CompleteMultipartUpload").children("Part")) {
      names.add(
          new Uploads.PartName(
              Integer.parseInt(part.required("PartNumber").trim()),
              Conditionals.bare(part.required("ETag"))));
    }
    return names;
  }

  Answer abort(RequestHead head, Address address) {
    uploads(address).abort(pending(head, address));
    return Answer.status(204).empty();
  }

  Answer listParts(RequestHead head, Address address) throws IOException {
    Upload upload = pending(head, address);
    int marker = OssListings.limit(head, "part-number-marker", 0, MOST_PARTS);
    int limit =
        OssListings.limit(head, "max-parts", OssListings.LARGEST_PAGE, OssListings.LARGEST_PAGE);
    List<Upload.Part> after = List.copyOf(upload.parts().tailMap(marker, false).values());
    List<Upload.Part> page = after.subList(0, Math.min(limit, after.size()));
    Xml xml =
        Xml.root("ListPartsResult")
            .leaf("Bucket", address.bucket())
            .leaf("Key", OssListings.coding(head).apply(address.key()))
            .leaf("UploadId", upload.id())
            .leaf("StorageClass", "Standard")
            .leaf("PartNumberMarker", marker)
            .leaf("NextPartNumberMarker", page.isEmpty() ? 0 : page.getLast().number())
            .leaf("MaxParts", limit)
            .leaf("IsTruncated", page.size() < after.size());
    for (Upload.Part part : page) {
      xml.begin("Part")
          .leaf("PartNumber", part.number())
          .leaf("LastModified", part.lastModified())
          .leaf("ETag", OssHeaders.etag(part.etag()))
          .leaf("HashCrc64ecma", OssHeaders.crc(part.content()))
          .leaf("Size", part.content().size())
          .end();
    }
    return Answer.status(200).text("application/xml", xml.document());
  }

  Answer listUploads(RequestHead head, String bucket) {
    String prefix = head.parameter("prefix", "");
    String keyMarker = head.parameter("key-marker", "");
    String idMarker = head.parameter("upload-id-marker", "");
    int limit =
        OssListings.limit(head, "max-uploads", OssListings.LARGEST_PAGE, OssListings.LARGEST_PAGE);
    UnaryOperator<String> coding = OssListings.coding(head);
    List<Upload> after = catalog.bucket(bucket).uploads().after(prefix, keyMarker, idMarker);
    List<Upload> page = after.subList(0, Math.min(limit, after.size()));
    boolean truncated = page.size() < after.size() && !page.isEmpty();
    Xml xml =
        Xml.root("ListMultipartUploadsResult")
            .leaf("Bucket", bucket)
            .leaf("KeyMarker", coding.apply(keyMarker))
            .leaf("UploadIdMarker", idMarker)
            .leaf("NextKeyMarker", truncated ? coding.apply(page.getLast().key()) : "")
            .leaf("NextUploadIdMarker", truncated ? page.getLast().id() : "")
            .leaf("Delimiter", "")
            .leaf("Prefix", coding.apply(prefix))
            .leaf("MaxUploads", limit)
            .leaf("IsTruncated", truncated);
    for (Upload upload : page) {
      xml.begin("Upload")
          .leaf("Key", coding.apply(upload.key()))
          .leaf("UploadId", upload.id())
          .leaf("Initiated", upload.initiated())
          .leaf("StorageClass", "Standard")
          .end();
    }
    return Answer.status(200).text("application/xml", xml.document());
  }
}
