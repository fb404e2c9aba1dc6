// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

class ProgramsOverS3Test extends ProgramsThroughAMount {
  ProgramsOverS3Test() {
    super(Store.S3);
  }
}
