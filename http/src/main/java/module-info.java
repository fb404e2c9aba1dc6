// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/**
 * An HTTP/1.1 client that reads ranges into native memory and sends bodies from it, for the
 * transports.
 */
@NullMarked
module io.sluicefs.http {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires transitive io.sluicefs.spi;

  exports io.sluicefs.http;
}
