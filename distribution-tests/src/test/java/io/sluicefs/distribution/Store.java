// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.util.Locale;

/** A dialect of the emulator and the transport that speaks it. */
enum Store {
  S3 {
    @Override
    String transport(EmulatorProcess emulator, String bucket) {
      return section("s3", emulator.s3(), "us-east-1", bucket);
    }
  },
  OSS {
    @Override
    String transport(EmulatorProcess emulator, String bucket) {
      return section("oss", emulator.oss(), "cn-hangzhou", bucket);
    }
  };

  /** Returns the transport section of a configuration. */
  abstract String transport(EmulatorProcess emulator, String bucket);

  /** As part of the name of a bucket. */
  String slug() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static String section(String name, String endpoint, String region, String bucket) {
    return """
        transport.%s {
          endpoint = "%s"
          region = %s
          bucket = %s
          credentials = environment
        }
        """
        .formatted(name, endpoint, region, bucket);
  }
}
