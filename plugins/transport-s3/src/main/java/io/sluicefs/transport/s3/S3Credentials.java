// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Secret;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.credentials.InstanceProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProcessCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * Where credentials come from. The SDK's providers remember them and ask again before they expire.
 */
final class S3Credentials implements AutoCloseable {
  /** A source of credentials. */
  enum Source {
    /** What AWS's tools do: environment, web identity, profile, container, instance. */
    CHAIN,
    /** The configuration. */
    STATIC,
    /** AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. */
    ENVIRONMENT,
    /** A profile of the shared files. */
    PROFILE,
    /** The role of the EC2 instance. */
    INSTANCE,
    /** A role for the token of a workload, as in EKS. */
    WEB_IDENTITY,
    /** A program that prints them. */
    PROCESS,
    /** Nowhere: requests are not signed. */
    ANONYMOUS
  }

  static final Setting<Source> CREDENTIALS =
      Setting.choice(
              "credentials",
              Source.class,
              "Where credentials come from; chain takes the first that is there of the environment,"
                  + " a web identity token, a profile, the container, the instance.")
          .withDefault("chain");
  static final Setting<Secret> ACCESS_KEY_ID =
      Setting.secret("access-key-id", "Access key id, for static credentials.");
  static final Setting<Secret> ACCESS_KEY_SECRET =
      Setting.secret("access-key-secret", "Secret access key, for static credentials.");
  static final Setting<Secret> SESSION_TOKEN =
      Setting.secret("session-token", "Session token, for static temporary credentials.");
  static final Setting<String> PROFILE =
      Setting.string(
          "profile", "Profile of the shared files, for profile and chain; AWS_PROFILE if not set.");
  static final Setting<String> CREDENTIAL_PROCESS =
      Setting.string(
          "credential-process",
          "Command that prints credentials as AWS's credential_process does; run again before they"
              + " expire.");

  static final List<Setting<?>> SETTINGS =
      List.of(
          CREDENTIALS,
          ACCESS_KEY_ID,
          ACCESS_KEY_SECRET,
          SESSION_TOKEN,
          PROFILE,
          CREDENTIAL_PROCESS);

  private final Source source;
  private final AwsCredentialsProvider provider;

  private S3Credentials(Source source, AwsCredentialsProvider provider) {
    this.source = source;
    this.provider = provider;
  }

  /** Returns the source the settings choose; nothing is asked of it yet. */
  static S3Credentials of(PluginSettings settings) throws SettingException {
    Source source = settings.get(CREDENTIALS);
    if (settings.origin(CREDENTIALS).equals("default")
        && settings.find(ACCESS_KEY_ID).isPresent()) {
      source = Source.STATIC;
    }
    return new S3Credentials(source, provider(settings, source));
  }

  private static AwsCredentialsProvider provider(PluginSettings settings, Source source)
      throws SettingException {
    Optional<String> profile = settings.find(PROFILE);
    return switch (source) {
      case CHAIN -> DefaultCredentialsProvider.builder().profileName(profile.orElse(null)).build();
      case STATIC -> StaticCredentialsProvider.create(fixed(settings));
      case ENVIRONMENT -> EnvironmentVariableCredentialsProvider.create();
      case PROFILE ->
          ProfileCredentialsProvider.builder().profileName(profile.orElse(null)).build();
      case INSTANCE -> InstanceProfileCredentialsProvider.create();
      case WEB_IDENTITY -> WebIdentityTokenFileCredentialsProvider.create();
      case PROCESS ->
          ProcessCredentialsProvider.builder()
              .command(List.of("/bin/sh", "-c", required(settings, CREDENTIAL_PROCESS, source)))
              .build();
      case ANONYMOUS -> AnonymousCredentialsProvider.create();
    };
  }

  private static AwsCredentials fixed(PluginSettings settings) throws SettingException {
    String id = revealed(required(settings, ACCESS_KEY_ID, Source.STATIC));
    String secret = revealed(required(settings, ACCESS_KEY_SECRET, Source.STATIC));
    Optional<Secret> token = settings.find(SESSION_TOKEN);
    return token.isPresent()
        ? AwsSessionCredentials.create(id, secret, revealed(token.get()))
        : AwsBasicCredentials.create(id, secret);
  }

  private static <T> T required(PluginSettings settings, Setting<T> setting, Source source)
      throws SettingException {
    Optional<T> value = settings.find(setting);
    if (value.isEmpty()) {
      throw settings.error(setting, "has to be set for credentials = " + name(source));
    }
    return value.get();
  }

  /** The SDK takes strings; this one lives as long as the transport. */
  private static String revealed(Secret secret) {
    return secret.reveal(String::new);
  }

  private static String name(Source source) {
    return source.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Returns whether requests are not signed. */
  boolean isAnonymous() {
    return source == Source.ANONYMOUS;
  }

  /** Returns the SDK's own provider. */
  AwsCredentialsProvider provider() {
    return provider;
  }

  /** Returns the source's name in the configuration, for errors. */
  String sourceName() {
    return name(source);
  }

  @Override
  public void close() {
    if (provider instanceof SdkAutoCloseable closeable) {
      closeable.close();
    }
  }
}
