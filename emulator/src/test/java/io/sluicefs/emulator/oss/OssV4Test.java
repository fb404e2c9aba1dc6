// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import com.aliyun.oss.common.comm.SignVersion;

class OssV4Test extends OssOperations {
  OssV4Test() {
    super(SignVersion.V4);
  }
}
