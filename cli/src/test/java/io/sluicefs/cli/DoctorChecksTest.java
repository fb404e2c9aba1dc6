// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.cli.Finding.Outcome;
import io.sluicefs.kernel.config.EffectiveSetting;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Broken environments that need no store; the others are in distribution-tests. */
class DoctorChecksTest {
  private static final Instant THEN = Instant.parse("2026-01-01T12:00:00Z");

  @TempDir Path root;

  @Test
  void withoutFusermount3AUserIsToldToInstallIt() throws IOException {
    Finding finding = host(1000, "fusermount3");

    assertEquals(Outcome.FAILED, finding.outcome());
    assertTrue(finding.remedy().contains("fuse3"), finding::toString);
    assertEquals(Outcome.OK, host(0, "fusermount3").outcome());
    Path program = Files.createDirectories(root.resolve("bin")).resolve("fusermount3");
    Files.createFile(
        program,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    assertEquals(Outcome.OK, host(1000, "fusermount3").outcome());
  }

  @Test
  void aUserIdWithoutANameIsToldThatFusermount3RefusesIt() {
    Finding nameless = find(checks(1000, "1000").findings(false), "user");

    assertEquals(Outcome.FAILED, nameless.outcome());
    assertTrue(nameless.detail().contains("user id 1000 has no name"), nameless::toString);
    assertTrue(nameless.detail().contains("fusermount3"), nameless::toString);
    assertTrue(nameless.remedy().contains("useradd -u 1000 NAME"), nameless::toString);
    assertTrue(nameless.remedy().contains("'sluice:x:1000:"), nameless::toString);
    assertEquals(Outcome.OK, find(checks(1000, "ann").findings(false), "user").outcome());
    assertTrue(
        checks(0, "0").findings(false).stream().noneMatch(it -> it.check().equals("user")),
        "root mounts without fusermount3");
  }

  @Test
  void aFuseDeviceThatCannotBeOpenedIsNamed() throws IOException {
    Finding absent = host(0, "/dev/fuse");

    assertEquals(Outcome.FAILED, absent.outcome());
    assertTrue(absent.remedy().contains("modprobe fuse"), absent::toString);
    Files.createDirectories(root.resolve("dev/fuse"));
    Finding unreadable = host(0, "/dev/fuse");
    assertEquals(Outcome.FAILED, unreadable.outcome());
    assertTrue(unreadable.detail().startsWith("cannot be opened"), unreadable::toString);
    assertTrue(unreadable.remedy().contains("--device /dev/fuse"), unreadable::toString);
  }

  @Test
  void anOldKernelAndFewOpenFilesAreWarnedOf() throws IOException {
    write("proc/sys/kernel/osrelease", "4.18.0-553.el8\n");
    write("proc/self/limits", "Max open files            256                  1024       files\n");

    assertEquals(Outcome.WARNING, host(0, "kernel").outcome());
    assertEquals(Outcome.WARNING, host(0, "open files").outcome());
    write("proc/sys/kernel/osrelease", "6.1.0-44-amd64\n");
    assertEquals(Outcome.OK, host(0, "kernel").outcome());
  }

  @Test
  void allowingOthersIsRootsUnlessFuseConfSaysOtherwise() throws IOException {
    assertEquals(Outcome.FAILED, host(1000, "allow-other").outcome());
    write("etc/fuse.conf", "# mount_max = 1000\nuser_allow_other\n");
    assertEquals(Outcome.OK, host(1000, "allow-other").outcome());
  }

  private HostChecks checks(int uid, String userName) {
    return new HostChecks(root, uid, userName, List.of(root.resolve("bin")));
  }

  private Finding host(int uid, String check) {
    return find(checks(uid, "ann").findings(true), check);
  }

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.writeString(file, text);
  }

  @Test
  void aHostThatCannotBeResolvedIsNamed() {
    List<Finding> findings =
        new EndpointChecks(
                "transport.s3",
                URI.create("http://bucket.store.invalid"),
                null,
                InstantSource.system())
            .findings();

    Finding finding = find(findings, "DNS");
    assertEquals(Outcome.FAILED, finding.outcome());
    assertTrue(finding.detail().contains("bucket.store.invalid"), finding::toString);
    assertTrue(finding.remedy().contains("transport.s3.endpoint"), finding::toString);
    assertEquals(1, findings.size(), "nothing else is tried");
  }

  @Test
  void aClockThatIsWrongIsNamedWithHowFar() throws IOException {
    Finding wrong = clock(THEN.plusSeconds(1200));

    assertEquals(Outcome.FAILED, wrong.outcome());
    assertTrue(wrong.detail().contains("1200 s ahead of"), wrong::toString);
    assertTrue(wrong.remedy().contains("set-ntp"), wrong::toString);
    assertTrue(clock(THEN.minusSeconds(900)).detail().contains("900 s behind"));
    assertEquals(Outcome.OK, clock(THEN.plusSeconds(3)).outcome());
  }

  /** Asks a store that says what {@link #THEN} was, by a clock that says another time. */
  private static Finding clock(Instant now) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answer(server));
      return find(
          new EndpointChecks(
                  "transport.s3",
                  URI.create("http://127.0.0.1:" + server.getLocalPort()),
                  null,
                  InstantSource.fixed(now))
              .findings(),
          "clock");
    }
  }

  private static void answer(ServerSocket server) {
    try (Socket socket = server.accept();
        OutputStream out = socket.getOutputStream()) {
      int ends = 0;
      while (ends < 2) {
        int read = socket.getInputStream().read();
        ends = read == '\n' ? ends + 1 : read == '\r' ? ends : 0;
      }
      out.write(
          String.join(
                  "\r\n",
                  "HTTP/1.1 403 Forbidden",
                  "Date: Thu, 01 Jan 2026 12:00:00 GMT",
                  "Content-Length: 0",
                  "Connection: close",
                  "",
                  "")
              .getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aFullDiskUnderACacheIsNamedWithTheSetting() {
    Finding full = disk(root.resolve("blocks").toString(), "1024TiB");

    assertEquals(Outcome.FAILED, full.outcome());
    assertTrue(full.remedy().contains("cache.disk-lmdb.free-space-floor"), full::toString);
    assertEquals(Outcome.OK, disk(root.resolve("blocks").toString(), "0").outcome());
    assertEquals(Outcome.FAILED, disk("/proc/self/blocks", "0").outcome());
  }

  private static Finding disk(String path, String floor) {
    Map<String, EffectiveSetting> settings = new LinkedHashMap<>();
    for (EffectiveSetting setting :
        List.of(
            new EffectiveSetting("cache.disk-lmdb.path", path, "sluice.conf: 1"),
            new EffectiveSetting("cache.disk-lmdb.free-space-floor", floor, "default"))) {
      settings.put(setting.path(), setting);
    }
    return find(new DiskChecks(settings).findings(), "cache.disk-lmdb");
  }

  private static Finding find(List<Finding> findings, String check) {
    return findings.stream()
        .filter(finding -> finding.check().equals(check))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + check + " in " + findings));
  }
}
