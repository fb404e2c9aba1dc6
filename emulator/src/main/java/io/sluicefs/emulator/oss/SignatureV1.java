// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Hmac;
import io.sluicefs.emulator.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** OSS signature version 1: an HMAC-SHA1 over a few headers and the resource. */
final class SignatureV1 {
  /** Query parameters that are part of the resource. */
  private static final Set<String> SIGNED_PARAMETERS =
      Set.of(
          "accessPoint",
          "acl",
          "append",
          "asyncFetch",
          "bucketInfo",
          "callback",
          "callback-var",
          "cname",
          "comp",
          "continuation-token",
          "cors",
          "delete",
          "encryption",
          "endTime",
          "group",
          "img",
          "inventory",
          "inventoryId",
          "lifecycle",
          "link",
          "live",
          "location",
          "logging",
          "metaQuery",
          "objectInfo",
          "objectMeta",
          "partNumber",
          "policy",
          "position",
          "qos",
          "qosInfo",
          "qosRequester",
          "referer",
          "regionList",
          "renameObject",
          "replication",
          "replicationLocation",
          "replicationProgress",
          "requestPayment",
          "requesterQosInfo",
          "resourceGroup",
          "response-cache-control",
          "response-content-disposition",
          "response-content-encoding",
          "response-content-language",
          "response-content-type",
          "response-expires",
          "restore",
          "rtc",
          "security-token",
          "sequential",
          "startTime",
          "stat",
          "status",
          "style",
          "styleName",
          "symlink",
          "tagging",
          "transferAcceleration",
          "udf",
          "udfApplication",
          "udfApplicationLog",
          "udfImage",
          "udfImageDesc",
          "udfName",
          "uploadId",
          "uploads",
          "versionId",
          "versioning",
          "versions",
          "vip",
          "vod",
          "vpcip",
          "website",
          "worm",
          "wormExtend",
          "wormId",
          "x-oss-ac-forward-allow",
          "x-oss-ac-source-ip",
          "x-oss-ac-subnet-mask",
          "x-oss-ac-vpc-id",
          "x-oss-async-process",
          "x-oss-process",
          "x-oss-request-payer",
          "x-oss-traffic-limit",
          "x-oss-rename");

  private final byte[] secret;

  SignatureV1(String secret) {
    this.secret = secret.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The signature the request must carry.
   *
   * @param date its Date header, or when the address expires
   */
  String signature(RequestHead head, Address address, String date) {
    TreeMap<String, String> fields = new TreeMap<>();
    head.headers()
        .forEach(
            field -> {
              String name = field.getKey().toLowerCase(Locale.ROOT);
              if (name.startsWith("x-oss-")) {
                fields.put(name, RequestHead.text(field.getValue()).trim());
              }
            });
    StringBuilder text = new StringBuilder(head.method());
    text.append('\n').append(head.header("content-md5", ""));
    text.append('\n').append(head.header("content-type", ""));
    text.append('\n').append(date).append('\n');
    fields.forEach((name, value) -> text.append(name).append(':').append(value).append('\n'));
    text.append('/');
    if (!address.bucket().isEmpty()) {
      text.append(address.bucket()).append('/').append(address.key());
    }
    String separator = "?";
    for (Map.Entry<String, String> parameter : new TreeMap<>(head.query()).entrySet()) {
      if (SIGNED_PARAMETERS.contains(parameter.getKey())) {
        text.append(separator).append(parameter.getKey());
        if (!parameter.getValue().isEmpty()) {
          text.append('=').append(parameter.getValue());
        }
        separator = "&";
      }
    }
    return Base64.getEncoder().encodeToString(Hmac.sha1(secret, text.toString()));
  }
}
