// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** Whether an endpoint can be reached, is who it says it is, and agrees about the time. */
final class EndpointChecks {
  private static final int TIMEOUT_MILLIS = 5000;

  /** Stores refuse a signature that is fifteen minutes off. */
  private static final Duration MOST_SKEW = Duration.ofMinutes(5);

  private final String section;
  private final URI endpoint;
  private final @Nullable Path authority;
  private final InstantSource clock;

  /**
   * Creates the checks.
   *
   * @param section of the transport, for remedies: {@code transport.s3}
   * @param authority what signed the endpoint's certificate; null for whom Java trusts
   */
  EndpointChecks(String section, URI endpoint, @Nullable Path authority, InstantSource clock) {
    this.section = section;
    this.endpoint = endpoint;
    this.authority = authority;
    this.clock = clock;
  }

  List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    String host = String.valueOf(endpoint.getHost());
    try {
      findings.add(Finding.ok("DNS", host + " is " + InetAddress.getByName(host).getHostAddress()));
    } catch (UnknownHostException e) {
      findings.add(
          Finding.failed(
              "DNS",
              "there is no " + host,
              "correct %s.endpoint, or the resolver in /etc/resolv.conf".formatted(section)));
      return findings;
    }
    try {
      HttpURLConnection connection = connected();
      try {
        // Whatever the answer is, it has come over a connection that is good, and has a date.
        int status = connection.getResponseCode();
        findings.add(
            Finding.ok(
                endpoint.getScheme().equals("https") ? "TLS" : "connection",
                "%s answers with %d".formatted(endpoint, status)));
        findings.add(clock(connection.getDate()));
      } finally {
        connection.disconnect();
      }
    } catch (SSLException e) {
      findings.add(
          Finding.failed(
              "TLS",
              "%s is not trusted: %s".formatted(endpoint, oneLine(e)),
              "set %s.ca-certificate to the certificate of who signed it, or correct the endpoint"
                  .formatted(section)));
    } catch (IOException | GeneralSecurityException e) {
      findings.add(
          Finding.failed(
              "connection",
              "%s does not answer: %s".formatted(endpoint, oneLine(e)),
              "correct %s.endpoint, or open the way to it".formatted(section)));
    }
    return findings;
  }

  /** Connects, trusting those Java trusts, and besides them those the configuration names. */
  private HttpURLConnection connected() throws IOException, GeneralSecurityException {
    try {
      return connect(null);
    } catch (SSLException e) {
      if (authority == null) {
        throw e;
      }
      return connect(trusting(authority));
    }
  }

  private HttpURLConnection connect(@Nullable SSLSocketFactory sockets) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) endpoint.toURL().openConnection();
    if (connection instanceof HttpsURLConnection tls && sockets != null) {
      tls.setSSLSocketFactory(sockets);
    }
    connection.setRequestMethod("HEAD");
    connection.setConnectTimeout(TIMEOUT_MILLIS);
    connection.setReadTimeout(TIMEOUT_MILLIS);
    connection.setInstanceFollowRedirects(false);
    connection.connect();
    return connection;
  }

  private static SSLSocketFactory trusting(Path file) throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream pem = Files.newInputStream(file)) {
      int number = 0;
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        trusted.setCertificateEntry("authority-" + number, certificate);
        number++;
      }
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context.getSocketFactory();
  }

  private Finding clock(long date) {
    if (date == 0) {
      return Finding.skipped("clock", "the store does not say what time it is");
    }
    Duration skew = Duration.ofMillis(clock.millis() - date);
    String text =
        "this host is %d s %s the store"
            .formatted(skew.abs().toSeconds(), skew.isNegative() ? "behind" : "ahead of");
    return skew.abs().compareTo(MOST_SKEW) > 0
        ? Finding.failed(
            "clock",
            text + ", which will refuse its signatures",
            "set the clock: timedatectl set-ntp true")
        : Finding.ok("clock", text);
  }

  private static String oneLine(Exception failure) {
    return String.valueOf(failure.getMessage()).replaceAll("\\s*\\R\\s*", " ");
  }
}
