// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

/** Entity tags: quoted in HTTP and XML, bare everywhere else. */
final class ETags {
  private ETags() {}

  static String unquoted(String etag) {
    return etag.length() >= 2 && etag.startsWith("\"") && etag.endsWith("\"")
        ? etag.substring(1, etag.length() - 1)
        : etag;
  }
}
