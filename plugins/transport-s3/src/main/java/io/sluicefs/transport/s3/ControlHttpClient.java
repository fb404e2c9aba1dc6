// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Answer;
import io.sluicefs.http.Endpoint;
import io.sluicefs.http.ErrorAnswer;
import io.sluicefs.http.QueryRequest;
import io.sluicefs.http.QueryRequest.Method;
import io.sluicefs.http.QuerySender;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * Sends what the SDK's client asks for over the connections all else goes over. Those of the JDK's
 * own client remember what they sent last, a session token among it.
 */
final class ControlHttpClient implements SdkHttpClient {
  private static final int OK = 200;

  private final QuerySender sender;

  ControlHttpClient(QuerySender sender) {
    this.sender = sender;
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    return new ExecutableHttpRequest() {
      @Override
      public HttpExecuteResponse call() throws IOException {
        return send(request);
      }

      @Override
      public void abort() {
        // The thread that waits is interrupted.
      }
    };
  }

  private HttpExecuteResponse send(HttpExecuteRequest asked) throws IOException {
    SdkHttpRequest request = asked.httpRequest();
    String path = request.encodedPath().isEmpty() ? "/" : request.encodedPath();
    String query = request.encodedQueryParameters().map("?"::concat).orElse("");
    Map<String, String> headers = new LinkedHashMap<>();
    request.forEachHeader((name, values) -> headers.put(name, String.join(",", values)));
    QueryRequest sent =
        new QueryRequest(
            Method.valueOf(request.method().name()),
            Endpoint.of(request.getUri()),
            path + query,
            headers,
            document(asked),
            ControlRequests.what(),
            // The repeat of one that creates only would meet what the first made.
            request.firstMatchingHeader("If-None-Match").isEmpty());
    AtomicReference<ErrorAnswer> refusal = new AtomicReference<>();
    try {
      Answer answer =
          sender.send(
              sent,
              (_, error) -> {
                refusal.set(error);
                return new StorageException(Kind.INVALID_REQUEST, sent.description());
              });
      return response(OK, answer.headers(), answer.body());
    } catch (StorageException e) {
      ErrorAnswer error = refusal.get();
      if (error == null) {
        throw e;
      }
      return response(
          error.status(), error.headers(), error.body().getBytes(StandardCharsets.UTF_8));
    }
  }

  private static byte[] document(HttpExecuteRequest asked) throws IOException {
    ContentStreamProvider content = asked.contentStreamProvider().orElse(null);
    if (content == null) {
      return new byte[0];
    }
    try (InputStream in = content.newStream()) {
      return in.readAllBytes();
    }
  }

  private static HttpExecuteResponse response(
      int status, Map<String, String> headers, byte[] body) {
    SdkHttpResponse.Builder response = SdkHttpResponse.builder().statusCode(status);
    headers.forEach(response::putHeader);
    return HttpExecuteResponse.builder()
        .response(response.build())
        .responseBody(AbortableInputStream.create(new ByteArrayInputStream(body)))
        .build();
  }

  @Override
  public String clientName() {
    return "Sluice";
  }

  /** Does nothing: the connections are the transport's. */
  @Override
  public void close() {}
}
