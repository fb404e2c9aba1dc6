// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** The certificate authorities a server's certificate may come from. Immutable. */
public final class TrustedCertificates {
  private final SSLContext context;
  private final TrustManager[] managers;

  private TrustedCertificates(TrustManager[] managers) {
    this.managers = managers;
    try {
      context = SSLContext.getInstance("TLS");
      context.init(null, managers, null);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the Java runtime offers no TLS", e);
    }
  }

  /** Returns the authorities the Java runtime trusts. */
  public static TrustedCertificates system() {
    return of(null);
  }

  /**
   * Returns the authorities the Java runtime trusts and those of a PEM file.
   *
   * @throws IOException if the file cannot be read or holds no certificate
   */
  public static TrustedCertificates systemAnd(Path pem) throws IOException {
    Collection<? extends Certificate> certificates;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(pem))) {
      certificates = CertificateFactory.getInstance("X.509").generateCertificates(in);
    } catch (CertificateException e) {
      throw new IOException(pem + " is not a file of PEM certificates: " + e.getMessage(), e);
    }
    if (certificates.isEmpty()) {
      throw new IOException(pem + " holds no certificate; expected PEM");
    }
    try {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      X509TrustManager system = trustManager(null);
      int number = 0;
      for (Certificate certificate : certificates) {
        store.setCertificateEntry("added-" + number++, certificate);
      }
      for (X509Certificate certificate : system.getAcceptedIssuers()) {
        store.setCertificateEntry("system-" + number++, certificate);
      }
      return of(store);
    } catch (GeneralSecurityException e) {
      throw new IOException("the certificates of " + pem + " are not usable", e);
    }
  }

  private static TrustedCertificates of(@Nullable KeyStore store) {
    return new TrustedCertificates(new TrustManager[] {trustManager(store)});
  }

  private static X509TrustManager trustManager(@Nullable KeyStore store) {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager x509) {
          return x509;
        }
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the Java runtime has no trust store", e);
    }
    throw new IllegalStateException("the Java runtime has no X.509 trust manager");
  }

  /** Returns what a TLS client that trusts these authorities is made with. */
  public SSLContext context() {
    return context;
  }

  /** Returns the trust managers, for a library that makes its own context. */
  public TrustManager[] managers() {
    return managers.clone();
  }
}
