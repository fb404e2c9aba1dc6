// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class Crc64Test {
  private static long of(Crc64.Variant variant, byte[] bytes) {
    Crc64 crc = new Crc64(variant);
    crc.update(ByteBuffer.wrap(bytes));
    return crc.getValue();
  }

  @Test
  void theCheckValuesAreThoseOfTheCatalogue() {
    byte[] check = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertEquals(0x995dc9bbdf1939faL, of(Crc64.Variant.XZ, check));
    assertEquals(0xae8b14860a799888L, of(Crc64.Variant.NVME, check));
  }

  @ParameterizedTest
  @EnumSource
  void theCrcOfAConcatenationComesFromItsPieces(Crc64.Variant variant) {
    byte[] bytes = new byte[10_007];
    new Random(1).nextBytes(bytes);
    long whole = of(variant, bytes);
    for (int cut : new int[] {0, 1, 15, 16, 17, 5000, bytes.length}) {
      long first = of(variant, Arrays.copyOf(bytes, cut));
      long second = of(variant, Arrays.copyOfRange(bytes, cut, bytes.length));
      assertEquals(whole, variant.algebra().combine(first, second, bytes.length - cut));
    }
  }

  @ParameterizedTest
  @EnumSource
  void singleBytesAndStretchesAgree(Crc64.Variant variant) {
    byte[] bytes = new byte[100];
    new Random(2).nextBytes(bytes);
    Crc64 crc = new Crc64(variant);
    for (byte each : bytes) {
      crc.update(each);
    }
    assertEquals(of(variant, bytes), crc.getValue());
  }
}
