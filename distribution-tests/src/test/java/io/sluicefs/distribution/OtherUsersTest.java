// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A mount of a user without privileges, and what another user, and root, can see of it. In a mount
 * namespace of its own, where /dev/fuse is open to all, as it is on hosts.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OtherUsersTest {
  /** Nobody: fusermount3 serves only users that have a name. */
  private static final int OWNER = 65_534;

  private static final int OTHER = 65_533;

  private static final String SCRIPT =
      """
      set -eu
      cd "$WORK"
      mknod fuse c 10 229
      chmod 666 fuse
      mount --bind fuse /dev/fuse
      echo user_allow_other >fuse.conf
      touch /etc/fuse.conf
      mount --bind fuse.conf /etc/fuse.conf
      as() {
        uid=$1
        shift
        XDG_RUNTIME_DIR=$WORK/run-$uid setpriv --reuid="$uid" --regid="$uid" --clear-groups "$@"
      }
      owner() { as $OWNER "$@"; }
      other() { as $OTHER "$@"; }
      try() { # who may do what: prints the name and whether it was done
        name=$1
        shift
        if "$@" >out 2>err; then echo "$name done"; else echo "$name refused"; fi
      }
      sum() { sha256sum "$1" | cut -c -64; }

      owner "$SLUICE" mount -c owner.conf mnt
      echo "sum $(owner cat mnt/a.bin | sha256sum | cut -c -64)"
      owner sh -c 'echo written >mnt/new; cat mnt/new'
      pid=$(sed -n 1p run-$OWNER/sluice/*.mount)
      echo "uid $(sed -n 's/^Uid:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/$pid/status)"
      echo "capabilities $(sed -n 's/^CapEff:[^0-9a-f]*//p' /proc/$pid/status)"
      echo "options $(sed -n "s,^[^ ]* $WORK/mnt [^ ]* \\([^ ]*\\) .*,\\1,p" /proc/self/mounts)"
      try other-lists other ls mnt
      try other-reads other cat mnt/a.bin
      try other-writes other sh -c 'echo x >mnt/other'
      try root-reads cat mnt/a.bin
      try other-configuration other cat owner.conf
      try other-cache other ls cache
      try other-staging other ls staging
      try other-state other ls run-$OWNER/sluice
      try other-log other sh -c "cat run-$OWNER/sluice/*.log"
      try other-status-of other "$SLUICE" stats mnt
      try other-umounts other "$SLUICE" umount mnt
      echo "other-status $(other "$SLUICE" status | tr '\\n' ' ')"
      echo "root-status $("$SLUICE" status --json)"
      echo "root-set $("$SLUICE" status | grep -c 'user ')"
      owner "$SLUICE" umount mnt

      owner "$SLUICE" mount -c owner.conf --set mount.allow-other=true mnt
      try allowed-reads other cat mnt/a.bin
      try allowed-writes other sh -c 'echo x >mnt/other'
      owner "$SLUICE" umount mnt
      owner "$SLUICE" mount -c owner.conf --set mount.allow-other=true --set mount.umask=0077 mnt
      try masked-reads other cat mnt/a.bin
      echo "mode $(owner stat -c '%a %u %g' mnt/a.bin)"
      owner "$SLUICE" umount mnt
      """;

  private Installation installation;
  private EmulatorProcess emulator;
  private final Map<String, String> seen = new LinkedHashMap<>();

  @BeforeAll
  void mountAndTry() throws IOException {
    assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "only root can be several users");
    installation = Installation.open(getClass());
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "a.bin", 1 << 20, 1);
    Path work = installation.work();
    Path configuration =
        installation.configuration(
            "owner.conf",
            Store.S3
                    .transport(emulator, "models")
                    .replace(
                        "credentials = environment",
                        "credentials = static, access-key-id = %s, access-key-secret = %s"
                            .formatted(
                                EmulatorProcess.ACCESS_KEY_ID, EmulatorProcess.ACCESS_KEY_SECRET))
                + """
                memory.limit = 256MiB
                write.staging.path = "%1$s/staging"
                cache.disk-lmdb { path = "%1$s/cache", max-size = 64MiB, free-space-floor = 0 }
                """
                    .formatted(work));
    Files.setPosixFilePermissions(configuration, PosixFilePermissions.fromString("rw-------"));
    Files.setAttribute(configuration, "unix:uid", OWNER);
    for (Map.Entry<String, Integer> folder :
        Map.of(
                "mnt",
                OWNER,
                "cache",
                OWNER,
                "staging",
                OWNER,
                "run-" + OWNER,
                OWNER,
                "run-" + OTHER,
                OTHER)
            .entrySet()) {
      Path made = installation.mountpoint(folder.getKey());
      Files.setPosixFilePermissions(
          made,
          PosixFilePermissions.fromString(
              folder.getKey().equals("mnt") ? "rwxr-xr-x" : "rwx------"));
      Files.setAttribute(made, "unix:uid", folder.getValue());
    }
    String environment =
        "export WORK=%s SLUICE=%s/bin/sluice OWNER=%d OTHER=%d\n"
            .formatted(work, installation.home(), OWNER, OTHER);
    Command script =
        installation.program(
            "unshare", "--mount", "--propagation", "private", "sh", "-c", environment + SCRIPT);
    assertEquals(0, script.status(), script::toString);
    script
        .out()
        .lines()
        .map(line -> line.split(" ", 2))
        .forEach(words -> seen.put(words[0], words.length > 1 ? words[1] : ""));
  }

  @AfterAll
  void stop() throws IOException {
    if (emulator != null) {
      emulator.close();
      Mountpoints.cleanUnder(installation.work());
    }
  }

  @Test
  void aUserWithoutPrivilegesMountsReadsAndWrites() {
    assertEquals(emulator.sha256("models", "a.bin"), seen.get("sum"));
    assertTrue(seen.containsKey("written"), seen::toString);
    assertEquals(Integer.toString(OWNER), seen.get("uid"));
    assertEquals("0000000000000000", seen.get("capabilities"));
    assertTrue(
        Arrays.asList(seen.get("options").split(",", -1)).contains("nosuid"), seen.get("options"));
    assertTrue(
        Arrays.asList(seen.get("options").split(",", -1)).contains("nodev"), seen.get("options"));
  }

  @Test
  void nobodyElseReadsTheMountOrItsConfigurationOrItsCaches() {
    for (String attempt :
        new String[] {
          "other-lists",
          "other-reads",
          "other-writes",
          "root-reads",
          "other-configuration",
          "other-cache",
          "other-staging",
          "other-state",
          "other-log",
          "other-status-of",
          "other-umounts"
        }) {
      assertEquals("refused", seen.get(attempt), attempt);
    }
  }

  @Test
  void rootSeesTheStatusOfAllUsersAndOthersThatThereIsAMount() {
    String place = installation.work().resolve("mnt").toString();
    assertTrue(seen.get("other-status").contains(place + ", of another user"), seen::toString);
    Config mount =
        ConfigFactory.parseString("all = " + seen.get("root-status")).getConfigList("all").stream()
            .filter(one -> one.getString("mountpoint").equals(place))
            .findFirst()
            .orElseThrow();
    assertEquals("nobody", mount.getString("user"));
    assertTrue(mount.getLong("memory.limit") > 0);
  }

  @Test
  void othersAreLetInOnRequestAndThenByThePermissionBits() {
    assertEquals("done", seen.get("allowed-reads"));
    assertEquals("refused", seen.get("allowed-writes"));
    assertEquals("refused", seen.get("masked-reads"));
    assertEquals("600 %d %d".formatted(OWNER, OWNER), seen.get("mode"));
  }
}
