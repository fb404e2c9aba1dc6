// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectVersionTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "d41d8cd98f00b204e9800998ecf8427e",
        "D41D8CD98F00B204E9800998ECF8427E",
        "d41d8cd98f00b204e9800998ecf8427e-1",
        "D41D8CD98F00B204E9800998ECF8427E-10000",
        "d41D8cd98f00b204e9800998ecf8427e",
        "d41d8cd98f00b204e9800998ecf8427e-01",
        "d41d8cd98f00b204e9800998ecf8427e-",
        "d41d8cd98f00b204e9800998ecf8427e--1",
        "d41d8cd98f00b204e9800998ecf8427e+1",
        "d41d8cd98f00b204e9800998ecf8427e-99999999",
        "00000000000000000000000000000000",
        "00000000000000000000000000000000-0",
        "0x8DC5F3A1B2C3D4E",
        "W/\"weak\"",
        "ü"
      })
  void everyEtagComesBackAsItWas(String etag) {
    ObjectVersion version = ObjectVersion.of(5, 1234567890123L, etag);
    assertEquals(etag, version.etag());
    PackedBytes packed = new PackedBytes(1);
    version.pack(packed);
    ObjectVersion unpacked = ObjectVersion.unpack(packed.at(0));
    assertEquals(etag, unpacked.etag());
    assertEquals(5, unpacked.size());
    assertEquals(1234567890123L, unpacked.modifiedMillis());
    assertTrue(version.hasBytesOf(unpacked));
    assertTrue(unpacked.hasBytesOf(version));
    assertFalse(version.hasBytesOf(ObjectVersion.of(5, 1234567890123L, etag + "0")));
    assertFalse(version.hasBytesOf(ObjectVersion.of(6, 1234567890123L, etag)));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 127, 128, Long.MAX_VALUE, -1, Long.MIN_VALUE})
  void everyTimeAndSizeComesBackAsItWas(long value) {
    ObjectVersion version = ObjectVersion.of(Math.abs(Math.max(value, -9)), value, "etag");
    PackedBytes packed = new PackedBytes(1);
    version.pack(packed);
    assertEquals(value, ObjectVersion.unpack(packed.at(0)).modifiedMillis());
    assertEquals(version.size(), ObjectVersion.unpack(packed.at(0)).size());
  }
}
