// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SigningKeysTest {
  private static final AccessKey KEY =
      AccessKey.of("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", null, null);

  /** The example of AWS's documentation of Signature Version 4. */
  @Test
  void signsAsItsInventorsDo() {
    SigningKeys keys = new SigningKeys("AWS4", List.of("us-east-1", "iam", "aws4_request"));
    String text =
        """
        AWS4-HMAC-SHA256
        20150830T123600Z
        20150830/us-east-1/iam/aws4_request
        f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59\
        """;
    String signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    assertEquals("20150830/us-east-1/iam/aws4_request", keys.scope("20150830"));
    assertEquals(signature, keys.sign(KEY, "20150830", text));
    assertEquals(signature, keys.sign(KEY, "20150830", text));
    assertNotEquals(signature, keys.sign(KEY, "20150831", text));
    assertNotEquals(
        signature, keys.sign(AccessKey.of("AKIDEXAMPLE", "x", null, null), "20150830", text));
    assertEquals(signature, keys.sign(KEY, "20150830", text));
  }

  /** The second test case of RFC 2202, with the key in two halves. */
  @Test
  void makesTheCodeOfAMessage() {
    byte[] code =
        AccessKey.of("id", "fe", null, null)
            .hmac("HmacSHA1", "Je", bytes("what do ya want for nothing?"));
    assertEquals("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", HexFormat.of().formatHex(code));
  }

  @Test
  void takesSecretsThatAreNotAscii() {
    AccessKey key = AccessKey.of("id", "grün \uD83D\uDD11", null, null);
    assertEquals(
        HexFormat.of().formatHex(Hmac.of("HmacSHA256", bytes("grün \uD83D\uDD11"), bytes("m"))),
        HexFormat.of().formatHex(key.hmac("HmacSHA256", "", bytes("m"))));
  }

  @ParameterizedTest
  @CsvSource({
    "id, secret, token, true",
    "other, secret, token, false",
    "id, other, token, false",
    "id, secret, other, false",
    "id, secret, , false"
  })
  void tellsKeysApart(String id, String secret, String token, boolean same) {
    AccessKey key = AccessKey.of("id", "secret", "token", null);
    assertEquals(same, key.isSameAs(AccessKey.of(id, secret, token, null)));
    assertTrue(key.isSameAs(key));
  }

  @Test
  void isAnonymousWithoutAName() {
    assertTrue(AccessKey.ANONYMOUS.isAnonymous());
    assertNull(AccessKey.ANONYMOUS.token());
    assertFalse(KEY.isAnonymous());
  }

  @Test
  void printsNothingOfAKey() {
    assertFalse(KEY.toString().contains("AKID") || KEY.toString().contains("wJal"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
