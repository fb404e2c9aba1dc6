// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FailureLogTest {
  private final List<String> lines = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();
  private final FailureLog log = new FailureLog(new Lines(), nanos::get);

  private final class Lines implements System.Logger {
    @Override
    public String getName() {
      return "test";
    }

    @Override
    public boolean isLoggable(Level level) {
      return true;
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String text,
        @Nullable Throwable e) {
      lines.add(String.valueOf(text));
    }

    @Override
    public void log(
        Level level,
        @Nullable ResourceBundle bundle,
        @Nullable String format,
        @Nullable Object @Nullable ... values) {
      lines.add(String.valueOf(format));
    }
  }

  private void fail(String key, Kind kind) {
    StorageException failure = new StorageException(kind, "the store said no (request 4711)");
    log.failed("read", key, Errno.EIO, kind.name(), failure);
  }

  @Test
  void aLineNamesWhatWasAskedTheKeyTheErrnoAndTheStoresOwnWords() {
    fail("models/a", Kind.SERVER_ERROR);
    assertEquals(
        List.of(
            "read of models/a answered errno 5 (SERVER_ERROR): the store said no (request 4711)"),
        lines);
  }

  @Test
  void aStormOfOneKindIsAFewLinesAndACount() {
    for (int i = 0; i < 1000; i++) {
      fail("a", Kind.SERVER_ERROR);
    }
    assertEquals(5, lines.size());
    fail("b", Kind.ACCESS_DENIED);
    assertEquals(6, lines.size());
    nanos.addAndGet(10_000_000_000L);
    fail("c", Kind.SERVER_ERROR);
    assertEquals(7, lines.size());
    assertTrue(lines.getLast().endsWith("(and 995 more of this kind before)"), lines.getLast());
  }
}
