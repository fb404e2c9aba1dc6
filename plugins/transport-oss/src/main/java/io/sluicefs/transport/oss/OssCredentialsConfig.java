// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Secret;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The settings that say where credentials come from, and the source they choose. */
final class OssCredentialsConfig {
  /** Where credentials come from. */
  enum Origin {
    /** The first of static, process, environment, oidc and profile that is there. */
    AUTO,
    /** The configuration. */
    STATIC,
    /** OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN. */
    ENVIRONMENT,
    /** A file as the SDK reads it. */
    PROFILE,
    /** The RAM role of the ECS instance. */
    INSTANCE,
    /** A RAM role for a workload's OIDC token, as in ACK. */
    OIDC,
    /** A program that prints them. */
    PROCESS,
    /** Nowhere: requests are not signed. */
    ANONYMOUS
  }

  static final Setting<Origin> CREDENTIALS =
      Setting.choice(
              "credentials",
              Origin.class,
              "Where credentials come from; auto takes the first that is there of access-key-id,"
                  + " credential-process, the environment, an OIDC token, a profile.")
          .withDefault("auto");
  static final Setting<Secret> ACCESS_KEY_ID =
      Setting.secret("access-key-id", "Access key id, for static credentials.");
  static final Setting<Secret> ACCESS_KEY_SECRET =
      Setting.secret("access-key-secret", "Access key secret, for static credentials.");
  static final Setting<Secret> SECURITY_TOKEN =
      Setting.secret("security-token", "Security token, for static temporary credentials.");
  static final Setting<String> CREDENTIAL_PROCESS =
      Setting.string(
          "credential-process",
          "Command, run by /bin/sh, that prints AccessKeyId, AccessKeySecret, SecurityToken and"
              + " Expiration as JSON; run again before they expire.");
  static final Setting<Path> PROFILE_FILE =
      Setting.path(
          "profile-file",
          "File with oss_access_key_id, oss_secret_access_key and oss_session_token under"
              + " [default]; ~/.oss/credentials if not set.");
  static final Setting<String> INSTANCE_ROLE =
      Setting.string(
          "instance-role", "RAM role of the ECS instance; asked of the instance if not set.");
  static final Setting<URI> METADATA_ENDPOINT =
      Setting.url("metadata-endpoint", "Where the ECS instance's metadata is served.")
          .withDefault("http://100.100.100.200");
  static final Setting<String> OIDC_ROLE_ARN =
      Setting.string("oidc-role-arn", "RAM role to take on; ALIBABA_CLOUD_ROLE_ARN if not set.");
  static final Setting<String> OIDC_PROVIDER_ARN =
      Setting.string(
          "oidc-provider-arn", "OIDC provider; ALIBABA_CLOUD_OIDC_PROVIDER_ARN if not set.");
  static final Setting<Path> OIDC_TOKEN_FILE =
      Setting.path(
          "oidc-token-file", "File with the token; ALIBABA_CLOUD_OIDC_TOKEN_FILE if not set.");
  static final Setting<URI> STS_ENDPOINT =
      Setting.url("sts-endpoint", "Where roles are taken on.")
          .withDefault("https://sts.aliyuncs.com");

  static final List<Setting<?>> SETTINGS =
      List.of(
          CREDENTIALS,
          ACCESS_KEY_ID,
          ACCESS_KEY_SECRET,
          SECURITY_TOKEN,
          CREDENTIAL_PROCESS,
          PROFILE_FILE,
          INSTANCE_ROLE,
          METADATA_ENDPOINT,
          OIDC_ROLE_ARN,
          OIDC_PROVIDER_ARN,
          OIDC_TOKEN_FILE,
          STS_ENDPOINT);

  private final PluginSettings settings;
  private final Map<String, String> environment;

  private OssCredentialsConfig(PluginSettings settings, Map<String, String> environment) {
    this.settings = settings;
    this.environment = environment;
  }

  /**
   * Returns the source the settings choose; nothing is asked of it yet.
   *
   * @param environment the environment's variables
   */
  static CredentialSource source(PluginSettings settings, Map<String, String> environment)
      throws SettingException {
    return new OssCredentialsConfig(settings, environment).source();
  }

  private CredentialSource source() throws SettingException {
    Origin origin = settings.get(CREDENTIALS);
    return switch (origin == Origin.AUTO ? first() : origin) {
      case STATIC ->
          new FixedCredentials(
              new AccessKey(
                  required(ACCESS_KEY_ID).reveal(String::new),
                  required(ACCESS_KEY_SECRET),
                  settings.find(SECURITY_TOKEN).orElse(null),
                  null));
      case ENVIRONMENT -> new FixedCredentials(ofEnvironment());
      case PROFILE -> new ProfileCredentials(profileFile());
      case INSTANCE ->
          new RenewedCredentials(
              new InstanceRole(
                  settings.get(METADATA_ENDPOINT), settings.find(INSTANCE_ROLE).orElse("")));
      case OIDC ->
          new RenewedCredentials(
              new OidcRole(
                  settings.get(STS_ENDPOINT),
                  value(OIDC_ROLE_ARN, "ALIBABA_CLOUD_ROLE_ARN"),
                  value(OIDC_PROVIDER_ARN, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN"),
                  oidcTokenFile()));
      case PROCESS -> new RenewedCredentials(new CredentialProcess(required(CREDENTIAL_PROCESS)));
      case ANONYMOUS -> new FixedCredentials(AccessKey.ANONYMOUS);
      case AUTO -> throw new IllegalStateException();
    };
  }

  private Origin first() throws SettingException {
    if (settings.find(ACCESS_KEY_ID).isPresent()) {
      return Origin.STATIC;
    }
    if (settings.find(CREDENTIAL_PROCESS).isPresent()) {
      return Origin.PROCESS;
    }
    if (environment.containsKey("OSS_ACCESS_KEY_ID")) {
      return Origin.ENVIRONMENT;
    }
    if (settings.find(OIDC_TOKEN_FILE).isPresent()
        || environment.containsKey("ALIBABA_CLOUD_OIDC_TOKEN_FILE")) {
      return Origin.OIDC;
    }
    if (Files.exists(profileFile())) {
      return Origin.PROFILE;
    }
    throw settings.error(
        CREDENTIALS,
        "no credentials found; set access-key-id and access-key-secret, or OSS_ACCESS_KEY_ID and"
            + " OSS_ACCESS_KEY_SECRET in the environment, or credentials = instance on ECS with a"
            + " role, or credentials = anonymous for a public bucket");
  }

  private AccessKey ofEnvironment() throws SettingException {
    String token = environment.getOrDefault("OSS_SESSION_TOKEN", "").strip();
    return AccessKey.of(
        variable("OSS_ACCESS_KEY_ID"),
        variable("OSS_ACCESS_KEY_SECRET"),
        token.isEmpty() ? null : token,
        null);
  }

  private String variable(String name) throws SettingException {
    String value = environment.getOrDefault(name, "").strip();
    if (value.isEmpty()) {
      throw settings.error(CREDENTIALS, "the environment has no " + name);
    }
    return value;
  }

  private String value(Setting<String> setting, String variable) throws SettingException {
    Optional<String> value = settings.find(setting);
    if (value.isPresent()) {
      return value.get();
    }
    String fallback = environment.getOrDefault(variable, "");
    if (fallback.isEmpty()) {
      throw settings.error(setting, "has to be set, here or as " + variable);
    }
    return fallback;
  }

  private Path oidcTokenFile() throws SettingException {
    Optional<Path> file = settings.find(OIDC_TOKEN_FILE);
    if (file.isPresent()) {
      return file.get();
    }
    String fallback = environment.getOrDefault("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "");
    if (fallback.isEmpty()) {
      throw settings.error(
          OIDC_TOKEN_FILE, "has to be set, here or as ALIBABA_CLOUD_OIDC_TOKEN_FILE");
    }
    return Path.of(fallback);
  }

  private Path profileFile() {
    return settings
        .find(PROFILE_FILE)
        .orElseGet(() -> Path.of(System.getProperty("user.home", "/"), ".oss", "credentials"));
  }

  private <T> T required(Setting<T> setting) throws SettingException {
    Optional<T> value = settings.find(setting);
    if (value.isEmpty()) {
      throw settings.error(
          setting, "has to be set for credentials = " + name(settings.get(CREDENTIALS)));
    }
    return value.get();
  }

  private static String name(Origin origin) {
    return origin == Origin.AUTO ? "static" : origin.name().toLowerCase(Locale.ROOT);
  }
}
