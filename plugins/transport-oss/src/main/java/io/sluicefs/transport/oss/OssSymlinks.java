// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.common.utils.HttpUtil;
import io.sluicefs.http.Receipt;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.UploadBody;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The requests about symbolic links, which OSS has of its own. */
final class OssSymlinks {
  private static final String TARGET = "x-oss-symlink-target";
  private static final Map<String, String> SUBRESOURCE = Map.of("symlink", "");
  private static final UploadBody NOTHING = new UploadBody(List.of());

  private final OssEndpoint endpoint;
  private final OssRequests requests;

  OssSymlinks(OssEndpoint endpoint, OssRequests requests) {
    this.endpoint = endpoint;
    this.requests = requests;
  }

  ObjectStat put(String key, String target, PutOptions options) throws StorageException {
    String what = "put of the symbolic link " + endpoint.name(key);
    if (target.isEmpty()) {
      throw new StorageException(
          Kind.INVALID_REQUEST, what + ": a symbolic link has to point somewhere");
    }
    Map<String, String> headers = OssAttributes.headers(what, options);
    headers.put(TARGET, HttpUtil.urlEncode(target, StandardCharsets.UTF_8.name()));
    Receipt receipt;
    try {
      receipt =
          requests.put(new OssRequest(what, HttpMethod.PUT, key, SUBRESOURCE, headers), NOTHING);
    } catch (StorageException e) {
      if (options.repeated() && e.kind() == Kind.ALREADY_EXISTS && leadsTo(key, target)) {
        return head(key);
      }
      throw e;
    }
    return new ObjectStat(
        new ObjectId(key, OssAnswers.etag(what, receipt.headers())),
        0,
        Objects.requireNonNullElseGet(OssAnswers.time(receipt.headers()), Instant::now),
        ObjectStat.Type.SYMLINK,
        options.metadata());
  }

  private boolean leadsTo(String key, String target) throws StorageException {
    try {
      return read(key).equals(target);
    } catch (StorageException e) {
      if (OssRefusal.is(e, "NotSymlink")) {
        return false;
      }
      throw e;
    }
  }

  String read(String key) throws StorageException {
    String what = "read of the symbolic link " + endpoint.name(key);
    return requests.ask(
        request(what, key),
        (headers, body) -> {
          String target = headers.getOrDefault(TARGET, "");
          if (target.isEmpty()) {
            throw new StorageException(
                Kind.CORRUPT,
                what + ": the answer has no " + TARGET + OssAnswers.reference(headers));
          }
          try {
            return URLDecoder.decode(target.replace("+", "%2B"), StandardCharsets.UTF_8);
          } catch (IllegalArgumentException e) {
            throw requests.corrupt(what, e, headers);
          }
        });
  }

  /** Returns what is said of a link itself. */
  ObjectStat head(String key) throws StorageException {
    String what = "head of the symbolic link " + endpoint.name(key);
    return requests.ask(
        request(what, key),
        (headers, body) -> {
          Map<String, String> link = new HashMap<>(headers);
          link.put("x-oss-object-type", "Symlink");
          link.put("content-length", "0");
          try {
            return OssObject.stat(key, link);
          } catch (IllegalArgumentException e) {
            throw requests.corrupt(what, e, headers);
          }
        });
  }

  private static OssRequest request(String what, String key) {
    return new OssRequest(what, HttpMethod.GET, key).withParameters(SUBRESOURCE);
  }
}
