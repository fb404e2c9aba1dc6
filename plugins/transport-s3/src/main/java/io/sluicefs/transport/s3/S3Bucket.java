// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Endpoint;
import java.net.URI;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/**
 * A bucket and where its objects are asked for.
 *
 * @param name the bucket's name
 * @param region its region
 * @param endpoint what to connect to; the bucket's name is in its host, or else in the path
 * @param pathPrefix what stands before a key's slash in a request: empty, or a slash and the bucket
 */
record S3Bucket(String name, String region, Endpoint endpoint, String pathPrefix) {
  /**
   * Returns the bucket an object's URL is of.
   *
   * @param url the URL of the key {@code probe}
   */
  static S3Bucket of(String name, String region, URI url, String probe) {
    String path = url.getRawPath();
    return new S3Bucket(
        name, region, Endpoint.of(url), path.substring(0, path.length() - probe.length() - 1));
  }

  /** Returns the request target of an object: its key as it is, percent-encoded once. */
  String target(String key) {
    return pathPrefix + "/" + SdkHttpUtils.urlEncodeIgnoreSlashes(key);
  }

  /** Returns the name of the bucket's place, without anything that changes over restarts. */
  String location() {
    String host = endpoint.hostHeader();
    if (pathPrefix.isEmpty() && host.startsWith(name + ".")) {
      host = host.substring(name.length() + 1);
    }
    return "s3://" + host + "/" + name;
  }

  /** Returns what is done to which key, on one line. */
  String describe(String verb, String key) {
    return verb + " of " + url(key);
  }

  /** Returns an object's address, on one line. */
  String url(String key) {
    StringBuilder text = new StringBuilder("s3://").append(name).append('/');
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (Character.isISOControl(c)) {
        text.append("\\u%04x".formatted((int) c));
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }
}
