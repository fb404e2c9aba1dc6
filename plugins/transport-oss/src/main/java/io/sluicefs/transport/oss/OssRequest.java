// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of OSS, before it is signed.
 *
 * @param what what is asked, for errors: {@code head of oss://host/bucket/key}
 * @param key the object it is about, or null for the bucket
 * @param parameters of the query, not encoded
 * @param headers beyond those of the signature
 */
record OssRequest(
    String what,
    HttpMethod method,
    @Nullable String key,
    Map<String, String> parameters,
    Map<String, String> headers) {
  OssRequest(String what, HttpMethod method, @Nullable String key) {
    this(what, method, key, Map.of(), Map.of());
  }

  OssRequest withParameters(Map<String, String> query) {
    return new OssRequest(what, method, key, query, headers);
  }

  OssRequest withHeaders(Map<String, String> more) {
    return new OssRequest(what, method, key, parameters, more);
  }
}
