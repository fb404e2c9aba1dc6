// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.time.Instant;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** A multipart upload that is neither completed nor aborted. */
public final class Upload {
  private final String id;
  private final String key;
  private final Instant initiated;
  private final ObjectHeaders headers;
  private final Map<String, String> attributes;
  private final NavigableMap<Integer, Part> parts = new ConcurrentSkipListMap<>();

  /**
   * A part, numbered from 1.
   *
   * @param etag lower case
   * @param checksums by algorithm in lower case, base64
   */
  public record Part(
      int number,
      String etag,
      Map<String, String> checksums,
      Instant lastModified,
      Content content) {}

  Upload(
      String id,
      String key,
      Instant initiated,
      ObjectHeaders headers,
      Map<String, String> attributes) {
    this.id = id;
    this.key = key;
    this.initiated = initiated;
    this.headers = headers;
    this.attributes = attributes;
  }

  public String id() {
    return id;
  }

  public String key() {
    return key;
  }

  public Instant initiated() {
    return initiated;
  }

  /** What the object will carry. */
  public ObjectHeaders headers() {
    return headers;
  }

  /** What a dialect wants to remember until the end. */
  public Map<String, String> attributes() {
    return attributes;
  }

  /** Parts by number; a live view. */
  public NavigableMap<Integer, Part> parts() {
    return parts;
  }
}
