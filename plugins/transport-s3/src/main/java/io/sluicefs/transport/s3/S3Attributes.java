// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.PutOptions;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** What is stored beside the bytes, as headers have it. */
final class S3Attributes {
  private static final Pattern NAME = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]+");
  private static final Pattern VALUE = Pattern.compile("[ -~]*");

  private S3Attributes() {}

  /**
   * Checks that HTTP can carry the options as they are: a store would change or refuse the rest, or
   * sign something else.
   */
  static void check(String what, PutOptions options) throws StorageException {
    requireValue(what, "content type", options.contentType());
    for (Map.Entry<String, String> entry : options.metadata().entrySet()) {
      if (!NAME.matcher(entry.getKey()).matches()) {
        throw new StorageException(
            Kind.INVALID_REQUEST,
            "%s: no metadata can be named '%s'".formatted(what, printable(entry.getKey())));
      }
      requireValue(what, "metadata " + entry.getKey(), entry.getValue());
    }
  }

  private static void requireValue(String what, String name, String value) throws StorageException {
    if (!VALUE.matcher(value).matches() || !value.strip().equals(value)) {
      throw new StorageException(
          Kind.INVALID_REQUEST,
          "%s: %s has to be printable ASCII without blanks around it; encode '%s'"
              .formatted(what, name, printable(value)));
    }
  }

  private static String printable(String text) {
    return text.replaceAll("\\p{Cc}", "?");
  }

  /** Returns the headers of a put. */
  static Map<String, String> headers(PutOptions options) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (options.createOnly()) {
      headers.put("If-None-Match", "*");
    }
    if (!options.contentType().isEmpty()) {
      headers.put("Content-Type", options.contentType());
    }
    options.metadata().forEach((name, value) -> headers.put("x-amz-meta-" + name, value));
    return headers;
  }
}
