// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import io.sluicefs.http.Answer;
import io.sluicefs.http.Crc64;
import io.sluicefs.http.Receipt;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload.Part;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.UploadBody;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The requests that make objects. */
final class OssWriting {
  private final OssEndpoint endpoint;
  private final OssRequests requests;
  private final OssHeads heads;
  private final boolean verifies;

  /**
   * An upload that was started.
   *
   * @param time when, by the store's clock; null if it did not tell
   */
  record Started(String key, PutOptions options, String uploadId, @Nullable Instant time) {}

  /**
   * A part the store has.
   *
   * @param crc of its bytes; null if it is not known
   */
  record SentPart(Part part, @Nullable Long crc) {}

  OssWriting(OssEndpoint endpoint, OssRequests requests, OssHeads heads, boolean verifies) {
    this.endpoint = endpoint;
    this.requests = requests;
    this.heads = heads;
    this.verifies = verifies;
  }

  ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    String what = "put of " + endpoint.name(key);
    Map<String, String> headers = OssAttributes.headers(what, options);
    if (verifies) {
      // The CRC comes too late: others could read what is wrong, for ever if this process ends now.
      headers.put(ContentMd5.NAME, ContentMd5.of(body));
    }
    OssRequest request = new OssRequest(what, HttpMethod.PUT, key).withHeaders(headers);
    Long crc = crc(body);
    Receipt receipt;
    try {
      receipt = requests.put(request, body);
    } catch (StorageException e) {
      ObjectStat made =
          options.repeated() && e.kind() == Kind.ALREADY_EXISTS
              ? findPut(key, options, body, crc)
              : null;
      if (made != null) {
        return made;
      }
      throw e;
    }
    OssAnswers.checkCrc(what, crc, receipt.headers());
    return stat(
        key, options, OssAnswers.etag(what, receipt.headers()), body.length(), receipt.headers());
  }

  /** Returns what is there if it is what the request before this repeat was to make. */
  private @Nullable ObjectStat findPut(
      String key, PutOptions options, UploadBody body, @Nullable Long crc) throws StorageException {
    long known = crc == null ? Crc64.XZ.of(body) : crc;
    return heads.find(
        key, new OssHeads.Expected(body.length(), options.metadata(), known), withoutCrc -> false);
  }

  Started start(String key, PutOptions options) throws StorageException {
    String what = "upload to " + endpoint.name(key);
    Map<String, String> headers = OssAttributes.headers(what, options);
    headers.putIfAbsent("Content-Type", "application/octet-stream");
    OssRequest request =
        new OssRequest(what, HttpMethod.POST, key, encoded("uploads", ""), headers);
    Answer answer = requests.post(request, new byte[0]);
    String uploadId =
        requests.document(
            request,
            answer,
            in -> OssAnswers.child(in, "InitiateMultipartUploadResult", "UploadId"));
    return new Started(key, options, uploadId, OssAnswers.time(answer.headers()));
  }

  SentPart putPart(Started upload, int number, UploadBody body) throws StorageException {
    OssRequest request = part(endpoint, upload, number, Map.of());
    Long crc = crc(body);
    Receipt receipt = requests.put(request, body);
    OssAnswers.checkCrc(request.what(), crc, receipt.headers());
    String etag = OssAnswers.etag(request.what(), receipt.headers());
    return new SentPart(new Part(number, etag, body.length()), crc);
  }

  /**
   * Makes the object.
   *
   * @param crc of the whole; null if it is not known
   */
  ObjectStat complete(Started upload, List<Part> parts, @Nullable Long crc)
      throws StorageException {
    String key = upload.key();
    String what = "end of the upload to " + endpoint.name(key);
    Map<String, String> headers = OssAttributes.condition(upload.options());
    headers.put("Content-Type", "application/xml");
    OssRequest request =
        new OssRequest(what, HttpMethod.POST, key, encoded("uploadId", upload.uploadId()), headers);
    Answer answer = requests.post(request, list(parts));
    String etag =
        requests.document(
            request, answer, in -> OssAnswers.child(in, "CompleteMultipartUploadResult", "ETag"));
    OssAnswers.checkCrc(what, crc, answer.headers());
    return stat(key, upload.options(), OssObject.unquoted(etag), size(parts), answer.headers());
  }

  /** Returns the object that {@link #complete} made without being heard, or null if it did not. */
  @Nullable ObjectStat findCompleted(Started upload, List<Part> parts, @Nullable Long crc)
      throws StorageException {
    OssHeads.Expected expected =
        new OssHeads.Expected(size(parts), upload.options().metadata(), crc);
    return heads.find(
        upload.key(),
        expected,
        found -> upload.time() != null && !found.lastModified().isBefore(upload.time()));
  }

  /** Aborts an upload; no error if it is gone. */
  void abort(String key, String uploadId) throws StorageException {
    String what = "abort of an upload to " + endpoint.name(key);
    try {
      requests.ask(
          new OssRequest(what, HttpMethod.DELETE, key).withParameters(Map.of("uploadId", uploadId)),
          (headers, body) -> headers);
    } catch (StorageException e) {
      if (e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
    }
  }

  /** A parameter, and that keys in the answer are encoded: XML cannot hold them all. */
  private static Map<String, String> encoded(String name, String value) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put(name, value);
    parameters.put("encoding-type", "url");
    return parameters;
  }

  /** Returns a request that makes a part. */
  static OssRequest part(
      OssEndpoint endpoint, Started upload, int number, Map<String, String> headers) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("partNumber", Integer.toString(number));
    parameters.put("uploadId", upload.uploadId());
    String what = "part %d of %s".formatted(number, endpoint.name(upload.key()));
    return new OssRequest(what, HttpMethod.PUT, upload.key(), parameters, headers);
  }

  private @Nullable Long crc(UploadBody body) {
    return verifies ? Crc64.XZ.of(body) : null;
  }

  /** What was just stored; its time is that of the answer, which has none of its own. */
  private static ObjectStat stat(
      String key, PutOptions options, String etag, long size, Map<String, String> headers) {
    return new ObjectStat(
        new ObjectId(key, etag),
        size,
        Objects.requireNonNullElseGet(OssAnswers.time(headers), Instant::now),
        ObjectStat.Type.DATA,
        options.metadata());
  }

  private static long size(List<Part> parts) {
    return parts.stream().mapToLong(Part::size).sum();
  }

  private static byte[] list(List<Part> parts) {
    StringBuilder xml = new StringBuilder("<CompleteMultipartUpload>");
    for (Part part : parts) {
      xml.append("<Part><PartNumber>")
          .append(part.number())
          .append("</PartNumber><ETag>\"")
          .append(part.etag())
          .append("\"</ETag></Part>");
    }
    return xml.append("</CompleteMultipartUpload>").toString().getBytes(StandardCharsets.UTF_8);
  }
}
