// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.kernel.plugin.ContractRunner;
import io.sluicefs.plugin.test.ContractTest;
import org.jspecify.annotations.NullMarked;
import org.junit.platform.engine.TestEngine;

/**
 * Runs the contract suite of an axis against an installed plugin: what {@code sluice plugin test}
 * does. It is loaded by that command alone, in a layer above the kernel's, with JUnit.
 */
@NullMarked
module io.sluicefs.plugin.test {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.kernel;
  requires io.sluicefs.spi.testkit;
  requires org.junit.jupiter.engine;
  requires org.junit.platform.launcher;

  uses TestEngine;

  opens io.sluicefs.plugin.test to
      org.junit.platform.commons;

  provides ContractRunner with
      ContractTest;
}
