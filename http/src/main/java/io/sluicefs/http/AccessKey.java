// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.Secret;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What requests are signed with. The secret and the token are in the Java heap only while they are
 * used. Immutable, thread-safe.
 */
public final class AccessKey {
  /** Leaves requests unsigned. */
  public static final AccessKey ANONYMOUS = new AccessKey("", new Secret(new char[0]), null, null);

  private static final int MOST_BYTES_OF_A_CHARACTER = 3;

  private final String id;
  private final Secret secret;
  private final @Nullable Secret token;
  private final @Nullable Instant expiration;

  /**
   * Creates a key.
   *
   * @param id its name; empty for unsigned requests
   * @param secret shared with the store; stays open as long as the key is used
   * @param token comes with temporary keys; null for lasting ones
   * @param expiration when the store refuses the key; null for never or unknown
   */
  public AccessKey(String id, Secret secret, @Nullable Secret token, @Nullable Instant expiration) {
    this.id = Objects.requireNonNull(id);
    this.secret = Objects.requireNonNull(secret);
    this.token = token;
    this.expiration = expiration;
  }

  /** Creates a key of texts, which their maker forgets. */
  public static AccessKey of(
      String id, String secret, @Nullable String token, @Nullable Instant expiration) {
    return new AccessKey(
        id, Secret.of(secret), token == null ? null : Secret.of(token), expiration);
  }

  /** Returns the key's name. */
  public String id() {
    return id;
  }

  /** Returns what goes with each request, for its head alone; null for lasting keys. */
  public @Nullable String token() {
    return token == null ? null : token.reveal(String::new);
  }

  /** Returns when the store refuses the key; null for never or unknown. */
  public @Nullable Instant expiration() {
    return expiration;
  }

  /** Returns whether requests are left unsigned. */
  public boolean isAnonymous() {
    return id.isEmpty();
  }

  /**
   * Returns the code of a message by which the store knows who made it.
   *
   * @param algorithm such as {@code HmacSHA256}
   * @param prefix stands in front of the secret
   */
  public byte[] hmac(String algorithm, String prefix, byte[] message) {
    return secret.reveal(
        characters -> {
          byte[] key = bytes(prefix, characters);
          try {
            return Hmac.of(algorithm, key, message);
          } finally {
            Arrays.fill(key, (byte) 0);
          }
        });
  }

  private byte[] bytes(String prefix, char[] characters) {
    byte[] before = prefix.getBytes(StandardCharsets.UTF_8);
    byte[] room = new byte[before.length + MOST_BYTES_OF_A_CHARACTER * characters.length];
    ByteBuffer target = ByteBuffer.wrap(room).put(before);
    CoderResult result =
        StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(characters), target, true);
    byte[] bytes = Arrays.copyOf(room, target.position());
    Arrays.fill(room, (byte) 0);
    if (result.isError()) {
      throw new IllegalStateException("the secret of " + id + " is no text");
    }
    return bytes;
  }

  /** Returns whether requests signed with the other are the same. */
  public boolean isSameAs(AccessKey other) {
    return this == other
        || (id.equals(other.id)
            // Of the secrets themselves one would have to be revealed within the other.
            && MessageDigest.isEqual(fingerprint(), other.fingerprint())
            && Objects.equals(token(), other.token()));
  }

  private byte[] fingerprint() {
    return hmac("HmacSHA256", "sluice", id.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns nothing of what it is about. */
  @Override
  public String toString() {
    return "AccessKey[expiration=" + expiration + "]";
  }
}
