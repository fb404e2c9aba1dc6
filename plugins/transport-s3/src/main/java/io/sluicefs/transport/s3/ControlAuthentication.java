// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.AccessKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.scheme.AwsV4AuthScheme;
import software.amazon.awssdk.http.auth.spi.scheme.AuthScheme;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignRequest;
import software.amazon.awssdk.http.auth.spi.signer.AsyncSignedRequest;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignRequest;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.IdentityProvider;
import software.amazon.awssdk.identity.spi.IdentityProviders;
import software.amazon.awssdk.identity.spi.ResolveIdentityRequest;

/**
 * Signs what the SDK's client sends in the SDK's place, which is told of no secret: it would keep
 * it.
 */
final class ControlAuthentication
    implements AuthScheme<AwsCredentialsIdentity>,
        HttpSigner<AwsCredentialsIdentity>,
        IdentityProvider<AwsCredentialsIdentity> {
  private final SignatureV4 signature;
  private final S3Credentials credentials;

  ControlAuthentication(SignatureV4 signature, S3Credentials credentials) {
    this.signature = signature;
    this.credentials = credentials;
  }

  /** Who signs, without what with. */
  private record Signatory(AccessKey key) implements AwsCredentialsIdentity {
    @Override
    public String accessKeyId() {
      return key.id();
    }

    @Override
    public String secretAccessKey() {
      return "";
    }
  }

  @Override
  public String schemeId() {
    return AwsV4AuthScheme.SCHEME_ID;
  }

  @Override
  public IdentityProvider<AwsCredentialsIdentity> identityProvider(IdentityProviders providers) {
    return this;
  }

  @Override
  public HttpSigner<AwsCredentialsIdentity> signer() {
    return this;
  }

  @Override
  public Class<AwsCredentialsIdentity> identityType() {
    return AwsCredentialsIdentity.class;
  }

  @Override
  public CompletableFuture<? extends AwsCredentialsIdentity> resolveIdentity(
      ResolveIdentityRequest request) {
    return CompletableFuture.completedFuture(new Signatory(credentials.current()));
  }

  @Override
  public SignedRequest sign(SignRequest<? extends AwsCredentialsIdentity> asked) {
    SdkHttpRequest request = asked.request();
    SignedRequest.Builder signed = SignedRequest.builder();
    asked.payload().ifPresent(signed::payload);
    if (!(asked.identity() instanceof Signatory(AccessKey key)) || key.isAnonymous()) {
      return signed.request(request).build();
    }
    Map<String, String> query = new LinkedHashMap<>();
    request.forEachRawQueryParameter((name, values) -> query.put(name, first(values)));
    Map<String, String> headers = new LinkedHashMap<>();
    request.forEachHeader((name, values) -> headers.put(name, String.join(",", values)));
    headers.putIfAbsent("Host", host(request));
    Clock clock = asked.requireProperty(HttpSigner.SIGNING_CLOCK, Clock.systemUTC());
    signature.sign(
        key,
        clock.instant(),
        request.method().name(),
        request.encodedPath(),
        query,
        headers,
        SignatureV4.payload(asked.payload().map(ControlAuthentication::bytes).orElse(new byte[0])));
    SdkHttpRequest.Builder changed = request.toBuilder();
    headers.forEach(changed::putHeader);
    return signed.request(changed.build()).build();
  }

  /** A parameter without a value is signed as one with an empty one. */
  private static String first(List<String> values) {
    return values.isEmpty() || values.getFirst() == null ? "" : values.getFirst();
  }

  private static String host(SdkHttpRequest request) {
    boolean usual = request.port() == (request.protocol().equals("https") ? 443 : 80);
    return usual ? request.host() : request.host() + ":" + request.port();
  }

  private static byte[] bytes(ContentStreamProvider payload) {
    try (InputStream in = payload.newStream()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public CompletableFuture<AsyncSignedRequest> signAsync(
      AsyncSignRequest<? extends AwsCredentialsIdentity> request) {
    throw new UnsupportedOperationException("nothing is sent by the SDK's asynchronous clients");
  }
}
