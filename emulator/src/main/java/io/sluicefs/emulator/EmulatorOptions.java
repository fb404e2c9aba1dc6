// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How an emulator is started. Begin with {@link #defaults()} and change what matters; every change
 * gives new options.
 */
public final class EmulatorOptions {
  private String address = "127.0.0.1";
  private int s3Port;
  private int ossPort;
  private int adminPort;
  private String accessKeyId = "emulator";
  private String accessKeySecret = "emulator-secret";
  private boolean authentication = true;
  private String s3Region = "us-east-1";
  private String ossRegion = "cn-hangzhou";
  private @Nullable Path directory;
  private Duration latency = Duration.ZERO;
  private long bytesPerSecondPerConnection;
  private boolean tls;
  private @Nullable TlsFiles tlsFiles;

  private EmulatorOptions() {}

  /** Free ports, key "emulator" with secret "emulator-secret", in memory, no delay, no TLS. */
  public static EmulatorOptions defaults() {
    return new EmulatorOptions();
  }

  /**
   * The address of this host all three listen on; what reaches it reaches the admin listener too.
   */
  public EmulatorOptions withAddress(String value) {
    return changed(options -> options.address = value);
  }

  /** Ports of the S3, the OSS and the admin listener; 0 = any free one. */
  public EmulatorOptions withPorts(int s3, int oss, int admin) {
    return changed(
        options -> {
          options.s3Port = s3;
          options.ossPort = oss;
          options.adminPort = admin;
        });
  }

  /** The one identity both dialects know. */
  public EmulatorOptions withCredentials(String id, String secret) {
    return changed(
        options -> {
          options.accessKeyId = id;
          options.accessKeySecret = secret;
        });
  }

  /** Accepts unsigned requests too; a signature that is given is always checked. */
  public EmulatorOptions withAnonymousAccess() {
    return changed(options -> options.authentication = false);
  }

  /** The regions that S3 signatures and OSS V4 signatures must name. */
  public EmulatorOptions withRegions(String s3, String oss) {
    return changed(
        options -> {
          options.s3Region = s3;
          options.ossRegion = oss;
        });
  }

  /** Keeps objects in a directory, made when missing; they are there again after a restart. */
  public EmulatorOptions withDirectory(Path path) {
    return changed(options -> options.directory = path);
  }

  /** First value of {@link Conditions#latency()}. */
  public EmulatorOptions withLatency(Duration value) {
    return changed(options -> options.latency = value);
  }

  /** First value of {@link Conditions#bytesPerSecondPerConnection()}. */
  public EmulatorOptions withBytesPerSecondPerConnection(long value) {
    return changed(options -> options.bytesPerSecondPerConnection = value);
  }

  /** Serves both dialects, not the admin listener, over TLS with a certificate made at start. */
  public EmulatorOptions withTls() {
    return changed(
        options -> {
          options.tls = true;
          options.tlsFiles = null;
        });
  }

  /** Serves both dialects, not the admin listener, over TLS with the given certificate. */
  public EmulatorOptions withTls(TlsFiles files) {
    return changed(
        options -> {
          options.tls = true;
          options.tlsFiles = files;
        });
  }

  private EmulatorOptions changed(Consumer<EmulatorOptions> change) {
    EmulatorOptions copy = new EmulatorOptions();
    copy.address = address;
    copy.s3Port = s3Port;
    copy.ossPort = ossPort;
    copy.adminPort = adminPort;
    copy.accessKeyId = accessKeyId;
    copy.accessKeySecret = accessKeySecret;
    copy.authentication = authentication;
    copy.s3Region = s3Region;
    copy.ossRegion = ossRegion;
    copy.directory = directory;
    copy.latency = latency;
    copy.bytesPerSecondPerConnection = bytesPerSecondPerConnection;
    copy.tls = tls;
    copy.tlsFiles = tlsFiles;
    change.accept(copy);
    return copy;
  }

  String address() {
    return address;
  }

  int s3Port() {
    return s3Port;
  }

  int ossPort() {
    return ossPort;
  }

  int adminPort() {
    return adminPort;
  }

  public String accessKeyId() {
    return accessKeyId;
  }

  public String accessKeySecret() {
    return accessKeySecret;
  }

  public boolean authentication() {
    return authentication;
  }

  public String s3Region() {
    return s3Region;
  }

  public String ossRegion() {
    return ossRegion;
  }

  @Nullable Path directory() {
    return directory;
  }

  Duration latency() {
    return latency;
  }

  long bytesPerSecondPerConnection() {
    return bytesPerSecondPerConnection;
  }

  boolean tls() {
    return tls;
  }

  @Nullable TlsFiles tlsFiles() {
    return tlsFiles;
  }

  @Override
  public String toString() {
    return "EmulatorOptions[s3Port=%d, ossPort=%d, adminPort=%d, accessKeyId=%s, directory=%s, tls=%s]"
        .formatted(s3Port, ossPort, adminPort, accessKeyId, directory, tls);
  }
}
