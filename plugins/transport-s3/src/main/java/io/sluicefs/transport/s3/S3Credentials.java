// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Secret;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.credentials.InstanceProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProcessCredentialsProvider;
import software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider;
import software.amazon.awssdk.auth.credentials.WebIdentityTokenFileCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * Where credentials come from. The SDK's providers are asked and forgotten; what they found is kept
 * outside of the heap, and asked for again before it expires.
 */
final class S3Credentials {
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

  private static final Set<String> OUT_OF_DATE =
      Set.of(
          "ExpiredToken",
          "ExpiredTokenException",
          "InvalidToken",
          "TokenRefreshRequired",
          "InvalidAccessKeyId",
          "SignatureDoesNotMatch");

  static final List<Setting<?>> SETTINGS =
      List.of(
          CREDENTIALS,
          ACCESS_KEY_ID,
          ACCESS_KEY_SECRET,
          SESSION_TOKEN,
          PROFILE,
          CREDENTIAL_PROCESS);

  /** How long a source whose credentials the store refused is not asked again. */
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** How long before they expire others are asked for; half of their life if that is shorter. */
  private static final Duration MARGIN = Duration.ofMinutes(5);

  /** What credentials come from, asked anew each time. */
  @FunctionalInterface
  private interface Origin {
    AccessKey ask();
  }

  private record Held(AccessKey key, Instant renewal) {}

  private static final System.Logger LOG = System.getLogger(S3Credentials.class.getName());

  private final Source source;
  private final Origin origin;
  private final ReentrantLock renewing = new ReentrantLock();
  private volatile @Nullable Held held;
  private volatile long renewableAt = System.nanoTime();

  private S3Credentials(Source source, Origin origin) {
    this.source = source;
    this.origin = origin;
  }

  /** Returns the source the settings choose; nothing is asked of it yet. */
  static S3Credentials of(PluginSettings settings) throws SettingException {
    Source source = settings.get(CREDENTIALS);
    if (settings.origin(CREDENTIALS).equals("default")
        && settings.find(ACCESS_KEY_ID).isPresent()) {
      source = Source.STATIC;
    }
    return new S3Credentials(source, origin(settings, source));
  }

  private static Origin origin(PluginSettings settings, Source source) throws SettingException {
    String profile = settings.find(PROFILE).orElse(null);
    return switch (source) {
      case CHAIN -> () -> take(DefaultCredentialsProvider.builder().profileName(profile).build());
      case STATIC -> {
        AccessKey fixed = fixed(settings);
        yield () -> fixed;
      }
      case ENVIRONMENT -> () -> take(EnvironmentVariableCredentialsProvider.create());
      case PROFILE -> () -> take(ProfileCredentialsProvider.builder().profileName(profile).build());
      case INSTANCE -> () -> take(InstanceProfileCredentialsProvider.create());
      case WEB_IDENTITY -> () -> take(WebIdentityTokenFileCredentialsProvider.create());
      case PROCESS -> {
        List<String> command =
            List.of("/bin/sh", "-c", required(settings, CREDENTIAL_PROCESS, source));
        yield () -> take(ProcessCredentialsProvider.builder().command(command).build());
      }
      case ANONYMOUS -> () -> AccessKey.ANONYMOUS;
    };
  }

  /** Takes what a provider has, which would remember it as text, and closes it. */
  private static AccessKey take(AwsCredentialsProvider provider) {
    try {
      AwsCredentials found = provider.resolveCredentials();
      return AccessKey.of(
          found.accessKeyId(),
          found.secretAccessKey(),
          found instanceof AwsSessionCredentials temporary ? temporary.sessionToken() : null,
          found.expirationTime().orElse(null));
    } finally {
      if (provider instanceof SdkAutoCloseable closeable) {
        closeable.close();
      }
    }
  }

  private static AccessKey fixed(PluginSettings settings) throws SettingException {
    return AccessKey.of(
        text(settings, ACCESS_KEY_ID),
        text(settings, ACCESS_KEY_SECRET),
        settings.find(SESSION_TOKEN).map(S3Credentials::stripped).orElse(null),
        null);
  }

  private static String text(PluginSettings settings, Setting<Secret> setting)
      throws SettingException {
    String text = stripped(required(settings, setting, Source.STATIC));
    if (text.isEmpty()) {
      throw settings.error(setting, "is empty");
    }
    return text;
  }

  private static String stripped(Secret secret) {
    return secret.reveal(String::new).strip();
  }

  private static <T> T required(PluginSettings settings, Setting<T> setting, Source source)
      throws SettingException {
    Optional<T> value = settings.find(setting);
    if (value.isEmpty()) {
      throw settings.error(setting, "has to be set for credentials = " + name(source));
    }
    return value.get();
  }

  private static String name(Source source) {
    return source.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Returns what requests are signed with; may ask the source, which no request waits for while
   * what is at hand is good.
   *
   * @throws SdkException if there is nothing at hand and the source has nothing
   * @throws IllegalStateException the same, or the thread is interrupted
   */
  AccessKey current() {
    Held known = held;
    if (known == null) {
      return first();
    }
    if (Instant.now().isBefore(known.renewal) || !renewing.tryLock()) {
      return known.key;
    }
    try {
      Held renewed = held;
      return renewed == null || renewed.equals(known) ? hold(ask()) : renewed.key;
    } catch (SdkException | IllegalStateException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "credentials = {0} could not be renewed yet: {1}",
          sourceName(),
          e.getMessage());
      // The store says whether they are still good.
      held = new Held(known.key, Instant.now().plusNanos(PAUSE_NANOS));
      return known.key;
    } finally {
      renewing.unlock();
    }
  }

  /** Returns what is at hand without asking; null before anything was asked for. */
  @Nullable AccessKey held() {
    Held known = held;
    return known == null ? null : known.key;
  }

  private AccessKey first() {
    try {
      renewing.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    try {
      Held known = held;
      return known == null ? hold(ask()) : known.key;
    } finally {
      renewing.unlock();
    }
  }

  /**
   * Asks by a thread that ends with it, as what reads the answers keeps buffers for each thread.
   */
  private AccessKey ask() {
    FutureTask<AccessKey> asking = new FutureTask<>(origin::ask);
    Thread thread = Thread.ofVirtual().name("sluice-s3-credentials").start(asking);
    try {
      return asking.get();
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(String.valueOf(e.getCause()), e.getCause());
    }
  }

  private AccessKey hold(AccessKey key) {
    held = new Held(key, renewal(key.expiration()));
    return key;
  }

  private static Instant renewal(@Nullable Instant expiration) {
    if (expiration == null) {
      return Instant.MAX;
    }
    Instant now = Instant.now();
    if (!now.isBefore(expiration)) {
      // Of a source that has no others yet, and says that these will do.
      return now.plusNanos(PAUSE_NANOS);
    }
    Duration half = Duration.between(now, expiration).dividedBy(2);
    return expiration.minus(half.compareTo(MARGIN) < 0 ? half : MARGIN);
  }

  /** Returns whether other credentials from the same source may be accepted. */
  static boolean mayBeRenewed(String code) {
    return OUT_OF_DATE.contains(code);
  }

  /**
   * Asks the source anew after the store refused what it gave, by one thread at a time and not too
   * often.
   *
   * @return whether there are other credentials now
   */
  boolean renew(AccessKey refused) {
    renewing.lock();
    try {
      Held known = held;
      if (known != null && !known.key.isSameAs(refused)) {
        return true;
      }
      long now = System.nanoTime();
      if (now - renewableAt < 0) {
        return false;
      }
      renewableAt = now + PAUSE_NANOS;
      AccessKey fresh = ask();
      if (fresh.isSameAs(refused)) {
        return false;
      }
      hold(fresh);
      return true;
    } catch (SdkException | IllegalStateException e) {
      // What the store said is the better message.
      return false;
    } finally {
      renewing.unlock();
    }
  }

  /** Returns the source's name in the configuration, for errors. */
  String sourceName() {
    return name(source);
  }
}
