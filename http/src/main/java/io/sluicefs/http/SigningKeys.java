// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import org.jspecify.annotations.Nullable;

/**
 * Keys derived from an access key for a day and a place, as AWS's and Aliyun's fourth versions of
 * signatures have them. The one of the day is kept: it signs for nothing else, the secret cannot be
 * had from it, and the secret is needed but once a day. Thread-safe.
 */
public final class SigningKeys {
  private static final String ALGORITHM = "HmacSHA256";

  private final String prefix;
  private final List<String> place;
  private volatile @Nullable Derived last;

  private record Derived(AccessKey from, String day, Mac mac) {}

  /**
   * Creates keys for a place.
   *
   * @param prefix stands in front of the secret
   * @param place what follows the day: region, service, and the word the scope ends with
   */
  public SigningKeys(String prefix, List<String> place) {
    this.prefix = prefix;
    this.place = List.copyOf(place);
  }

  /** Returns what the keys of a day are for, as signatures name it. */
  public String scope(String day) {
    return day + "/" + String.join("/", place);
  }

  /** Returns the signature of a text, in hexadecimal. */
  public String sign(AccessKey key, String day, String text) {
    Derived known = last;
    if (known == null || known.from != key || !known.day.equals(day)) {
      known = new Derived(key, day, derive(key, day));
      last = known;
    }
    try {
      Mac mac = (Mac) known.mac.clone();
      return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Mac derive(AccessKey key, String day) {
    byte[] derived = key.hmac(ALGORITHM, prefix, day.getBytes(StandardCharsets.UTF_8));
    for (String step : place) {
      derived = Hmac.of(ALGORITHM, derived, step.getBytes(StandardCharsets.UTF_8));
    }
    try {
      return Hmac.keyed(ALGORITHM, derived);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } finally {
      Arrays.fill(derived, (byte) 0);
    }
  }
}
