// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Prints one line for each test that failed, and in the end how many there were of each kind. */
final class ContractReport implements TestExecutionListener {
  private final String plugin;
  private final PrintWriter out;
  private final Map<String, Integer> skipped = new LinkedHashMap<>();
  private int passed;
  private int failed;

  ContractReport(String plugin, PrintWriter out) {
    this.plugin = plugin;
    this.out = out;
  }

  @Override
  public void executionSkipped(TestIdentifier test, String reason) {
    skipped.merge(oneLine(reason), 1, Integer::sum);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    switch (result.getStatus()) {
      case SUCCESSFUL -> {
        if (test.isTest()) {
          passed++;
        }
      }
      case ABORTED -> skipped.merge(reason(result), 1, Integer::sum);
      case FAILED -> {
        failed++;
        out.printf("failed: %s: %s%n", name(test), reason(result));
        out.flush();
      }
    }
  }

  /** Prints the rest, and returns whether all tests passed that could be run. */
  boolean summary() {
    skipped.forEach((reason, count) -> out.printf("skipped: %d, as %s%n", count, reason));
    int left = skipped.values().stream().mapToInt(Integer::intValue).sum();
    out.printf("%s: %d passed, %d skipped, %d failed%n", plugin, passed, left, failed);
    out.flush();
    return failed == 0 && passed > 0;
  }

  private static String name(TestIdentifier test) {
    String shown = test.getDisplayName();
    if (test.getSource().orElse(null) instanceof MethodSource source) {
      String method = source.getMethodName();
      return shown.startsWith(method) ? method : method + " " + shown;
    }
    return shown;
  }

  private static String reason(TestExecutionResult result) {
    return result
        .getThrowable()
        .map(
            failure ->
                failure.getMessage() == null
                    ? failure.getClass().getSimpleName()
                    : oneLine(failure.getMessage()))
        .orElse("no reason is given");
  }

  private static String oneLine(String text) {
    return text.replaceFirst("^Assumption failed: ", "").strip().replaceAll("\\s+", " ");
  }
}
