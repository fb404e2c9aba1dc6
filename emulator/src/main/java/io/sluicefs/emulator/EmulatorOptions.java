// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an emulator is started. Begin with {@link #defaults()} and change what matters.
 *
 * @param s3Port port of the S3 dialect on 127.0.0.1; 0 = any free one
 * @param ossPort port of the OSS dialect; 0 = any free one
 * @param adminPort port of the admin listener; 0 = any free one
 * @param accessKeyId the one identity both dialects know
 * @param accessKeySecret its secret
 * @param authentication whether unsigned requests are refused; a signature that is given is always
 *     checked
 * @param s3Region the region S3 signatures must name
 * @param ossRegion the region OSS V4 signatures must name
 * @param directory where objects are kept; null = in memory
 * @param latency first value of {@link Conditions#latency()}
 * @param bytesPerSecondPerConnection first value of {@link
 *     Conditions#bytesPerSecondPerConnection()}
 * @param tls whether both dialects are served over TLS; the admin listener never is
 * @param tlsFiles the certificate to show; null = one made at start for localhost and 127.0.0.1
 */
public record EmulatorOptions(
    int s3Port,
    int ossPort,
    int adminPort,
    String accessKeyId,
    String accessKeySecret,
    boolean authentication,
    String s3Region,
    String ossRegion,
    @Nullable Path directory,
    Duration latency,
    long bytesPerSecondPerConnection,
    boolean tls,
    @Nullable TlsFiles tlsFiles) {

  /** Free ports, key "emulator" with secret "emulator-secret", in memory, no delay, no TLS. */
  public static EmulatorOptions defaults() {
    return new EmulatorOptions(
        0,
        0,
        0,
        "emulator",
        "emulator-secret",
        true,
        "us-east-1",
        "cn-hangzhou",
        null,
        Duration.ZERO,
        0,
        false,
        null);
  }

  /** Ports of the S3, the OSS and the admin listener; 0 = any free one. */
  public EmulatorOptions withPorts(int s3, int oss, int admin) {
    return new EmulatorOptions(
        s3,
        oss,
        admin,
        accessKeyId,
        accessKeySecret,
        authentication,
        s3Region,
        ossRegion,
        directory,
        latency,
        bytesPerSecondPerConnection,
        tls,
        tlsFiles);
  }

  public EmulatorOptions withCredentials(String id, String secret) {
    return new EmulatorOptions(
        s3Port,
        ossPort,
        adminPort,
        id,
        secret,
        authentication,
        s3Region,
        ossRegion,
        directory,
        latency,
        bytesPerSecondPerConnection,
        tls,
        tlsFiles);
  }

  /** Accepts unsigned requests too. */
  public EmulatorOptions withAnonymousAccess() {
    return new EmulatorOptions(
        s3Port,
        ossPort,
        adminPort,
        accessKeyId,
        accessKeySecret,
        false,
        s3Region,
        ossRegion,
        directory,
        latency,
        bytesPerSecondPerConnection,
        tls,
        tlsFiles);
  }

  public EmulatorOptions withRegions(String s3, String oss) {
    return new EmulatorOptions(
        s3Port,
        ossPort,
        adminPort,
        accessKeyId,
        accessKeySecret,
        authentication,
        s3,
        oss,
        directory,
        latency,
        bytesPerSecondPerConnection,
        tls,
        tlsFiles);
  }

  /** Keeps objects in a directory, made when missing; they are there again after a restart. */
  public EmulatorOptions withDirectory(Path path) {
    return new EmulatorOptions(
        s3Port,
        ossPort,
        adminPort,
        accessKeyId,
        accessKeySecret,
        authentication,
        s3Region,
        ossRegion,
        path,
        latency,
        bytesPerSecondPerConnection,
        tls,
        tlsFiles);
  }

  public EmulatorOptions withLatency(Duration value) {
    return new EmulatorOptions(
        s3Port,
        ossPort,
        adminPort,
        accessKeyId,
        accessKeySecret,
        authentication,
        s3Region,
        ossRegion,
        directory,
        value,
        bytesPerSecondPerConnection,
        tls,
        tlsFiles);
  }

  public EmulatorOptions withBytesPerSecondPerConnection(long value) {
    return new EmulatorOptions(
        s3Port,
        ossPort,
        adminPort,
        accessKeyId,
        accessKeySecret,
        authentication,
        s3Region,
        ossRegion,
        directory,
        latency,
        value,
        tls,
        tlsFiles);
  }

  /** Serves both dialects over TLS with a certificate made at start. */
  public EmulatorOptions withTls() {
    return new EmulatorOptions(
        s3Port,
        ossPort,
        adminPort,
        accessKeyId,
        accessKeySecret,
        authentication,
        s3Region,
        ossRegion,
        directory,
        latency,
        bytesPerSecondPerConnection,
        true,
        null);
  }

  /** Serves both dialects over TLS with the given certificate. */
  public EmulatorOptions withTls(TlsFiles files) {
    return new EmulatorOptions(
        s3Port,
        ossPort,
        adminPort,
        accessKeyId,
        accessKeySecret,
        authentication,
        s3Region,
        ossRegion,
        directory,
        latency,
        bytesPerSecondPerConnection,
        true,
        files);
  }

  @Override
  public String toString() {
    return "EmulatorOptions[s3Port=%d, ossPort=%d, adminPort=%d, accessKeyId=%s, directory=%s, tls=%s]"
        .formatted(s3Port, ossPort, adminPort, accessKeyId, directory, tls);
  }
}
