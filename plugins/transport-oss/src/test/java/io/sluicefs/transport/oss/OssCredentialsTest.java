// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OssCredentialsTest {
  private static final String EMPTY_PAGE =
      AnswerServer.answer(
          200, "", "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>");
  private static final String EXPIRED =
      AnswerServer.answer(
          403, "", "<Error><Code>SecurityTokenExpired</Code><Message>Old.</Message></Error>");

  @TempDir Path directory;

  @Test
  void takesThoseOfTheConfiguration() throws Exception {
    AccessKey credentials =
        credentials(
            Map.of("access-key-id", "id", "access-key-secret", "secret", "security-token", "token"),
            Map.of());

    assertEquals("id secret token", words(credentials));
  }

  @Test
  void takesThoseOfTheEnvironment() throws Exception {
    AccessKey credentials =
        credentials(
            Map.of(), Map.of("OSS_ACCESS_KEY_ID", "id", "OSS_ACCESS_KEY_SECRET", " secret\n"));

    assertEquals("id secret null", words(credentials));
  }

  @Test
  void takesTheTokenOfTheEnvironment() throws Exception {
    AccessKey credentials =
        credentials(
            Map.of("credentials", "environment"),
            Map.of(
                "OSS_ACCESS_KEY_ID", "id",
                "OSS_ACCESS_KEY_SECRET", "secret",
                "OSS_SESSION_TOKEN", "token"));

    assertEquals("id secret token", words(credentials));
  }

  @Test
  void takesThoseOfAProfile() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("credentials"),
            """
            [default]
            oss_access_key_id = id
            oss_secret_access_key = secret
            oss_session_token = token
            """);

    assertEquals(
        "id secret token", words(credentials(Map.of("profile-file", file.toString()), Map.of())));
  }

  @Test
  void namesAProfileThatIsNotThere() {
    assertBad(
        Map.of("credentials", "profile", "profile-file", directory.resolve("none").toString()),
        "none");
  }

  @Test
  void signsNothingWithoutCredentials() throws Exception {
    try (AnswerServer server = new AnswerServer(request -> EMPTY_PAGE);
        Transport transport =
            OssTransports.open(server.url(), Map.of("credentials", "anonymous"))) {
      transport.list(ListRequest.directory(""));

      assertNull(server.requests().getFirst().headers().get("authorization"));
    }
  }

  @Test
  void saysWhichCredentialsThereCouldBe() {
    SettingException refusal =
        assertThrows(
            SettingException.class,
            () -> credentials(Map.of("profile-file", "/nowhere/credentials"), Map.of()));

    assertTrue(String.valueOf(refusal.getMessage()).contains("credentials = anonymous"));
  }

  @Test
  void saysWhichHalfIsMissing() {
    SettingException refusal =
        assertThrows(
            SettingException.class, () -> credentials(Map.of("access-key-id", "id"), Map.of()));

    assertTrue(
        String.valueOf(refusal.getMessage()).contains("transport.oss.access-key-secret"),
        refusal.getMessage());
  }

  @Test
  void takesThoseAProgramPrints() throws Exception {
    String command =
        process(
            "{\"AccessKeyId\":\"id\",\"AccessKeySecret\":\"secret\",\"SecurityToken\":\"token\"}");

    assertEquals(
        "id secret token", words(credentials(Map.of("credential-process", command), Map.of())));
  }

  @Test
  void runsTheProgramOnceForCredentialsThatLast() throws Exception {
    CredentialSource source =
        source(counting(Instant.now().plusSeconds(3600).toString()), Map.of());

    source.get();

    assertEquals("id1 secret null", words(source.get()));
  }

  @Test
  void runsTheProgramAgainBeforeItsCredentialsExpire() throws Exception {
    CredentialSource source = source(counting(Instant.now().plusMillis(1500).toString()), Map.of());
    source.get();
    Instant deadline = Instant.now().plusSeconds(20);

    while (words(source.get()).startsWith("id1 ") && Instant.now().isBefore(deadline)) {
      Thread.onSpinWait();
    }

    assertTrue(Files.readString(directory.resolve("runs")).length() > 1);
  }

  @Test
  void runsTheProgramAgainWhenItsCredentialsAreRefused() throws Exception {
    try (AnswerServer server =
            new AnswerServer(
                request ->
                    request.headers().getOrDefault("authorization", "").startsWith("OSS id1:")
                        ? EXPIRED
                        : EMPTY_PAGE);
        Transport transport = OssTransports.open(server.url(), counting(""))) {
      transport.list(ListRequest.directory(""));

      assertEquals(2, server.requests().size());
    }
  }

  @Test
  void doesNotRunTheProgramForEveryRefusal() throws Exception {
    try (AnswerServer server = new AnswerServer(request -> EXPIRED);
        Transport transport = OssTransports.open(server.url(), counting(""))) {
      for (int i = 0; i < 10; i++) {
        StorageException failure =
            assertThrows(StorageException.class, () -> transport.list(ListRequest.directory("")));
        assertEquals(Kind.BAD_CREDENTIALS, failure.kind());
      }

      assertEquals(2, Files.readString(directory.resolve("runs")).length());
      assertEquals(11, server.requests().size());
    }
  }

  @Test
  @Timeout(60)
  void aRefusalThatMeetsARenewalWaitsForWhatItBrings() throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-01T12:00:00Z"));
    Instant expiration = now.get().plusSeconds(3600);
    AtomicInteger fetches = new AtomicInteger();
    CountDownLatch isRenewing = new CountDownLatch(1);
    CountDownLatch mayRenew = new CountDownLatch(1);
    CredentialSource source =
        new RenewedCredentials(
            () -> {
              int number = fetches.incrementAndGet();
              if (number == 2) {
                isRenewing.countDown();
                await(mayRenew);
              }
              return AccessKey.of("id" + number, "secret", null, expiration);
            },
            now::get);
    AccessKey refused = source.get();
    // Due for renewal, and good until it is done.
    now.set(expiration.minusSeconds(60));
    FutureTask<AccessKey> renewal = new FutureTask<>(source::get);
    Thread.ofPlatform().start(renewal);
    isRenewing.await();
    FutureTask<AccessKey> refusal =
        new FutureTask<>(
            () -> {
              assertTrue(source.reject(refused));
              return source.get();
            });
    Thread refuser = Thread.ofPlatform().start(refusal);
    while (refuser.getState() != Thread.State.WAITING && !refusal.isDone()) {
      Thread.onSpinWait();
    }

    mayRenew.countDown();

    assertEquals("id2 secret null", words(refusal.get()));
    assertEquals("id2 secret null", words(renewal.get()));
    assertEquals(2, fetches.get());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exit 3",
        "echo no json",
        "echo '{}'",
        "echo '{\"AccessKeyId\":\"hidden\",\"AccessKeySecret\":\"\"}'",
        "echo '{\"AccessKeyId\":\"hidden\",\"AccessKeySecret\":\"hidden\",\"Expiration\":\"soon\"}'",
        "echo '{\"AccessKeyId\":\"hidden\",\"AccessKeySecret\":\"hidden\","
            + "\"Expiration\":\"2020-01-01T00:00:00Z\"}'",
        "head -c 100000 /dev/zero",
        "/nowhere/program"
      })
  void saysWhatIsWrongWithTheProgram(String command) {
    assertBad(Map.of("credential-process", command), "transport.oss.credential-process");
  }

  @Test
  void takesThoseOfTheInstancesRole() throws Exception {
    try (AnswerServer server =
        new AnswerServer(
            request ->
                switch (request.method() + " " + request.target()) {
                  case "PUT /latest/api/token" -> AnswerServer.answer(200, "", "session");
                  case "GET /latest/meta-data/ram/security-credentials/" ->
                      request.headers().containsValue("session")
                          ? AnswerServer.answer(200, "", "reader\n")
                          : AnswerServer.answer(403, "", "");
                  case "GET /latest/meta-data/ram/security-credentials/reader" ->
                      AnswerServer.answer(200, "", json("Success"));
                  default -> AnswerServer.answer(404, "", "");
                })) {
      Map<String, String> settings =
          Map.of("credentials", "instance", "metadata-endpoint", server.url());

      assertEquals("id secret token", words(credentials(settings, Map.of())));
    }
  }

  @Test
  void asksAnInstanceThatKnowsNoSessions() throws Exception {
    try (AnswerServer server =
        new AnswerServer(
            request ->
                request.target().endsWith("/security-credentials/reader")
                    ? AnswerServer.answer(200, "", json("Success"))
                    : AnswerServer.answer(404, "", ""))) {
      Map<String, String> settings =
          Map.of(
              "credentials", "instance",
              "instance-role", "reader",
              "metadata-endpoint", server.url());

      assertEquals("id secret token", words(credentials(settings, Map.of())));
    }
  }

  @Test
  void saysThatTheInstanceHasNoRole() throws Exception {
    try (AnswerServer server = new AnswerServer(request -> AnswerServer.answer(404, "", ""))) {
      assertBad(
          Map.of("credentials", "instance", "metadata-endpoint", server.url()), "metadata service");
    }
  }

  @Test
  void takesOnARoleWithAToken() throws Exception {
    Path token = Files.writeString(directory.resolve("token"), "a.b.c\n");
    try (AnswerServer server =
        new AnswerServer(
            request -> AnswerServer.answer(200, "", "{\"Credentials\":" + json("Success") + "}"))) {
      Map<String, String> settings = Map.of("sts-endpoint", server.url());
      Map<String, String> environment =
          Map.of(
              "ALIBABA_CLOUD_ROLE_ARN", "acs:ram::1:role/reader",
              "ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/p",
              "ALIBABA_CLOUD_OIDC_TOKEN_FILE", token.toString());

      assertEquals("id secret token", words(credentials(settings, environment)));
      assertEquals("POST", server.requests().getFirst().method());
    }
  }

  @Test
  void saysWhyTheRoleIsNotGiven() throws Exception {
    Path token = Files.writeString(directory.resolve("token"), "hidden");
    try (AnswerServer server =
        new AnswerServer(
            request ->
                AnswerServer.answer(
                    400, "", "{\"Code\":\"AuthenticationFail.OIDCToken.Expired\"}"))) {
      assertBad(
          Map.of(
              "credentials", "oidc",
              "sts-endpoint", server.url(),
              "oidc-role-arn", "role",
              "oidc-provider-arn", "provider",
              "oidc-token-file", token.toString()),
          "HTTP 400 AuthenticationFail.OIDCToken.Expired");
    }
  }

  @Test
  void triesAChangedProfileAgain() throws Exception {
    Path file = Files.writeString(directory.resolve("credentials"), profile("id1"));
    assertTrue(file.toFile().setLastModified(1_000_000));
    try (AnswerServer server =
            new AnswerServer(
                request ->
                    request.headers().getOrDefault("authorization", "").startsWith("OSS id1:")
                        ? EXPIRED
                        : EMPTY_PAGE);
        Transport transport =
            OssTransports.open(
                server.url(), Map.of("credentials", "profile", "profile-file", file.toString()))) {
      assertThrows(StorageException.class, () -> transport.list(ListRequest.directory("")));
      assertEquals(1, server.requests().size());
      Files.writeString(file, profile("id2"));

      transport.list(ListRequest.directory(""));
    }
  }

  private static String profile(String id) {
    return "[default]\noss_access_key_id = %s\noss_secret_access_key = secret\n".formatted(id);
  }

  @Test
  void printsNoSecret() throws Exception {
    AccessKey credentials =
        credentials(Map.of("access-key-id", "hidden1", "access-key-secret", "hidden2"), Map.of());

    assertFalse(credentials.toString().contains("hidden"));
  }

  private static String json(String code) {
    return "{\"Code\":\"%s\",\"AccessKeyId\":\"id\",\"AccessKeySecret\":\"secret\",".formatted(code)
        + "\"SecurityToken\":\"token\",\"Expiration\":\"2099-01-01T00:00:00Z\"}";
  }

  /** Returns settings with a program that prints another key id each time. */
  private Map<String, String> counting(String expiration) {
    Path runs = directory.resolve("runs");
    return Map.of(
        "credentials",
        "process",
        "credential-process",
        "printf x >> %1$s; printf '{\"AccessKeyId\":\"id%%d\",\"AccessKeySecret\":\"secret\","
                .formatted(runs)
            + "\"Expiration\":\"%s\"}' $(wc -c < %s)".formatted(expiration, runs));
  }

  private String process(String json) throws IOException {
    return "cat " + Files.writeString(directory.resolve("json"), json);
  }

  private static AccessKey credentials(
      Map<String, String> settings, Map<String, String> environment)
      throws SettingException, StorageException {
    return source(settings, environment).get();
  }

  private static CredentialSource source(
      Map<String, String> settings, Map<String, String> environment) throws SettingException {
    Map<String, String> minimal = new HashMap<>();
    minimal.put("endpoint", "oss-cn-hangzhou.aliyuncs.com");
    minimal.put("bucket", "models");
    return OssCredentialsConfig.source(OssSettings.of(minimal, settings), environment);
  }

  private static void assertBad(Map<String, String> settings, String word) {
    StorageException failure =
        assertThrows(StorageException.class, () -> credentials(settings, Map.of()));
    String message = String.valueOf(failure.getMessage());
    assertEquals(Kind.BAD_CREDENTIALS, failure.kind());
    assertTrue(message.contains(word), message);
    assertFalse(message.contains("hidden"), message);
    assertFalse(message.contains("\n"), message);
  }

  /** Returns the name and the token, and that the secret is what all of these tests have. */
  private static String words(AccessKey key) {
    boolean same = key.isSameAs(AccessKey.of(key.id(), "secret", key.token(), null));
    return key.id() + (same ? " secret " : " another ") + key.token();
  }
}
