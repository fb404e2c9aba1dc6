// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The packages, installed on a Debian without Java and removed again; {@code make dist-check}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(named = "sluice.debian", matches = ".+")
class InstalledPackageTest {
  private static final String USE =
      """
      export OSS_ACCESS_KEY_ID=%s OSS_ACCESS_KEY_SECRET=%s
      test -d /etc/sluice
      sluice --version
      systemd-analyze verify --man=no /usr/lib/systemd/system/sluice@.service \
        /usr/lib/systemd/system/sluice@models.service
      mkdir -p /mnt/models

      # As at boot, and again as after a change of the file.
      echo '/tmp/models.conf /mnt/models fuse.sluice ro,_netdev,nofail,noexec,uid=7,memory.limit=256MiB 0 0' >/etc/fstab
      mount -a
      mount -a
      test "$(findmnt -n -o FSTYPE -M /mnt/models | wc -l)" = 1
      findmnt -n -o OPTIONS -M /mnt/models | grep -w noexec
      echo "fstab $(sha256sum </mnt/models/model.bin) $(stat -c %%u /mnt/models/model.bin)"
      if touch /mnt/models/new 2>/dev/null; then exit 1; fi
      grep -l /runtime/sluice.aot /proc/[0-9]*/maps | grep -q maps
      umount /mnt/models
      : >/etc/fstab

      if mount -t fuse.sluice /tmp/models.conf /mnt/models -o surprise 2>/tmp/said; then exit 1; fi
      echo "refused $(cat /tmp/said)"
      rm /tmp/said
      rmdir /mnt/models
      """
          .formatted(EmulatorProcess.ACCESS_KEY_ID, EmulatorProcess.ACCESS_KEY_SECRET);

  private EmulatorProcess emulator;
  private Installation installation;
  private DebianRoot debian;

  @BeforeAll
  void unpack() throws IOException {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "model.bin", 8 << 20, 1);
    installation = Installation.open(getClass());
    debian = DebianRoot.unpack(installation.work().resolve("debian"));
    debian.write(
        "/tmp/models.conf", Store.OSS.transport(emulator, "models") + "memory.limit = 512MiB\n");
  }

  @AfterAll
  void remove() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void theDebianPackageIsInstalledUsedAndRemoved() throws IOException {
    Path deb = copied(".deb");
    check(
        () -> debian.output("dpkg -i /tmp/" + deb.getFileName()),
        () -> debian.output("dpkg --purge sluice"));
  }

  @Test
  void theRpmPackageIsInstalledUsedAndRemoved() throws IOException {
    Path rpm = copied(".rpm");
    check(
        () -> rpm("--nodeps", "--nosignature", "--install", rpm.toString()),
        () -> rpm("--erase", "sluice"));
  }

  /** Runs the rpm of this host on the files of the Debian, which has none. */
  private void rpm(String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of("rpm", "--root", debian.path("/").toString(), "--dbpath", "/var/lib/rpm"));
    words.addAll(List.of(arguments));
    Command.output(words.toArray(String[]::new));
  }

  private void check(Runnable install, Runnable uninstall) throws IOException {
    Map<String, String> before = debian.files();
    install.run();
    String said = debian.output(USE);
    assertTrue(said.contains("fstab " + emulator.sha256("models", "model.bin") + "  - 7\n"), said);
    assertTrue(said.contains("refused mount.fuse.sluice: unknown option surprise;"), said);
    uninstall.run();
    Map<String, String> after = debian.files();
    Set<String> changed = new TreeSet<>(before.keySet());
    changed.addAll(after.keySet());
    changed.removeIf(file -> Objects.equals(before.get(file), after.get(file)));
    assertEquals(Set.of(), changed);
  }

  private Path copied(String kind) throws IOException {
    try (var packages = Files.newDirectoryStream(Tarball.folder(), "*" + kind)) {
      Path file = packages.iterator().next();
      return Files.copy(
          file, debian.path("/tmp/" + file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
