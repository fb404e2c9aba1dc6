// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Talks to Amazon S3 and stores compatible with it. */
@NullMarked
@SuppressWarnings("module") // the digit is the name of the protocol
module io.sluicefs.transport.s3 {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;
  requires io.sluicefs.http;
}
