// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

class WritesOverS3Test extends WritesThroughAMount {
  WritesOverS3Test() {
    super(Store.S3);
  }
}
