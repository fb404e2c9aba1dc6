// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The tarball on a Debian that has no Java; {@code make dist-check}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(named = "sluice.debian", matches = ".+")
class BareHostTest {
  private static final long MODEL = 256L << 20;
  private static final int IDLE_SECONDS = 5;

  private EmulatorProcess emulator;
  private Installation installation;
  private DebianRoot debian;

  @BeforeAll
  void unpack() throws IOException {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "llama/model.gguf", MODEL, 1);
    installation = Installation.open(getClass());
    debian = DebianRoot.unpack(installation.work().resolve("debian"));
    Tarball.unpack(Files.createDirectories(debian.path("/srv/any where")));
    String credentials =
        "OSS_ACCESS_KEY_ID=%s OSS_ACCESS_KEY_SECRET=%s"
            .formatted(EmulatorProcess.ACCESS_KEY_ID, EmulatorProcess.ACCESS_KEY_SECRET);
    debian.write(
        "/root/environment",
        """
        export %s
        sluice='/srv/any where'/%s/bin/sluice
        """
            .formatted(
                credentials,
                Tarball.file().getFileName().toString().replaceFirst("\\.tar\\.gz$", "")));
    debian.write(
        "/etc/sluice/models.conf",
        Store.OSS.transport(emulator, "models")
            + "mount { prefix = \"llama/\", read-only = true }\nmemory.limit = 512MiB\n");
  }

  @AfterAll
  void remove() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void aModelIsLoadedWhereThereIsNoJava() throws IOException {
    Map<String, String> found =
        debian
            .output(
                """
                . /root/environment
                if command -v java || ls /usr/lib/jvm 2>/dev/null; then exit 1; fi
                mkdir /mnt/models
                begin=$(date +%s%N)
                "$sluice" mount -c /etc/sluice/models.conf /mnt/models
                end=$(date +%s%N)
                daemon=$(grep -lz 'sluicefs.cli/[i]o' /proc/[0-9]*/cmdline | head -n 1)
                daemon=${daemon%/cmdline}
                """
                    + "sleep "
                    + IDLE_SECONDS
                    + """

                    echo "resident-kib $(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\).*/\\1/p' "$daemon/status")"
                    echo "cached $(grep -c /runtime/sluice.aot "$daemon/maps")"
                    echo "sum $(sha256sum </mnt/models/model.gguf | cut -c -64)"
                    echo "start-ms $(((end - begin) / 1000000))"
                    "$sluice" umount /mnt/models
                    rmdir /mnt/models
                    """)
            .lines()
            .map(line -> line.split(" ", 2))
            .collect(Collectors.toMap(words -> words[0], words -> words[1]));

    assertEquals(emulator.sha256("models", "llama/model.gguf"), found.get("sum"));
    assertTrue(Integer.parseInt(found.get("cached")) > 0, "the daemon does without the cache");
    System.out.printf(
        "tarball %.1f MB; mounted after %.1f s; %d MiB resident, idle%n",
        Files.size(Tarball.file()) / 1e6,
        Long.parseLong(found.get("start-ms")) / 1e3,
        Long.parseLong(found.get("resident-kib")) >> 10);
  }

  @Test
  void anyUserMountsFromAFolderThatNobodyCanWriteTo() {
    String sum =
        debian.output(
            """
            . /root/environment
            mount --bind -o ro '/srv/any where' '/srv/any where'
            mount -o remount,bind,ro '/srv/any where'
            if touch '/srv/any where/file' 2>/dev/null; then exit 1; fi
            chmod 644 /etc/sluice/models.conf
            useradd --create-home --shell /bin/sh loader
            export sluice
            HOME=/home/loader setpriv --reuid loader --regid loader --init-groups sh -euc '
              mkdir ~/models
              "$sluice" mount -c /etc/sluice/models.conf ~/models
              sha256sum <~/models/model.gguf | cut -c -64
              "$sluice" umount ~/models
            '
            """);

    assertEquals(emulator.sha256("models", "llama/model.gguf"), sum.strip());
  }

  @Test
  void aContainerMountsAndServesWithoutPrivileges() {
    String[] said =
        debian
            .output(
                """
                . /root/environment
                mkdir /mnt/pod
                "${sluice%/bin/sluice}/share/container/mount-unprivileged" /etc/sluice/models.conf /mnt/pod 1000 2>/tmp/log &
                until findmnt -t fuse.sluice -M /mnt/pod >/dev/null; do
                  kill -0 $!
                  sleep 0.1
                done
                sha256sum </mnt/pod/model.gguf | cut -c -64
                daemon=$(grep -lz 'sluicefs.cli/[i]o' /proc/[0-9]*/cmdline | head -n 1)
                sed -n 's/^\\(Uid\\|CapPrm\\|CapBnd\\):[^0-9]*\\([0-9]*\\).*/\\1 \\2/p' "${daemon%/cmdline}/status"
                umount /mnt/pod
                wait $!
                rmdir /mnt/pod
                rm -rf /tmp/log /tmp/sluice-1000
                """)
            .split("\n", -1);

    assertEquals(emulator.sha256("models", "llama/model.gguf"), said[0]);
    assertEquals("Uid 1000", said[1]);
    assertEquals("CapPrm 0000000000000000", said[2]);
    assertEquals("CapBnd 0000000000000000", said[3]);
  }
}
