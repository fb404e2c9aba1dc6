// SPDX-License-Identifier: Apache-2.0
import ch.qos.logback.classic.spi.Configurator;
import io.sluicefs.cli.Logging;
import io.sluicefs.kernel.plugin.ContractRunner;
import org.jspecify.annotations.NullMarked;

/** The {@code sluice} command. */
@NullMarked
module io.sluicefs.cli {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires ch.qos.logback.classic;
  requires ch.qos.logback.core;
  requires info.picocli;
  requires io.sluicefs.kernel;
  requires io.sluicefs.metrics;
  requires java.logging;
  requires jul.to.slf4j;
  requires org.slf4j;
  requires org.slf4j.jdk.platform.logging;

  uses ContractRunner;

  opens io.sluicefs.cli to
      info.picocli;

  provides Configurator with
      Logging;
}
