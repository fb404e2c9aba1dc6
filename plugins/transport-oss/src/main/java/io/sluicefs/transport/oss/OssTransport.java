// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.common.comm.RequestMessage;
import io.sluicefs.http.Endpoint;
import io.sluicefs.http.RangeReader;
import io.sluicefs.http.RangeReaderOptions;
import io.sluicefs.http.RangeRequest;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;

/**
 * A bucket of Aliyun OSS. The SDK signs every request and sends those that head and list; bytes are
 * read past it, straight into the caller's memory, as its own streams compute a checksum byte by
 * byte even when told not to.
 */
final class OssTransport implements Transport {
  private static final TransportCapabilities CAPABILITIES =
      new TransportCapabilities(Set.of(TransportCapabilities.Feature.SYMLINK), 0, 0, 0, 0, 0);

  /** A range that does not fit is then refused instead of answered with the whole object. */
  private static final Map<String, String> READ_HEADERS =
      Map.of("x-oss-range-behavior", "standard");

  private final OssEndpoint endpoint;
  private final Endpoint server;
  private final CredentialSource credentials;
  private final OssSigner signer;
  private final ControlClient control;
  private final RangeReader reader;
  private volatile boolean closed;

  OssTransport(OssTransportConfig config, CredentialSource credentials) {
    this.credentials = credentials;
    endpoint = config.endpoint();
    server = endpoint.server();
    signer = new OssSigner(endpoint, config.signature(), config.region());
    control = new ControlClient(config);
    reader =
        new RangeReader(
            RangeReaderOptions.DEFAULTS
                .withTimeouts(config.connectTimeout(), config.noProgressTimeout())
                .withIdleConnections(
                    config.maxIdleConnections(), RangeReaderOptions.DEFAULTS.idleTimeout())
                .withCertificates(config.certificates())
                .withUserAgent(config.userAgent()));
  }

  @Override
  public String location() {
    return endpoint.location();
  }

  @Override
  public TransportCapabilities capabilities() {
    return CAPABILITIES;
  }

  @Override
  public ObjectStat head(String key) throws StorageException {
    String what = "head of " + name(key);
    requireKey(key, what);
    return signed(
        what,
        attempt ->
            control.send(
                signer.sign(HttpMethod.HEAD, key, Map.of(), Map.of(), attempt.credentials()),
                what,
                (headers, body) -> {
                  try {
                    return OssObject.stat(key, headers);
                  } catch (IllegalArgumentException e) {
                    throw corrupt(what, e);
                  }
                },
                attempt));
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    String what = "list of " + name(request.prefix());
    Map<String, String> parameters = OssListing.parameters(request);
    return signed(
        what,
        attempt ->
            control.send(
                signer.sign(HttpMethod.GET, null, parameters, Map.of(), attempt.credentials()),
                what,
                (headers, body) -> {
                  try {
                    return OssListing.parse(request, body);
                  } catch (XMLStreamException e) {
                    if (e.getNestedException() instanceof IOException broken
                        && !(broken instanceof CharConversionException)) {
                      throw broken;
                    }
                    throw corrupt(what, e);
                  }
                },
                attempt));
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    String what = "read of " + name(id.key());
    requireKey(id.key(), what);
    this.<@Nullable Void>signed(
        what,
        attempt -> {
          RequestMessage request =
              signer.sign(HttpMethod.GET, id.key(), Map.of(), READ_HEADERS, attempt.credentials());
          reader.read(
              new RangeRequest(
                  server,
                  "/" + request.getResourcePath(),
                  request.getHeaders(),
                  range,
                  id.etag(),
                  what),
              target,
              progress,
              attempt);
          return null;
        });
  }

  private interface Request<T extends @Nullable Object> {
    T send(OssAttempt attempt) throws StorageException;
  }

  /** Sends a request, and once more if only the credentials or the clock were out of date. */
  private <T extends @Nullable Object> T signed(String what, Request<T> request)
      throws StorageException {
    if (closed) {
      throw new StorageException(Kind.CANCELLED, what + ": the transport is closed");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new StorageException(Kind.CANCELLED, what + ": interrupted");
    }
    OssAttempt attempt = new OssAttempt(what, endpoint, credentials.get());
    try {
      return request.send(attempt);
    } catch (StorageException e) {
      if (closed && e.kind() == Kind.UNREACHABLE) {
        throw new StorageException(Kind.CANCELLED, what + ": the transport was closed", e);
      }
      OssError error = attempt.error();
      if (error == null || !isRemedied(error, attempt)) {
        throw e;
      }
      return request.send(new OssAttempt(what, endpoint, credentials.get()));
    }
  }

  private boolean isRemedied(OssError error, OssAttempt attempt) {
    if (error.rejectsCredentials()) {
      return credentials.reject(attempt.credentials());
    }
    Instant storeTime = error.storeTime();
    return error.rejectsClock() && storeTime != null && signer.adoptClock(storeTime);
  }

  private void requireKey(String key, String what) throws StorageException {
    if (key.isEmpty()) {
      throw new StorageException(Kind.INVALID_REQUEST, what + ": no object has an empty key");
    }
  }

  private StorageException corrupt(String what, Exception cause) {
    String problem = String.valueOf(cause.getMessage()).replaceAll("\\s+", " ");
    return new StorageException(
        Kind.CORRUPT,
        "%s: %s does not answer as OSS does: %s".formatted(what, server, problem),
        cause);
  }

  private String name(String key) {
    return endpoint.location() + "/" + key.replaceAll("\\p{Cntrl}", "?");
  }

  @Override
  public void close() {
    closed = true;
    reader.close();
    control.close();
  }
}
