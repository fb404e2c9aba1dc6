// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.LoggerContext;
import io.sluicefs.kernel.config.LogSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class LoggingTest {
  @TempDir Path temp;

  @AfterEach
  void logNowhere() {
    ((LoggerContext) LoggerFactory.getILoggerFactory()).reset();
  }

  @Test
  void anEventIsOneLineWhateverNamesItHolds() throws IOException {
    Path file = temp.resolve("log");
    Logging.start(LogSettings.Level.INFO, Optional.of(file));

    LoggerFactory.getLogger("io.sluicefs.fs").warn("lookup of a\n2026 ERROR forged \u001b[31m");

    List<String> lines = Files.readAllLines(file);
    assertEquals(1, lines.size(), lines.toString());
    assertTrue(lines.getFirst().endsWith("a?2026 ERROR forged ?[31m"), lines.getFirst());
  }

  @Test
  void controlCharactersBeyondAsciiSteerNoTerminalEither() throws IOException {
    Path file = temp.resolve("log");
    Logging.start(LogSettings.Level.INFO, Optional.of(file));

    LoggerFactory.getLogger("io.sluicefs.fs").warn("lookup of a\u009b31m");

    assertTrue(Files.readString(file).endsWith("a?31m\n"), Files.readString(file));
  }

  @Test
  void complaintsAboutTheClosedRuntimeAreNotLogged() throws IOException {
    Path file = temp.resolve("log");
    Logging.start(LogSettings.Level.INFO, Optional.of(file));

    LoggerFactory.getLogger("net.openhft.chronicle.core.internal.ClassUtil").error("complaint");
    LoggerFactory.getLogger("net.openhft.chronicle.core.Other").error("trouble");

    List<String> lines = Files.readAllLines(file);
    assertEquals(1, lines.size(), lines.toString());
    assertTrue(lines.getFirst().endsWith("trouble"), lines.getFirst());
  }

  private static LogSettings settings(Optional<Path> journal, Optional<String> syslog) {
    return new LogSettings(
        LogSettings.Level.INFO,
        Optional.empty(),
        LogSettings.Format.TEXT,
        Optional.empty(),
        Optional.empty(),
        journal,
        syslog);
  }

  @Test
  void aSyslogElsewhereIsSentEveryEventOverUdp() throws IOException {
    try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout(30_000);
      Logging.start(
          settings(Optional.empty(), Optional.of("127.0.0.1:" + server.getLocalPort())),
          Optional.of(temp.resolve("log")),
          temp);

      LoggerFactory.getLogger("io.sluicefs.fs").warn("lookup of a\nforged");

      DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
      server.receive(packet);
      String line = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
      assertTrue(line.startsWith("<28>"), "daemon, warning: " + line);
      assertTrue(
          line.endsWith("sluice[%d]: lookup of a?forged".formatted(ProcessHandle.current().pid())),
          line);
    }
  }

  @Test
  void journaldAndTheSyslogOfThisHostAreSentEveryEvent() throws Exception {
    Path journal = temp.resolve("journal");
    Path syslog = temp.resolve("syslog");
    Process receiver = receiver(journal, syslog);
    try (BufferedReader received = receiver.inputReader(StandardCharsets.ISO_8859_1)) {
      assertEquals("ready", received.readLine());
      Logging.start(
          settings(Optional.of(journal), Optional.of(syslog.toString())),
          Optional.of(temp.resolve("log")),
          Path.of("/mnt/models"));

      LoggerFactory.getLogger("io.sluicefs.fs").error("cannot read\nb");

      String entry = text(received.readLine());
      assertTrue(entry.contains("PRIORITY=3\n"), entry);
      assertTrue(entry.contains("SYSLOG_IDENTIFIER=sluice\n"), entry);
      assertTrue(entry.contains("SLUICE_MOUNTPOINT=/mnt/models\n"), entry);
      // A value of several lines: its length in eight bytes, the lowest first, and its bytes.
      assertTrue(
          entry.contains("MESSAGE\n" + (char) 13 + "\0".repeat(7) + "cannot read\nb\n"), entry);
      String line = text(received.readLine());
      assertTrue(line.matches("<27>[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} sluice\\[\\d+]: .*"), line);
      assertTrue(line.endsWith(": cannot read?b"), line);
    } finally {
      receiver.destroy();
      receiver.waitFor();
    }
  }

  @Test
  void aSocketNobodyListensOnStopsNothing() throws IOException {
    Path file = temp.resolve("log");
    Logging.start(
        settings(Optional.of(temp.resolve("absent")), Optional.empty()), Optional.of(file), temp);

    LoggerFactory.getLogger("io.sluicefs.fs").warn("a");
    LoggerFactory.getLogger("io.sluicefs.fs").warn("b");

    assertEquals(2, Files.readAllLines(file).size());
  }

  /** Java has no datagrams of this kind to receive either. */
  private static Process receiver(Path... sockets) throws IOException {
    String program =
        """
        import socket, sys
        all = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in sys.argv[1:]]
        for one, path in zip(all, sys.argv[1:]): one.bind(path)
        print('ready', flush=True)
        for one in all: print(one.recv(65536).hex(), flush=True)
        """;
    List<String> words = new ArrayList<>(List.of("python3", "-c", program));
    for (Path socket : sockets) {
      words.add(socket.toString());
    }
    return new ProcessBuilder(words).redirectErrorStream(true).start();
  }

  private static String text(String hex) {
    return new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8);
  }
}
