// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** The demo: two generated models, loaded through a mount in order and by eight processes. */
@NullMarked
module io.sluicefs.demo {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.emulator;
  requires typesafe.config;
}
