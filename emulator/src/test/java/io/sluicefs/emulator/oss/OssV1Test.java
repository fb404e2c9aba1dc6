// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import com.aliyun.oss.common.comm.SignVersion;

class OssV1Test extends OssOperations {
  OssV1Test() {
    super(SignVersion.V1);
  }
}
