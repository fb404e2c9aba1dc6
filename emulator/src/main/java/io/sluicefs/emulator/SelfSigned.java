// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;

/**
 * A certificate for localhost, names below it, and 127.0.0.1, made and signed here: the JDK offers
 * none of this to programs.
 *
 * @param certificate the certificate
 * @param key its private key
 */
record SelfSigned(X509Certificate certificate, PrivateKey key) {
  private static final int SEQUENCE = 0x30;
  private static final int SET = 0x31;
  private static final int INTEGER = 0x02;
  private static final int BIT_STRING = 0x03;
  private static final int OCTET_STRING = 0x04;
  private static final int UTF8_STRING = 0x0c;
  private static final int GENERALIZED_TIME = 0x18;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private static final byte[] ECDSA_WITH_SHA256 =
      oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);
  private static final byte[] COMMON_NAME = oid(0x55, 0x04, 0x03);
  private static final byte[] SUBJECT_ALTERNATIVE_NAMES = oid(0x55, 0x1d, 0x11);
  private static final byte[] BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13);

  static SelfSigned make() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    KeyPair keys = generator.generateKeyPair();
    byte[] algorithm = der(SEQUENCE, ECDSA_WITH_SHA256);
    byte[] toSign = certificate(algorithm, keys);
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(keys.getPrivate());
    signature.update(toSign);
    byte[] whole = der(SEQUENCE, toSign, algorithm, bits(signature.sign()));
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(whole));
    return new SelfSigned(certificate, keys.getPrivate());
  }

  private static byte[] certificate(byte[] algorithm, KeyPair keys) {
    byte[] name =
        der(
            SEQUENCE,
            der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, ascii("sluice emulator")))));
    Instant now = Instant.now();
    byte[] validity =
        der(
            SEQUENCE,
            der(GENERALIZED_TIME, ascii(TIME.format(now.minus(1, ChronoUnit.DAYS)))),
            der(GENERALIZED_TIME, ascii(TIME.format(now.plus(365, ChronoUnit.DAYS)))));
    byte[] names =
        der(
            SEQUENCE,
            der(0x82, ascii("localhost")),
            der(0x82, ascii("*.localhost")),
            der(0x82, ascii("*.s3.localhost")),
            der(0x87, new byte[] {127, 0, 0, 1}));
    // It is its own authority.
    byte[] authority = der(SEQUENCE, der(0x01, new byte[] {(byte) 0xff}));
    byte[] extensions =
        der(
            0xa3,
            der(
                SEQUENCE,
                der(SEQUENCE, SUBJECT_ALTERNATIVE_NAMES, der(OCTET_STRING, names)),
                der(SEQUENCE, BASIC_CONSTRAINTS, der(OCTET_STRING, authority))));
    return der(
        SEQUENCE,
        der(0xa0, der(INTEGER, new byte[] {2})),
        der(INTEGER, new BigInteger(63, new SecureRandom()).add(BigInteger.ONE).toByteArray()),
        algorithm,
        name,
        validity,
        name,
        keys.getPublic().getEncoded(),
        extensions);
  }

  private static byte[] oid(int... bytes) {
    byte[] content = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      content[i] = (byte) bytes[i];
    }
    return der(0x06, content);
  }

  private static byte[] bits(byte[] content) {
    return der(BIT_STRING, new byte[1], content);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** A value of ASN.1 in the distinguished encoding: tag, length, contents. */
  private static byte[] der(int tag, byte[]... contents) {
    int length = 0;
    for (byte[] content : contents) {
      length += content.length;
    }
    ByteArrayOutputStream value = new ByteArrayOutputStream();
    value.write(tag);
    if (length >= 256) {
      value.write(0x82);
      value.write(length >> 8);
    } else if (length >= 128) {
      value.write(0x81);
    }
    value.write(length);
    for (byte[] content : contents) {
      value.writeBytes(content);
    }
    return value.toByteArray();
  }
}
