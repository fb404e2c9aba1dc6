// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.comm.RequestMessage;
import com.aliyun.oss.common.utils.HttpUtil;
import io.sluicefs.http.BodyRequest;
import io.sluicefs.http.BodySender;
import io.sluicefs.http.Endpoint;
import io.sluicefs.http.ErrorAnswer;
import io.sluicefs.http.RangeReader;
import io.sluicefs.http.RangeRequest;
import io.sluicefs.http.Receipt;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.UploadBody;
import java.io.ByteArrayInputStream;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;

/**
 * Signs requests, sends them the way that fits them, and says what is wrong with answers.
 * Thread-safe.
 */
final class OssRequests implements AutoCloseable {
  /** Where an error inside of an answer of success belongs. */
  private static final int STATUS_OF_LATE_ERRORS = 500;

  private static final UploadBody NOTHING = new UploadBody(List.of());

  private final OssEndpoint endpoint;
  private final Endpoint server;
  private final CredentialSource credentials;
  private final OssSigner signer;
  private final ControlClient control;
  private final ControlClient slowControl;
  private final RangeReader reader;
  private final BodySender sender;
  private final BodySender slowSender;
  private volatile boolean closed;

  /** Makes something of an XML document. */
  @FunctionalInterface
  interface DocumentParser<T> {
    /**
     * Returns what the document says.
     *
     * @throws XMLStreamException if it is not what was asked for
     */
    T parse(InputStream in) throws XMLStreamException;
  }

  OssRequests(OssTransportConfig config, CredentialSource credentials) {
    this.credentials = credentials;
    endpoint = config.endpoint();
    server = endpoint.server();
    signer = new OssSigner(endpoint, config.signature(), config.region());
    control =
        new ControlClient(
            config, config.connection().noProgressTimeout(), config.connection().requestTimeout());
    slowControl =
        new ControlClient(
            config,
            config.connection().completionTimeout(),
            config.connection().completionTimeout());
    reader = new RangeReader(config.connection().readerOptions(config.userAgent()));
    sender = reader.sender(config.connection().requestTimeout());
    slowSender = reader.sender(config.connection().completionTimeout());
  }

  /** Sends what is answered at once. */
  <T> T ask(OssRequest request, ControlClient.AnswerParser<T> parser) throws StorageException {
    return signed(
        request, (signed, attempt) -> control.send(signed, request.what(), parser, attempt));
  }

  /** Sends what is answered by a document at once. */
  <T> T askDocument(OssRequest request, DocumentParser<T> parser) throws StorageException {
    return ask(
        request,
        (headers, body) -> {
          try {
            return parser.parse(body);
          } catch (XMLStreamException e) {
            if (e.getNestedException() instanceof IOException broken
                && !(broken instanceof CharConversionException)) {
              throw broken;
            }
            throw corrupt(request.what(), e);
          }
        });
  }

  /** Posts a document, which may take OSS a while. */
  Receipt post(OssRequest request, byte[] document) throws StorageException {
    return signed(
        request,
        (signed, attempt) -> {
          // Without a stream, an empty one too, the SDK would post the query instead.
          signed.setContent(new ByteArrayInputStream(document));
          signed.setContentLength(document.length);
          return slowControl.send(
              signed,
              request.what(),
              (headers, answer) ->
                  new Receipt(
                      200, headers, new String(answer.readAllBytes(), StandardCharsets.UTF_8)),
              attempt);
        });
  }

  /** Puts a body. */
  Receipt put(OssRequest request, UploadBody body) throws StorageException {
    return put(request, body, sender);
  }

  /** Puts what OSS has already and may take a while to copy. */
  Receipt putCopy(OssRequest request) throws StorageException {
    return put(request, NOTHING, slowSender);
  }

  private Receipt put(OssRequest request, UploadBody body, BodySender by) throws StorageException {
    return signed(
        request,
        (signed, attempt) -> {
          // Null without parameters.
          @Nullable String query =
              HttpUtil.paramToQueryString(signed.getParameters(), StandardCharsets.UTF_8.name());
          String target = "/" + signed.getResourcePath() + (query == null ? "" : "?" + query);
          // The repeat of one that creates only would meet what the first made.
          boolean repeatable = !OssAttributes.createsOnly(request.headers());
          return by.send(
              new BodyRequest(
                  server, target, signed.getHeaders(), body, request.what(), repeatable),
              attempt);
        });
  }

  /** Reads a range of one version of an object. */
  void read(
      OssRequest request, ByteRange range, String etag, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    this.<@Nullable Void>signed(
        request,
        (signed, attempt) -> {
          reader.read(
              new RangeRequest(
                  server,
                  "/" + signed.getResourcePath(),
                  signed.getHeaders(),
                  range,
                  etag,
                  request.what()),
              target,
              progress,
              attempt);
          return null;
        });
  }

  /**
   * Returns what the answer to a write says: OSS may find out what is wrong once it has begun to
   * answer that all is well.
   */
  <T> T document(OssRequest request, Receipt receipt, DocumentParser<T> parser)
      throws StorageException {
    try {
      return parser.parse(
          new ByteArrayInputStream(receipt.body().getBytes(StandardCharsets.UTF_8)));
    } catch (XMLStreamException e) {
      OssError error =
          OssError.of(new ErrorAnswer(STATUS_OF_LATE_ERRORS, receipt.headers(), receipt.body()));
      if (!error.code().isEmpty()) {
        throw error.toException(request.what(), endpoint);
      }
      throw corrupt(request.what(), e);
    }
  }

  /** Returns the failure of an answer that makes no sense. */
  StorageException corrupt(String what, Exception cause) {
    String problem = String.valueOf(cause.getMessage()).replaceAll("\\s+", " ");
    return new StorageException(
        Kind.CORRUPT,
        "%s: %s does not answer as OSS does: %s".formatted(what, server, problem),
        cause);
  }

  private interface Sending<T extends @Nullable Object> {
    T send(RequestMessage signed, OssAttempt attempt) throws StorageException;
  }

  /** Sends a request, and once more if only the credentials or the clock were out of date. */
  private <T extends @Nullable Object> T signed(OssRequest request, Sending<T> sending)
      throws StorageException {
    String what = request.what();
    if (closed) {
      throw new StorageException(Kind.CANCELLED, what + ": the transport is closed");
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new StorageException(Kind.CANCELLED, what + ": interrupted");
    }
    OssAttempt attempt = new OssAttempt(what, endpoint, credentials.get());
    try {
      return sending.send(sign(request, attempt), attempt);
    } catch (StorageException e) {
      if (closed && e.kind() == Kind.UNREACHABLE) {
        throw new StorageException(Kind.CANCELLED, what + ": the transport was closed", e);
      }
      OssError error = attempt.error();
      if (error == null || !isRemedied(error, attempt)) {
        throw e;
      }
      OssAttempt second = new OssAttempt(what, endpoint, credentials.get());
      return sending.send(sign(request, second), second);
    }
  }

  private RequestMessage sign(OssRequest request, OssAttempt attempt) {
    return signer.sign(
        request.method(),
        request.key(),
        request.parameters(),
        request.headers(),
        attempt.credentials());
  }

  private boolean isRemedied(OssError error, OssAttempt attempt) {
    if (error.rejectsCredentials()) {
      return credentials.reject(attempt.credentials());
    }
    Instant storeTime = error.storeTime();
    return error.rejectsClock() && storeTime != null && signer.adoptClock(storeTime);
  }

  @Override
  public void close() {
    closed = true;
    reader.close();
    control.close();
    slowControl.close();
  }
}
