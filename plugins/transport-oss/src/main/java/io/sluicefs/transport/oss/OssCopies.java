// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.common.utils.HttpUtil;
import io.sluicefs.http.RangeRequest;
import io.sluicefs.http.Receipt;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload.Part;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** The requests that copy within OSS. */
final class OssCopies {
  private final OssEndpoint endpoint;
  private final OssRequests requests;
  private final OssHeads heads;

  OssCopies(OssEndpoint endpoint, OssRequests requests, OssHeads heads) {
    this.endpoint = endpoint;
    this.requests = requests;
    this.heads = heads;
  }

  ObjectStat copy(ObjectId source, long size, String key, PutOptions options)
      throws StorageException {
    String what = "copy of %s to %s".formatted(endpoint.name(source.key()), endpoint.name(key));
    Map<String, String> headers = OssAttributes.headers(what, options);
    headers.putAll(source(source));
    headers.put("x-oss-metadata-directive", options.describe() ? "REPLACE" : "COPY");
    OssRequest request = new OssRequest(what, HttpMethod.PUT, key).withHeaders(headers);
    Receipt receipt;
    try {
      receipt = requests.putCopy(request);
    } catch (StorageException e) {
      ObjectStat made =
          options.repeated() && e.kind() == Kind.ALREADY_EXISTS
              ? heads.findCopy(key, source.key())
              : null;
      if (made != null) {
        return made;
      }
      throw e;
    }
    OssAnswers.Copied copied =
        requests.document(request, receipt, in -> OssAnswers.copied(in, "CopyObjectResult"));
    return new ObjectStat(
        new ObjectId(key, copied.etag()),
        size,
        copied.lastModified(),
        ObjectStat.Type.DATA,
        options.metadata());
  }

  /** Makes a part of a range; its CRC is what OSS says it is. */
  OssWriting.SentPart copyPart(
      OssWriting.Started upload, int number, ObjectId source, ByteRange range)
      throws StorageException {
    Map<String, String> headers = source(source);
    headers.put("x-oss-copy-source-range", RangeRequest.rangeHeader(range));
    OssRequest request = OssWriting.part(endpoint, upload, number, headers);
    Receipt receipt = requests.putCopy(request);
    OssAnswers.Copied copied =
        requests.document(request, receipt, in -> OssAnswers.copied(in, "CopyPartResult"));
    return new OssWriting.SentPart(
        new Part(number, copied.etag(), range.length()), OssAnswers.crc(receipt.headers()));
  }

  private Map<String, String> source(ObjectId source) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(
        "x-oss-copy-source",
        "/"
            + endpoint.bucket()
            + "/"
            + HttpUtil.urlEncode(source.key(), StandardCharsets.UTF_8.name()));
    headers.put("x-oss-copy-source-if-match", RangeRequest.ifMatchHeader(source.etag()));
    return headers;
  }
}
