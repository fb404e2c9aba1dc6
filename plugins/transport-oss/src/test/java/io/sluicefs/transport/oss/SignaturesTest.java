// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.common.auth.DefaultCredentials;
import com.aliyun.oss.common.comm.RequestMessage;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.internal.signer.OSSSignerBase;
import com.aliyun.oss.internal.signer.OSSSignerParams;
import com.aliyun.oss.model.GenericRequest;
import io.sluicefs.http.AccessKey;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures are those of the SDK's own signers. */
class SignaturesTest {
  private static final DateTimeFormatter V4_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void areThoseOfTheSdk(boolean temporary) {
    for (HttpMethod method : List.of(HttpMethod.GET, HttpMethod.PUT, HttpMethod.POST)) {
      for (String key : List.of("", "a//b/../c", " a+b*~/grün")) {
        for (Map<String, @Nullable String> query : queries()) {
          for (Map<String, String> headers : headers()) {
            assertV4(temporary, method, key, query, headers);
            assertV1(temporary, method, key, query, headers);
          }
        }
      }
    }
  }

  private static List<Map<String, @Nullable String>> queries() {
    Map<String, @Nullable String> page = new LinkedHashMap<>();
    page.put("prefix", "a b/grün+*~&=%");
    page.put("list-type", "2");
    page.put("uploads", null);
    page.put("continuation-token", "a/b+c==");
    return List.of(Map.of(), page);
  }

  private static List<Map<String, String>> headers() {
    return List.of(
        Map.of(),
        Map.of("Range", "bytes=0-7", "x-oss-range-behavior", "standard"),
        Map.of("Content-Type", "text/plain", "Content-MD5", "m==", "X-Oss-Meta-a", " b "));
  }

  private static void assertV4(
      boolean temporary,
      HttpMethod method,
      String key,
      Map<String, @Nullable String> query,
      Map<String, String> headers) {
    RequestMessage expected = request(method, key, query, headers);
    signBySdk(temporary, SignVersion.V4, key, expected);
    String time = Objects.requireNonNull(expected.getHeaders().get("x-oss-date"));
    Instant now = LocalDateTime.parse(time, V4_TIME).toInstant(ZoneOffset.UTC);
    Map<String, String> signed = new LinkedHashMap<>(headers);
    new SignatureV4("cn-hangzhou")
        .sign(key(temporary), now, method.toString(), resource(key), query, signed);
    assertEquals(expected.getHeaders(), signed, () -> method + " " + key + query + headers);
  }

  private static void assertV1(
      boolean temporary,
      HttpMethod method,
      String key,
      Map<String, @Nullable String> query,
      Map<String, String> headers) {
    RequestMessage expected = request(method, key, query, headers);
    signBySdk(temporary, SignVersion.V1, key, expected);
    String time = Objects.requireNonNull(expected.getHeaders().get("Date"));
    Instant now = DateTimeFormatter.RFC_1123_DATE_TIME.parse(time, Instant::from);
    RequestMessage signed = request(method, key, query, headers);
    SignatureV1.sign(key(temporary), now, resource(key), signed);
    assertEquals(
        expected.getHeaders(), signed.getHeaders(), () -> method + " " + key + query + headers);
  }

  private static RequestMessage request(
      HttpMethod method,
      String key,
      Map<String, @Nullable String> query,
      Map<String, String> headers) {
    RequestMessage request = new RequestMessage(new GenericRequest("models", key), "models", key);
    request.setMethod(method);
    request.setParameters(new LinkedHashMap<>(query));
    headers.forEach(request::addHeader);
    return request;
  }

  private static void signBySdk(
      boolean temporary, SignVersion version, String key, RequestMessage request) {
    OSSSignerParams parts =
        new OSSSignerParams(
            resource(key), new DefaultCredentials("id", "a secret", temporary ? "token" : null));
    parts.setProduct("oss");
    parts.setRegion("cn-hangzhou");
    OSSSignerBase.createRequestSigner(version, parts).sign(request);
  }

  private static String resource(String key) {
    return "/models/" + key;
  }

  private static AccessKey key(boolean temporary) {
    return AccessKey.of("id", "a secret", temporary ? "token" : null, null);
  }
}
