// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** A head that says it is of a safetensors file. */
class SafetensorsHeadFuzzTest {
  @FuzzTest
  void aHeadIsATableWithinTheFileOrForeign(byte[] head) {
    HeadRecognition.check(head);
  }
}
