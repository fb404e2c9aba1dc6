// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import java.io.IOException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** The pending multipart uploads of a bucket. */
public final class Uploads {
  private final Bucket bucket;
  private final Backing backing;
  private final Map<String, Upload> pending = new ConcurrentHashMap<>();

  Uploads(Bucket bucket, Backing backing) {
    this.bucket = bucket;
    this.backing = backing;
  }

  /**
   * A part as a client names it when it completes an upload; the etag in lower case without quotes.
   */
  public record PartName(int number, String etag) {}

  public Upload initiate(String key, ObjectHeaders headers, Map<String, String> attributes) {
    String id = UUID.randomUUID().toString().replace("-", "");
    Upload upload = new Upload(id, key, Instant.now(), headers, attributes);
    pending.put(id, upload);
    return upload;
  }

  public Upload require(String key, String id) {
    Upload upload = pending.get(id);
    if (upload == null || !upload.key().equals(key)) {
      throw new StoreException(
          404,
          "NoSuchUpload",
          "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.");
    }
    return upload;
  }

  /**
   * Pending uploads by key, then by id.
   *
   * @param prefix only of keys that begin with it
   * @param keyMarker only of keys after it; empty = all
   * @param idMarker of the key that is the marker, only ids after it; empty = none of that key
   */
  public List<Upload> after(String prefix, String keyMarker, String idMarker) {
    return pending.values().stream()
        .filter(upload -> upload.key().startsWith(prefix))
        .filter(
            upload -> {
              int order = keyMarker.isEmpty() ? 1 : KeyOrder.UTF_8.compare(upload.key(), keyMarker);
              return order > 0
                  || (order == 0 && !idMarker.isEmpty() && upload.id().compareTo(idMarker) > 0);
            })
        .sorted(Comparator.comparing(Upload::key, KeyOrder.UTF_8).thenComparing(Upload::id))
        .toList();
  }

  /** Adds a part, replacing one of the same number. */
  public Upload.Part add(
      Upload upload, int number, String etag, Map<String, String> checksums, Content content)
      throws IOException {
    Upload.Part part =
        new Upload.Part(number, etag, checksums, Instant.now(), backing.keep(content));
    Upload.Part before = upload.parts().put(number, part);
    if (before != null) {
      backing.release(before.content());
    }
    return part;
  }

  public void abort(Upload upload) {
    pending.remove(upload.id());
    upload.parts().values().forEach(part -> backing.release(part.content()));
  }

  /**
   * Checks the parts a client names against those uploaded.
   *
   * @param smallest least size of every part but the last
   */
  public static List<Upload.Part> chosen(Upload upload, List<PartName> names, long smallest) {
    if (names.isEmpty()) {
      throw new StoreException(400, "MalformedXML", "You must specify at least one part.");
    }
    List<Upload.Part> parts = new ArrayList<>();
    for (PartName name : names) {
      if (!parts.isEmpty() && name.number() <= parts.getLast().number()) {
        throw new StoreException(
            400,
            "InvalidPartOrder",
            "The list of parts was not in ascending order. The parts list must be specified in order by part number.");
      }
      Upload.Part part = upload.parts().get(name.number());
      if (part == null || !(name.etag().isEmpty() || part.etag().equals(name.etag()))) {
        throw new StoreException(
            400,
            "InvalidPart",
            "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.");
      }
      parts.add(part);
    }
    for (Upload.Part part : parts.subList(0, parts.size() - 1)) {
      if (part.content().size() < smallest) {
        throw new StoreException(
            400,
            "EntityTooSmall",
            "Your proposed upload is smaller than the minimum allowed object size.");
      }
    }
    return parts;
  }

  /** Makes the parts an object; the upload is then over. */
  public StoredObject complete(
      Upload upload,
      List<Upload.Part> parts,
      Map<String, String> checksums,
      Precondition precondition)
      throws IOException {
    List<Content> contents = parts.stream().map(Upload.Part::content).toList();
    ObjectDraft draft =
        new ObjectDraft(
            upload.key(),
            etag(parts),
            StoredObject.Type.MULTIPART,
            upload.headers(),
            checksums,
            null,
            new RememberedCrc(ConcatenatedContent.of(contents), crc(contents)));
    StoredObject object = bucket.publish(draft, precondition);
    abort(upload);
    return object;
  }

  private static long crc(List<Content> contents) throws IOException {
    long crc = 0;
    for (Content content : contents) {
      crc = Crc64.Variant.XZ.algebra().combine(crc, content.crc64(), content.size());
    }
    return crc;
  }

  private static String etag(List<Upload.Part> parts) {
    MessageDigest md5 = Digests.md5();
    parts.forEach(part -> md5.update(HexFormat.of().parseHex(part.etag())));
    return HexFormat.of().formatHex(md5.digest()) + "-" + parts.size();
  }
}
