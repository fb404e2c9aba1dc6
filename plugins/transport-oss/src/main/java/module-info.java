// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Talks to Aliyun OSS. */
@NullMarked
module io.sluicefs.transport.oss {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;
  requires io.sluicefs.http;
}
