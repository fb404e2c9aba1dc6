// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An object that is overwritten while a program reads it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OverwriteTest {
  private static final long SIZE = 96L << 20;
  private static final String KEY = "weights.bin";

  /**
   * Reads a piece, waits for a line, reads on; says how far the bytes it got are of each version.
   */
  private static final String READER =
      """
      import hashlib, os, sys
      path = sys.argv[1]
      old = os.open(path, os.O_RDONLY)
      got = os.read(old, 1 << 20)
      print("first", hashlib.sha256(got).hexdigest(), flush=True)
      sys.stdin.readline()
      new = os.open(path, os.O_RDONLY) if sys.argv[2] == "both" else None
      try:
          while len(got) < os.fstat(old).st_size:
              piece = os.read(old, 1 << 20)
              if not piece:
                  break
              got += piece
          print("old", hashlib.sha256(got).hexdigest())
      except OSError as e:
          print("old errno", e.errno)
      for attempt in range(2):
          try:
              new = os.open(path, os.O_RDONLY) if new is None else new
              with os.fdopen(new, "rb") as f:
                  print("new", hashlib.sha256(f.read()).hexdigest(), flush=True)
              break
          except OSError as e:
              print("new errno", e.errno)
              new = None
      """;

  private EmulatorProcess emulator;
  private Installation installation;

  @BeforeAll
  void startTheStore() {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    installation = Installation.open(getClass());
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void theOldHandleGetsEstaleAndTheNextOpenReadsTheNewBytes(Store store) throws Exception {
    overwrittenWhileRead(store, "after");
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void aNewHandleBesideAnOldOneNeverMeetsItsPages(Store store) throws Exception {
    overwrittenWhileRead(store, "both");
  }

  private void overwrittenWhileRead(Store store, String when) throws Exception {
    Path mountpoint = installation.mountpoint(store + "-" + when);
    emulator.putSynthetic("models", KEY, SIZE, 1);
    String oldSum = emulator.sha256("models", KEY);
    Path configuration =
        installation.configuration(
            store.transport(emulator, "models")
                + "memory.limit = 192MiB\nmetadata.attribute-ttl = 0\n");
    Command mount =
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString());
    assertEquals(0, mount.status(), mount.toString());
    try {
      Process reader =
          new ProcessBuilder("python3", "-c", READER, mountpoint.resolve(KEY).toString(), when)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      BufferedReader out = reader.inputReader(StandardCharsets.UTF_8);
      assertTrue(out.readLine().startsWith("first "));
      emulator.putSynthetic("models", KEY, SIZE, 2);
      String newSum = emulator.sha256("models", KEY);
      try (PrintStream in =
          new PrintStream(reader.getOutputStream(), true, StandardCharsets.UTF_8)) {
        in.println("go");
      }
      String old = out.readLine();
      assertTrue(
          old.equals("old errno 116") || old.equals("old " + oldSum),
          "neither ESTALE nor old bytes: " + old);
      String fresh = out.readLine();
      if (fresh.equals("new errno 116")) {
        fresh = out.readLine();
      }
      assertEquals("new " + newSum, fresh);
      assertEquals(0, reader.waitFor());
    } finally {
      assertEquals(0, installation.sluice("umount", mountpoint.toString()).status());
    }
  }
}
