// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

class WritesOverOssTest extends WritesThroughAMount {
  WritesOverOssTest() {
    super(Store.OSS);
  }
}
