// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceFileTest {
  private static final String WHOLE =
      """
      sluice-trace 1
      object 1000000 etag-1 dir%2Fa+file+%E2%98%83.bin
      3 2
      0 1
      15 1
      object 70000 %22quoted%22 b
      0 2
      end
      """;

  @TempDir Path folder;

  @Test
  void whatIsWrittenIsRead() throws Exception {
    Path file = file(WHOLE);
    TraceFile.Content content = TraceFile.read(file);
    assertEquals("", content.damage());
    assertEquals(
        List.of("dir/a file ☃.bin", "b"),
        content.objects().stream().map(ObjectTrace::key).toList());
    assertEquals("\"quoted\"", content.objects().get(1).etag());

    Path copy = folder.resolve("copy.trace");
    TraceFile.write(copy, content.objects());

    assertEquals(WHOLE, Files.readString(copy));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(2, files.count(), "a temporary file is left");
    }
  }

  @Test
  void aFileThatIsCutOffIsReadUpToThere() throws Exception {
    String cut = WHOLE.substring(0, WHOLE.indexOf("end"));
    TraceFile.Content content = TraceFile.read(file(cut));

    assertEquals("is cut off after line 7", content.damage());
    assertEquals(2, content.objects().size());
    for (int length = "sluice-trace 1\n".length(); length < cut.length(); length++) {
      assertTrue(!TraceFile.read(file(cut.substring(0, length))).damage().isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "5",
        "5 6 7",
        "-1 2",
        "5 0",
        "16 1",
        "5 12",
        "4 1",
        "a b",
        "5 2147483647",
        "object 5 e",
        "object -5 e k",
        "object 5  k",
        "object 9223372036854775807 e k",
        "object 5 %zz k"
      })
  void aLineThatMakesNoSenseEndsIt(String line) throws Exception {
    String damaged = WHOLE.replace("0 1\n", line + "\n");
    TraceFile.Content content = TraceFile.read(file(damaged));

    assertEquals("is damaged in line 4", content.damage());
    assertEquals(1, content.objects().size());
    assertEquals(1, content.objects().getFirst().runs());
  }

  @Test
  void damageAnywhereNeverFails() throws Exception {
    Random random = new Random(20_261_127);
    byte[] whole = WHOLE.getBytes(StandardCharsets.UTF_8);
    for (int round = 0; round < 2000; round++) {
      byte[] damaged = whole.clone();
      for (int i = random.nextInt(6); i >= 0; i--) {
        damaged[15 + random.nextInt(damaged.length - 15)] = (byte) random.nextInt();
      }
      Path file = Files.write(folder.resolve("damaged"), damaged);
      for (ObjectTrace object : TraceFile.read(file).objects()) {
        for (int run = 0; run < object.runs(); run++) {
          assertTrue(
              Granules.offset(object.start(run) + object.count(run) - 1) < object.size(),
              "within the object");
        }
      }
    }
  }

  @Test
  void aForeignFileOrVersionIsRefused() throws IOException {
    assertRefused(file(""), "is no trace");
    assertRefused(file("{\"a\": 1}"), "is no trace");
    assertRefused(file("sluice-trace"), "is no trace");
    assertRefused(file("sluice-trace 2\nend\n"), "is a trace of version 2");
    Path large = file("\0");
    try (SeekableByteChannel channel = Files.newByteChannel(large, StandardOpenOption.WRITE)) {
      channel.position(1L << 40).write(ByteBuffer.wrap(new byte[] {0}));
    }
    assertRefused(large, "is no trace");
  }

  private static void assertRefused(Path file, String reason) {
    TraceException refused = assertThrows(TraceException.class, () -> TraceFile.read(file));
    assertTrue(refused.problem().startsWith(file + " " + reason), refused::problem);
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("a.trace"), text);
  }
}
