// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.comm.RequestMessage;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.common.utils.HttpUtil;
import io.sluicefs.http.Answer;
import io.sluicefs.http.BodyRequest;
import io.sluicefs.http.BodySender;
import io.sluicefs.http.Endpoint;
import io.sluicefs.http.ErrorAnswer;
import io.sluicefs.http.ObjectChecksum;
import io.sluicefs.http.QueryRequest;
import io.sluicefs.http.QueryRequest.Method;
import io.sluicefs.http.QuerySender;
import io.sluicefs.http.RangeReader;
import io.sluicefs.http.RangeRequest;
import io.sluicefs.http.Receipt;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.PluginMetrics;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.UploadBody;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;

/**
 * Signs requests, sends them the way that fits them, and says what is wrong with answers.
 * Thread-safe.
 */
final class OssRequests implements AutoCloseable {
  /** Where an error inside of an answer of success belongs. */
  private static final int STATUS_OF_LATE_ERRORS = 500;

  /** A page of 1,000 keys of 1,023 bytes, each percent-encoded, and what is said of them. */
  private static final int MAX_ANSWER = 16 << 20;

  private static final byte[] NO_DOCUMENT = {};

  private static final UploadBody NOTHING = new UploadBody(List.of());

  private final OssEndpoint endpoint;
  private final Endpoint server;
  private final CredentialSource credentials;
  private final OssSigner signer;
  private final QuerySender queries;
  private final QuerySender slowQueries;
  private final RangeReader reader;
  private final @Nullable ObjectChecksum checksum;
  private final BodySender sender;
  private final BodySender slowSender;
  private volatile boolean closed;

  /** Makes something of an answer. */
  @FunctionalInterface
  interface AnswerParser<T> {
    /**
     * Returns what the answer says.
     *
     * @param headers by name in lower case
     * @throws StorageException if the answer makes no sense
     */
    T parse(Map<String, String> headers, InputStream body) throws StorageException;
  }

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
    signer = new OssSigner(endpoint, config.signature() == SignVersion.V4 ? config.region() : null);
    reader = new RangeReader(config.connection().readerOptions(config.userAgent()));
    checksum = config.verifyReads() ? OssAnswers.OBJECT_CHECKSUM : null;
    sender = reader.sender(config.connection().requestTimeout());
    slowSender = reader.sender(config.connection().copyTimeout());
    queries =
        reader.queries(
            config.connection().noProgressTimeout(),
            config.connection().requestTimeout(),
            MAX_ANSWER);
    slowQueries =
        reader.queries(
            config.connection().requestTimeout(),
            config.connection().completionTimeout(),
            MAX_ANSWER);
  }

  /** Shows an operator how many connections there are. */
  void show(PluginMetrics metrics) {
    reader.show(metrics);
  }

  /** Sends what is answered at once. */
  <T> T ask(OssRequest request, AnswerParser<T> parser) throws StorageException {
    return signed(
        request,
        (signed, attempt) -> {
          Answer answer = queries.send(query(request, signed, NO_DOCUMENT), attempt);
          return parser.parse(answer.headers(), new ByteArrayInputStream(answer.body()));
        });
  }

  /** Sends what is answered by a document at once. */
  <T> T askDocument(OssRequest request, DocumentParser<T> parser) throws StorageException {
    return ask(
        request,
        (headers, body) -> {
          try {
            return parser.parse(body);
          } catch (XMLStreamException e) {
            throw corrupt(request.what(), e, headers);
          }
        });
  }

  /** Posts a document, which may take OSS a while. */
  Answer post(OssRequest request, byte[] document) throws StorageException {
    return signed(
        request, (signed, attempt) -> slowQueries.send(query(request, signed, document), attempt));
  }

  private QueryRequest query(OssRequest request, RequestMessage signed, byte[] document) {
    return new QueryRequest(
        Method.valueOf(request.method().name()),
        server,
        target(signed),
        signed.getHeaders(),
        document,
        request.what(),
        isRepeatable(request));
  }

  private static String target(RequestMessage signed) {
    // Null without parameters.
    @Nullable String query =
        HttpUtil.paramToQueryString(signed.getParameters(), StandardCharsets.UTF_8.name());
    return "/" + signed.getResourcePath() + (query == null ? "" : "?" + query);
  }

  /** The repeat of one that creates only would meet what the first made. */
  private static boolean isRepeatable(OssRequest request) {
    return !OssAttributes.createsOnly(request.headers());
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
        (signed, attempt) ->
            by.send(
                new BodyRequest(
                    server,
                    target(signed),
                    signed.getHeaders(),
                    body,
                    request.what(),
                    isRepeatable(request)),
                attempt));
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
              checksum,
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
    byte[] body = receipt.body().getBytes(StandardCharsets.UTF_8);
    return document(request, new Answer(receipt.headers(), body), parser);
  }

  /** Returns what the answer to a document says. */
  <T> T document(OssRequest request, Answer answer, DocumentParser<T> parser)
      throws StorageException {
    try {
      return parser.parse(new ByteArrayInputStream(answer.body()));
    } catch (XMLStreamException e) {
      String text = new String(answer.body(), StandardCharsets.UTF_8);
      OssError error = OssError.of(new ErrorAnswer(STATUS_OF_LATE_ERRORS, answer.headers(), text));
      if (!error.code().isEmpty()) {
        throw error.toException(request.what(), endpoint);
      }
      throw corrupt(request.what(), e, answer.headers());
    }
  }

  /** Returns the failure of an answer that makes no sense. */
  StorageException corrupt(String what, Exception cause, Map<String, String> headers) {
    String problem = OssError.oneLine(String.valueOf(cause.getMessage()));
    return new StorageException(
        Kind.CORRUPT,
        "%s: %s does not answer as OSS does: %s%s"
            .formatted(what, server, problem, OssAnswers.reference(headers)),
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
      if (error == null) {
        throw advised(e);
      }
      if (!isRemedied(error, attempt)) {
        throw e;
      }
      OssAttempt second = new OssAttempt(what, endpoint, credentials.get());
      return sending.send(sign(request, second), second);
    }
  }

  /** Names the setting to look at where the store could not even be asked. */
  private static StorageException advised(StorageException failure) {
    String setting =
        switch (failure.getCause()) {
          case UnknownHostException _ -> "transport.oss.endpoint";
          case ConnectException _ -> "transport.oss.endpoint";
          case SSLException _ when failure.kind() == Kind.INVALID_REQUEST ->
              "transport.oss.ca-certificate";
          case null, default -> "";
        };
    return setting.isEmpty()
        ? failure
        : new StorageException(
            failure.kind(), failure.getMessage() + "; see " + setting, failure.getCause());
  }

  private RequestMessage sign(OssRequest request, OssAttempt attempt) {
    return signer.sign(
        request.method(), request.key(), request.parameters(), request.headers(), attempt.key());
  }

  private boolean isRemedied(OssError error, OssAttempt attempt) {
    if (error.rejectsCredentials()) {
      return credentials.reject(attempt.key());
    }
    Instant storeTime = error.storeTime();
    return error.rejectsClock() && storeTime != null && signer.adoptClock(storeTime);
  }

  @Override
  public void close() {
    closed = true;
    reader.close();
  }
}
