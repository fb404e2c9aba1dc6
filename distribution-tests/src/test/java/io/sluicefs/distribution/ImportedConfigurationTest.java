// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A host that mounted with ossfs2 mounts with what was imported. */
class ImportedConfigurationTest {
  private EmulatorProcess emulator;
  private Installation installation;

  @BeforeEach
  void startTheStore() {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "llama/weights.bin", 8 << 20, 1);
    installation = Installation.open(getClass());
  }

  @AfterEach
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void whatWasMountedWithOssfs2IsMountedTheSame() throws IOException {
    Path ossfs2 =
        installation.configuration(
            "ossfs2.conf",
            """
            # /etc/ossfs2.conf of a host with one GPU
            --oss_endpoint=%s
            --oss_bucket=models
            --oss_bucket_prefix=llama/
            --oss_region=cn-hangzhou
            --oss_access_key_id=%s
            --oss_access_key_secret=%s
            --total_mem_limit=300m
            --memory_data_cache_size=128m
            --prefetch_concurrency=64
            --prefetch_concurrency_per_file=16
            --uid=1234
            --gid=4321
            --temp_dir=%s
            --log_dir=%s
            """
                .formatted(
                    emulator.oss(),
                    EmulatorProcess.ACCESS_KEY_ID,
                    EmulatorProcess.ACCESS_KEY_SECRET,
                    installation.work(),
                    installation.work()));
    Path imported = installation.work().resolve("sluice.conf");
    Command command =
        installation.sluice(
            "config",
            "import",
            "-o",
            imported.toString(),
            "--credentials-file",
            installation.work().resolve("keys").toString(),
            ossfs2.toString());
    assertEquals(new Command(0, "", ""), command);

    Path mountpoint = installation.mountpoint("mnt");
    // The access key comes from the file alone.
    Command mount =
        installation.sluice(
            Map.of("OSS_ACCESS_KEY_ID", "", "OSS_ACCESS_KEY_SECRET", ""),
            "mount",
            "-c",
            imported.toString(),
            mountpoint.toString());
    assertEquals(new Command(0, "", ""), mount);
    Path weights = mountpoint.resolve("weights.bin");
    assertEquals(
        emulator.sha256("models", "llama/weights.bin"),
        Command.output("sha256sum", weights.toString()).substring(0, 64));
    assertEquals(1234, Files.getAttribute(weights, "unix:uid"));
    assertEquals(4321, Files.getAttribute(weights, "unix:gid"));
    assertEquals(
        "rwxrwxrwx", PosixFilePermissions.toString(Files.getPosixFilePermissions(weights)));
    Files.writeString(mountpoint.resolve("notes.txt"), "written");
    assertTrue(emulator.keys("models").contains("llama/notes.txt"));
    assertTrue(Files.size(installation.work().resolve("ossfs2.log")) > 0);
    assertEquals(new Command(0, "", ""), installation.sluice("umount", mountpoint.toString()));
  }
}
