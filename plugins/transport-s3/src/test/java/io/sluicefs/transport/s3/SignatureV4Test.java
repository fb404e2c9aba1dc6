// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluicefs.http.AccessKey;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;

/** Signatures are those of the SDK's own signer. */
class SignatureV4Test {
  private static final Instant NOW = Instant.parse("2026-03-01T23:59:59Z");

  private final SignatureV4 signature = new SignatureV4("eu-central-1");

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void signsAsTheSdkDoes(boolean temporary) {
    for (String method : List.of("GET", "HEAD", "PUT", "POST", "DELETE")) {
      for (String path :
          List.of("/", "/a", "/bucket/a//b/../c", "/%20a%2Bb/gr%C3%BCn", "/a~b-c_d.e/")) {
        for (Map<String, String> query : queries()) {
          for (Map<String, String> headers : headers()) {
            assertSame(temporary, method, path, query, headers);
          }
        }
      }
    }
  }

  private static List<Map<String, String>> queries() {
    Map<String, String> page = new LinkedHashMap<>();
    page.put("prefix", "a b/grün+*~&=%");
    page.put("list-type", "2");
    page.put("delimiter", "/");
    page.put("Z", "");
    page.put("continuation-token", "a/b+c==");
    return List.of(Map.of(), Map.of("uploads", ""), page);
  }

  private static List<Map<String, String>> headers() {
    Map<String, String> spaced = new LinkedHashMap<>();
    spaced.put("x-amz-meta-b", "  a \t b   c ");
    spaced.put("X-Amz-Meta-a", "");
    spaced.put("User-Agent", "sluice");
    spaced.put("Content-Type", "text/plain; charset=utf-8");
    return List.of(Map.of(), Map.of("Range", "bytes=0-7", "If-Match", "\"e\""), spaced);
  }

  private void assertSame(
      boolean temporary,
      String method,
      String path,
      Map<String, String> query,
      Map<String, String> headers) {
    AwsCredentialsIdentity identity =
        temporary
            ? AwsSessionCredentials.create("id", "a/secret+", "a/token==")
            : AwsBasicCredentials.create("id", "a/secret+");
    SdkHttpRequest.Builder request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.fromValue(method))
            .protocol("https")
            .host("bucket.example.com")
            .port(9000)
            .encodedPath(path);
    query.forEach(request::putRawQueryParameter);
    headers.forEach(request::putHeader);
    Map<String, String> expected = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    AwsV4HttpSigner.create()
        .sign(
            signing ->
                signing
                    .request(request.build())
                    .identity(identity)
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "s3")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, "eu-central-1")
                    .putProperty(AwsV4HttpSigner.DOUBLE_URL_ENCODE, false)
                    .putProperty(AwsV4HttpSigner.NORMALIZE_PATH, false)
                    .putProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, false)
                    .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(NOW, ZoneOffset.UTC)))
        .request()
        .forEachHeader((name, values) -> expected.put(name, values.getFirst()));
    AccessKey key = AccessKey.of("id", "a/secret+", temporary ? "a/token==" : null, null);
    Map<String, String> signed = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    signed.putAll(headers);
    signed.put("Host", "bucket.example.com:9000");
    signature.sign(key, NOW, method, path, query, signed, SignatureV4.UNSIGNED_PAYLOAD);
    assertEquals(expected, signed, () -> method + " " + path + " " + query + " " + headers);
  }
}
