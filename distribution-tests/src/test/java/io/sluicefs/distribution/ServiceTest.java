// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The unit of systemd, run by systemd; {@code make dist-check}. */
@EnabledIfSystemProperty(named = "sluice.debian", matches = ".+")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ServiceTest {
  private EmulatorProcess emulator;
  private Installation installation;
  private DebianRoot debian;

  @BeforeEach
  void install() throws IOException {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "model.bin", 8 << 20, 1);
    installation = Installation.open(getClass());
    debian = DebianRoot.unpack(installation.work().resolve("debian"));
    try (var packages = Files.newDirectoryStream(Tarball.folder(), "*.deb")) {
      Path deb = packages.iterator().next();
      Files.copy(deb, debian.path("/tmp/sluice.deb"));
    }
    debian.output("dpkg -i /tmp/sluice.deb");
    debian.write(
        "/etc/sluice/my-models.conf",
        Store.OSS.transport(emulator, "models") + "memory.limit = 256MiB\n");
    debian.write(
        "/etc/sluice/my-models.env",
        "OSS_ACCESS_KEY_ID=%s\nOSS_ACCESS_KEY_SECRET=%s\nMOUNTPOINT=\"/mnt/my models\"\n"
            .formatted(EmulatorProcess.ACCESS_KEY_ID, EmulatorProcess.ACCESS_KEY_SECRET));
  }

  @AfterEach
  void remove() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void aServiceMountsComesBackWhenItsDaemonIsKilledAndUnmounts() throws Exception {
    String sum = emulator.sha256("models", "model.bin");
    try (BootedDebian booted = BootedDebian.boot(debian)) {
      String said =
          booted.output(
              """
              unit=sluice@my-models.service
              systemctl start "$unit" || { journalctl --no-pager -u "$unit" >&2; exit 1; }
              sha256sum <'/mnt/my models/model.bin'
              kill -9 "$(systemctl show -p MainPID --value "$unit")"
              until [ "$(systemctl show -p NRestarts --value "$unit")" = 1 ] && systemctl -q is-active "$unit"; do
                sleep 0.1
              done
              sha256sum <'/mnt/my models/model.bin'
              grep -c ' fuse.sluice ' /proc/mounts
              systemctl stop "$unit"
              systemctl is-active "$unit" || true
              grep -c ' fuse.sluice ' /proc/mounts || true
              """);
      assertEquals("%s  -\n%s  -\n1\ninactive\n0\n".formatted(sum, sum), said);
    }
  }
}
