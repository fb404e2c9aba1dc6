// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.ClientConfiguration;
import com.aliyun.oss.ClientException;
import com.aliyun.oss.common.comm.ExecutionContext;
import com.aliyun.oss.common.comm.RequestMessage;
import com.aliyun.oss.common.comm.ResponseMessage;
import io.sluicefs.http.ErrorAnswer;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.X509TrustManager;
import org.apache.http.conn.ConnectTimeoutException;

/**
 * Sends what is not a read of bytes, with the SDK's client and once. Each request runs on a virtual
 * thread of its own, so that the caller's interrupt and the time allowed end it at any point: name
 * lookup, connecting, a body that drips. Thread-safe.
 */
final class ControlClient implements AutoCloseable {
  /** Most connections; the kernel limits the requests under way far below. */
  private static final int MAX_CONNECTIONS = 1024;

  private final OssEndpoint endpoint;
  private final Duration requestTimeout;
  private final CappedServiceClient client;

  /** Makes something of an answer of status 200 or 204. */
  @FunctionalInterface
  interface AnswerParser<T> {
    /**
     * Returns what the answer says.
     *
     * @param headers by name in lower case
     * @throws IOException if the body cannot be read
     * @throws StorageException if the answer makes no sense
     */
    T parse(Map<String, String> headers, InputStream body) throws IOException;
  }

  /**
   * Creates a client.
   *
   * @param noProgressTimeout longest wait for more of an answer
   * @param requestTimeout longest wait for a whole answer
   */
  ControlClient(OssTransportConfig config, Duration noProgressTimeout, Duration requestTimeout) {
    endpoint = config.endpoint();
    this.requestTimeout = requestTimeout;
    ClientConfiguration settings = new ClientConfiguration();
    settings.setMaxErrorRetry(0);
    settings.setCrcCheckEnabled(false);
    settings.setRedirectEnable(false);
    settings.setUseSystemPropertyValues(false);
    settings.setMaxConnections(MAX_CONNECTIONS);
    settings.setConnectionTimeout(millis(config.connection().connectTimeout()));
    settings.setConnectionRequestTimeout(millis(requestTimeout));
    settings.setSocketTimeout(millis(noProgressTimeout));
    settings.setUserAgent(config.userAgent());
    settings.setX509TrustManagers(
        Arrays.stream(config.connection().certificates().managers())
            .map(X509TrustManager.class::cast)
            .toArray(X509TrustManager[]::new));
    client = new CappedServiceClient(settings);
  }

  /**
   * Sends a signed request.
   *
   * @param what what is asked, for errors
   * @param errors says what an answer of another status means
   */
  <T> T send(RequestMessage request, String what, AnswerParser<T> parser, OssAttempt errors)
      throws StorageException {
    FutureTask<T> task = new FutureTask<>(() -> exchange(request, what, parser, errors));
    Thread thread = Thread.ofVirtual().name("oss-control").start(task);
    try {
      return task.get(requestTimeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, what + ": interrupted", e);
    } catch (TimeoutException e) {
      thread.interrupt();
      throw new StorageException(
          Kind.TIMEOUT,
          "%s: no whole answer in %d ms from %s"
              .formatted(what, requestTimeout.toMillis(), endpoint.server()),
          e);
    } catch (ExecutionException e) {
      Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
      if (cause instanceof StorageException failure) {
        throw failure;
      }
      throw new StorageException(Kind.SERVER_ERROR, what + ": " + cause, cause);
    }
  }

  private <T> T exchange(
      RequestMessage request, String what, AnswerParser<T> parser, OssAttempt errors)
      throws StorageException {
    try {
      ResponseMessage response = client.sendRequest(request, new ExecutionContext());
      boolean whole = false;
      try {
        T answer = parse(response, parser, errors);
        whole = true;
        return answer;
      } finally {
        // Closing would read what is left to keep the connection; what went wrong is not worth it.
        if (whole && response.isSuccessful()) {
          response.close();
        } else {
          response.abort();
        }
      }
    } catch (StorageException e) {
      throw e;
    } catch (ClientException e) {
      throw failure(what, Objects.requireNonNullElse(e.getCause(), e));
    } catch (IOException e) {
      throw failure(what, e);
    }
  }

  private static <T> T parse(ResponseMessage response, AnswerParser<T> parser, OssAttempt errors)
      throws IOException {
    Map<String, String> headers = new HashMap<>();
    response
        .getHeaders()
        .forEach((name, value) -> headers.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    boolean isDone = response.getStatusCode() == 200 || response.getStatusCode() == 204;
    if (!isDone) {
      String body = Objects.requireNonNullElse(response.getErrorResponseAsString(), "");
      throw errors.failure(new ErrorAnswer(response.getStatusCode(), headers, body));
    }
    InputStream body = response.getContent();
    return parser.parse(headers, body == null ? new ByteArrayInputStream(new byte[0]) : body);
  }

  private StorageException failure(String what, Throwable cause) {
    String server = endpoint.server().toString();
    return switch (cause) {
      case UnknownHostException e ->
          new StorageException(
              Kind.UNREACHABLE,
              what
                  + ": no address for "
                  + endpoint.server().host()
                  + "; check transport.oss.endpoint",
              e);
      case SocketTimeoutException e ->
          new StorageException(Kind.TIMEOUT, what + ": no answer from " + server + " in time", e);
      case ConnectTimeoutException e ->
          new StorageException(Kind.TIMEOUT, what + ": " + server + " does not accept in time", e);
      case ConnectException e ->
          new StorageException(
              Kind.UNREACHABLE,
              what + ": " + server + " refuses connections; check transport.oss.endpoint",
              e);
      case SSLException e when isUntrusted(e) ->
          new StorageException(
              Kind.INVALID_REQUEST,
              "%s: the certificate of %s is not trusted (%s); set transport.oss.ca-certificate"
                  .formatted(what, server, e.getMessage()),
              e);
      case CappedServiceClient.TooLongException e ->
          new StorageException(Kind.CORRUPT, what + ": " + e.getMessage(), e);
      default ->
          new StorageException(
              Kind.UNREACHABLE, what + ": the connection to " + server + " broke: " + cause, cause);
    };
  }

  private static boolean isUntrusted(SSLException failure) {
    return failure instanceof SSLPeerUnverifiedException
        || failure.getCause() instanceof CertificateException;
  }

  private static int millis(Duration duration) {
    return Math.toIntExact(Math.min(duration.toMillis(), Integer.MAX_VALUE));
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
