// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.internal.OSSHeaders;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.PutOptions;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** What is stored beside the bytes, as headers have it. */
final class OssAttributes {
  /** What OSS puts in front of the names of user metadata. */
  static final String METADATA_PREFIX =
      OSSHeaders.OSS_USER_METADATA_PREFIX.toLowerCase(Locale.ROOT);

  private static final String FORBID_OVERWRITE = "x-oss-forbid-overwrite";

  private static final Pattern NAME = Pattern.compile("[a-z0-9-]+");
  private static final Pattern VALUE = Pattern.compile("[ -~]*");

  private OssAttributes() {}

  /**
   * Returns the headers of a put or of the start of an upload.
   *
   * @throws StorageException if OSS would change or refuse the options, or sign something else
   */
  static Map<String, String> headers(String what, PutOptions options) throws StorageException {
    Map<String, String> headers = condition(options);
    requireValue(what, "content type", options.contentType());
    if (!options.contentType().isEmpty()) {
      headers.put("Content-Type", options.contentType());
    }
    for (Map.Entry<String, String> entry : options.metadata().entrySet()) {
      if (!NAME.matcher(entry.getKey()).matches()) {
        throw new StorageException(
            Kind.INVALID_REQUEST,
            "%s: metadata of OSS has names of lower-case letters, digits and hyphens, not '%s'"
                .formatted(what, printable(entry.getKey())));
      }
      requireValue(what, "metadata " + entry.getKey(), entry.getValue());
      headers.put(METADATA_PREFIX + entry.getKey(), entry.getValue());
    }
    return headers;
  }

  /** Returns the headers of a write whose attributes are told elsewhere. */
  static Map<String, String> condition(PutOptions options) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (options.createOnly()) {
      headers.put(FORBID_OVERWRITE, "true");
    }
    return headers;
  }

  /** Returns whether a request of these headers makes an object only where there is none. */
  static boolean createsOnly(Map<String, String> headers) {
    return headers.containsKey(FORBID_OVERWRITE);
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
}
