// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.ClientConfiguration;
import com.aliyun.oss.common.comm.DefaultServiceClient;
import io.sluicefs.http.ErrorAnswer;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import org.apache.http.HttpClientConnection;
import org.apache.http.HttpEntity;
import org.apache.http.HttpException;
import org.apache.http.HttpRequest;
import org.apache.http.HttpResponse;
import org.apache.http.NoHttpResponseException;
import org.apache.http.conn.HttpClientConnectionManager;
import org.apache.http.entity.HttpEntityWrapper;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.protocol.HttpContext;
import org.apache.http.protocol.HttpRequestExecutor;

/**
 * The SDK's client, with an end to the length of answers, and with one repeat where a kept
 * connection turns out closed.
 */
final class CappedServiceClient extends DefaultServiceClient {
  /** A page of 1,000 keys of 1,023 bytes, each percent-encoded, and what is said of them. */
  private static final long MAX_ANSWER = 16L << 20;

  private static final String KEPT = "sluice.kept-connection";

  /** An answer is longer than any that makes sense. */
  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1L;

    TooLongException(long limit) {
      super("the answer is longer than " + limit + " bytes");
    }
  }

  CappedServiceClient(ClientConfiguration settings) {
    super(settings);
  }

  @Override
  protected CloseableHttpClient createHttpClient(HttpClientConnectionManager connections) {
    return HttpClients.custom()
        .setConnectionManager(connections)
        .setUserAgent(config.getUserAgent())
        .disableContentCompression()
        .disableRedirectHandling()
        .disableCookieManagement()
        .disableAuthCaching()
        .setRequestExecutor(new KeptConnections())
        .setRetryHandler(CappedServiceClient::mayRepeat)
        .addInterceptorLast((HttpResponse response, HttpContext context) -> cap(response))
        .build();
  }

  private static boolean mayRepeat(IOException failure, int executions, HttpContext context) {
    return executions == 1
        && !Thread.currentThread().isInterrupted()
        && (failure instanceof NoHttpResponseException || failure instanceof SocketException)
        && Boolean.TRUE.equals(context.getAttribute(KEPT));
  }

  /** Notes whether a request goes over a connection that served one before. */
  private static final class KeptConnections extends HttpRequestExecutor {
    @Override
    public HttpResponse execute(
        HttpRequest request, HttpClientConnection connection, HttpContext context)
        throws IOException, HttpException {
      context.setAttribute(KEPT, connection.getMetrics().getRequestCount() > 0);
      return super.execute(request, connection, context);
    }
  }

  private static void cap(HttpResponse response) {
    HttpEntity entity = response.getEntity();
    if (entity != null) {
      boolean isError = response.getStatusLine().getStatusCode() / 100 != 2;
      response.setEntity(new CappedEntity(entity, isError));
    }
  }

  private static final class CappedEntity extends HttpEntityWrapper {
    private final boolean isError;

    CappedEntity(HttpEntity entity, boolean isError) {
      super(entity);
      this.isError = isError;
    }

    @Override
    public InputStream getContent() throws IOException {
      return new CappedStream(wrappedEntity.getContent(), isError);
    }
  }

  /** Ends an error's text early, and fails on anything else that is too long. */
  private static final class CappedStream extends FilterInputStream {
    private final boolean isError;
    private long left;

    CappedStream(InputStream in, boolean isError) {
      super(in);
      this.isError = isError;
      left = isError ? ErrorAnswer.MAX_BODY : MAX_ANSWER;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left == 0 && length > 0) {
        if (isError) {
          return -1;
        }
        throw new TooLongException(MAX_ANSWER);
      }
      int count = in.read(target, offset, (int) Math.min(length, left));
      left -= Math.max(0, count);
      return count;
    }

    @Override
    public long skip(long count) {
      return 0;
    }
  }
}
