// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

class ProgramsOverOssTest extends ProgramsThroughAMount {
  ProgramsOverOssTest() {
    super(Store.OSS);
  }
}
