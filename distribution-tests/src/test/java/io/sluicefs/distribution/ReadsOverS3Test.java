// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

class ReadsOverS3Test extends ReadsThroughAMount {
  ReadsOverS3Test() {
    super(Store.S3);
  }
}
