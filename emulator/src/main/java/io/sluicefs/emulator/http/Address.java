// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import java.util.regex.Pattern;

/**
 * What a request is about.
 *
 * @param bucket empty = the service itself
 * @param key empty = the bucket itself
 */
public record Address(String bucket, String key) {
  private static final Pattern PORT = Pattern.compile(":\\d+$");
  private static final Pattern IP = Pattern.compile("\\[.*]|[0-9.]+");

  /**
   * Path style where the host is an IP address, localhost, or a name without dots; else the first
   * label of the host is the bucket. The names {@code s3.*} and {@code oss-*.*} are the service
   * itself, as with the vendors.
   */
  public static Address of(RequestHead head) {
    String host = PORT.matcher(head.header("host", "")).replaceFirst("");
    String path = head.rawPath().startsWith("/") ? head.rawPath().substring(1) : head.rawPath();
    int dot = host.indexOf('.');
    String label = dot < 0 ? "" : host.substring(0, dot);
    if (dot < 0
        || IP.matcher(host).matches()
        || label.equals("s3")
        || label.startsWith("s3-")
        || label.startsWith("oss-")) {
      int slash = path.indexOf('/');
      String bucket = slash < 0 ? path : path.substring(0, slash);
      return new Address(
          PercentCoding.decode(bucket),
          slash < 0 ? "" : PercentCoding.decode(path.substring(slash + 1)));
    }
    return new Address(label, PercentCoding.decode(path));
  }
}
