// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** The {@code sluice} command. */
@NullMarked
module io.sluicefs.cli {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires ch.qos.logback.classic;
  requires info.picocli;
  requires io.sluicefs.kernel;
  requires org.slf4j;
}
