// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.internal.OSSUtils;
import io.sluicefs.http.Endpoint;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where the bucket is and how requests address it.
 *
 * @param configured the store's own endpoint, as the configuration gives it
 * @param bucket the bucket's name
 * @param addressing where a request says which bucket it means
 */
record OssEndpoint(Endpoint configured, String bucket, Addressing addressing) {
  /** Where a request says which bucket it means. */
  enum Addressing {
    /** In front of the host's name. */
    VIRTUAL_HOST,
    /** In front of the key. */
    PATH,
    /** Nowhere: the host's name is an alias of the bucket's. */
    CNAME
  }

  /** Returns what to connect to. */
  Endpoint server() {
    return addressing == Addressing.VIRTUAL_HOST
        ? new Endpoint(configured.tls(), bucket + "." + configured.host(), configured.port())
        : configured;
  }

  /** Returns the URL of what to connect to, without a path. */
  URI url() {
    return URI.create(server().toString());
  }

  /**
   * Returns the path of an object, or of the bucket itself when {@code key} is null,
   * percent-encoded and without its leading slash, as the SDK puts it in a URL.
   */
  String path(@Nullable String key) {
    String path = OSSUtils.determineResourcePath(bucket, key, addressing == Addressing.PATH);
    return path == null ? "" : path;
  }

  /** Returns what a signature covers of the path: not encoded, and always with the bucket. */
  String resource(@Nullable String key) {
    return "/" + bucket + "/" + (key == null ? "" : key);
  }

  /** Returns where an object is, for people, in one line. */
  String name(String key) {
    return location() + "/" + key.replaceAll("\\p{Cc}", "?");
  }

  /** Returns where the bucket is, for people: {@code oss://host/bucket}. */
  String location() {
    return "oss://" + configured.hostHeader() + "/" + bucket;
  }
}
