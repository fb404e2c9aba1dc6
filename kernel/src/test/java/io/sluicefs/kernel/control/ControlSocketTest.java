// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlSocketTest {
  @TempDir Path folder;
  private Path path;
  private ControlSocket socket;

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed after each
  void open() throws IOException {
    path = folder.resolve("mount.sock");
    // What a process that was killed leaves.
    Files.writeString(path, "");
    socket =
        ControlSocket.open(
            path,
            Map.of(
                "echo",
                question -> Map.of("said", question.get("say"), "list", List.of(1, 2.5, "three")),
                "refuse",
                question -> {
                  throw new ControlException("not today");
                },
                "break",
                question -> {
                  throw new IllegalStateException("broken");
                }));
  }

  @AfterEach
  void close() {
    socket.close();
  }

  @Test
  void questionsAreAnsweredOneAfterTheOtherOnOneConnection() throws ControlException {
    try (ControlClient client = ControlClient.connect(path)) {
      for (String text : List.of("a", "\"quoted\"\n", "größer 🙂", "x".repeat(60_000))) {
        Map<String, Object> answer = client.ask("echo", Map.of("say", text));

        assertEquals(text, answer.get("said"));
        assertEquals(List.of(1, 2.5, "three"), answer.get("list"));
      }
    }
  }

  @Test
  void whatCannotBeAnsweredIsOneLineAndTheConnectionGoesOn() throws ControlException {
    try (ControlClient client = ControlClient.connect(path)) {
      assertEquals("not today", failure(client, "refuse"));
      assertTrue(failure(client, "unheard-of").contains("knows no unheard-of"));
      assertTrue(failure(client, "break").contains("broken"));
      assertEquals("a", client.ask("echo", Map.of("say", "a")).get("said"));
    }
  }

  private static String failure(ControlClient client, String verb) {
    return String.valueOf(
        assertThrows(ControlException.class, () -> client.ask(verb, Map.of())).getMessage());
  }

  @Test
  void nobodyElseMayOpenTheFile() throws IOException {
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
  }

  @Test
  void anotherUserIsRefusedEvenIfTheFileWereOpenToAll() throws Exception {
    assumeTrue(isRoot(), "only root can be somebody else");
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    String program =
        "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
            + " q=b'{\"verb\":\"echo\",\"say\":\"a\"}'\n"
            + "try:\n"
            + "  s.sendall(len(q).to_bytes(4,'big')+q); print(len(s.recv(100)))\n"
            + "except OSError: print(0)";
    Process process =
        new ProcessBuilder(
                "setpriv",
                "--reuid=65534",
                "--clear-groups",
                "/usr/bin/python3",
                "-c",
                program,
                path.toString())
            .redirectErrorStream(true)
            .start();

    assertEquals(
        "0\n", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    assertEquals(0, process.waitFor());
  }

  private static boolean isRoot() throws IOException {
    return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
  }

  @Test
  void aMessageThatIsTooLongOrNoJsonEndsTheConnectionAndNothingElse() throws IOException {
    ByteBuffer tooLong = ByteBuffer.allocate(4).putInt(Integer.MAX_VALUE).flip();
    ByteBuffer garbage =
        ByteBuffer.allocate(8).putInt(4).put("nope".getBytes(StandardCharsets.UTF_8)).flip();
    for (ByteBuffer message : List.of(tooLong, garbage)) {
      try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
        channel.write(message);
        assertTrue(channel.read(ByteBuffer.allocate(1)) < 1);
      } catch (IOException e) {
        // Reset, with what was sent still unread.
        assertTrue(String.valueOf(e.getMessage()).matches(".*([Rr]eset|pipe).*"), e::toString);
      }
    }
    try (ControlClient client = ControlClient.connect(path)) {
      assertEquals("a", client.ask("echo", Map.of("say", "a")).get("said"));
    }
  }

  @Test
  void closingRemovesTheFileAndWhoeverAsksIsToldSo() {
    socket.close();

    assertFalse(Files.exists(path));
    ControlException failure = assertThrows(ControlException.class, this::connect);
    assertTrue(String.valueOf(failure.getMessage()).contains("does not answer"), failure::toString);
  }

  private void connect() throws ControlException {
    try (ControlClient client = ControlClient.connect(path)) {
      assertEquals(Map.of(), client.ask("echo", Map.of()));
    }
  }
}
