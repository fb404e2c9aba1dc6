// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.Map;

/** Writes a request as HTTP/1.1 has it. */
final class RequestHead {
  private RequestHead() {}

  /** Writes {@code request} into {@code buffer} from its start and flips it. */
  static void write(RangeRequest request, String userAgent, ByteBuffer buffer)
      throws StorageException {
    write(
        "GET",
        request,
        userAgent,
        Map.of(
            "Range", RangeRequest.rangeHeader(request.range()),
            "If-Match", RangeRequest.ifMatchHeader(request.etag())),
        buffer);
  }

  /** Writes {@code request} into {@code buffer} from its start and flips it. */
  static void write(BodyRequest request, long length, String userAgent, ByteBuffer buffer)
      throws StorageException {
    write("PUT", request, userAgent, Map.of("Content-Length", Long.toString(length)), buffer);
  }

  /** Writes {@code request} into {@code buffer} from its start and flips it. */
  static void write(QueryRequest request, String userAgent, ByteBuffer buffer)
      throws StorageException {
    Map<String, String> own =
        request.method() == QueryRequest.Method.POST
            ? Map.of("Content-Length", Integer.toString(request.document().length))
            : Map.of();
    write(request.method().name(), request, userAgent, own, buffer);
  }

  private static void write(
      String method, Request request, String userAgent, Map<String, String> own, ByteBuffer buffer)
      throws StorageException {
    buffer.clear();
    try {
      put(buffer, request, method);
      put(buffer, request, " ");
      put(buffer, request, request.target());
      put(buffer, request, " HTTP/1.1");
      line(buffer);
      for (Map.Entry<String, String> header : request.headers().entrySet()) {
        header(buffer, request, header.getKey(), header.getValue());
      }
      addMissing(buffer, request, "Host", request.endpoint().hostHeader());
      for (Map.Entry<String, String> header : own.entrySet()) {
        addMissing(buffer, request, header.getKey(), header.getValue());
      }
      addMissing(buffer, request, "User-Agent", userAgent);
      addMissing(buffer, request, "Accept-Encoding", "identity");
      line(buffer);
    } catch (BufferOverflowException e) {
      throw new StorageException(
          Kind.INVALID_REQUEST,
          "%s: the request's headers exceed %d bytes"
              .formatted(request.description(), Connection.MAX_HEAD),
          e);
    }
    buffer.flip();
  }

  private static void addMissing(ByteBuffer buffer, Request request, String name, String value)
      throws StorageException {
    for (String given : request.headers().keySet()) {
      if (given.equalsIgnoreCase(name)) {
        return;
      }
    }
    header(buffer, request, name, value);
  }

  private static void header(ByteBuffer buffer, Request request, String name, String value)
      throws StorageException {
    put(buffer, request, name);
    put(buffer, request, ": ");
    put(buffer, request, value);
    line(buffer);
  }

  private static void put(ByteBuffer buffer, Request request, String text) throws StorageException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // A line break would let a value add headers of its own.
      if (c < ' ' || c > '~') {
        throw new StorageException(
            Kind.INVALID_REQUEST,
            request.description() + ": a control or non-ASCII character in the request's head");
      }
      buffer.put((byte) c);
    }
  }

  private static void line(ByteBuffer buffer) {
    buffer.put((byte) '\r').put((byte) '\n');
  }
}
