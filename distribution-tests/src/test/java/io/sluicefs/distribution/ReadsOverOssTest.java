// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

class ReadsOverOssTest extends ReadsThroughAMount {
  ReadsOverOssTest() {
    super(Store.OSS);
  }
}
