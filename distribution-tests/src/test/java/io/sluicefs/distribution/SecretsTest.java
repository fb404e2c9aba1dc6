// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys that stand in a configuration are shown nowhere, whatever is asked and whatever fails. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecretsTest {
  private static final String SECRET = EmulatorProcess.ACCESS_KEY_SECRET;
  private static final String TOKEN = "a-token-nobody-is-to-see";
  private static final String WRONG = "a-secret-that-is-wrong";

  /** Those of other tests are in the environment; here they stand in the file. */
  private static final Map<String, String> NO_KEYS =
      Map.of(
          "AWS_SECRET_ACCESS_KEY", "of-the-environment",
          "OSS_ACCESS_KEY_SECRET", "of-the-environment");

  private Installation installation;
  private EmulatorProcess emulator;

  /** What was said, by whom. */
  private final Map<String, String> said = new LinkedHashMap<>();

  @BeforeAll
  void startAStore() {
    installation = Installation.open(getClass());
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "a.bin", 4 << 20, 1);
  }

  @AfterAll
  void stopIt() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void noSecretIsShownByAMountThatWorks(Store store) throws Exception {
    Path configuration = configuration(store, SECRET, "");
    Path mountpoint = installation.mountpoint("mnt-" + store.slug());
    run("mount", "mount", "-c", configuration.toString(), mountpoint.toString());
    try {
      assertEquals(4 << 20, Files.readAllBytes(mountpoint.resolve("a.bin")).length);
      // Large enough for an upload in parts, which the vendor's library begins and completes.
      Files.write(mountpoint.resolve("new.bin"), new byte[9 << 20]);
      Files.delete(mountpoint.resolve("new.bin"));
      ask(configuration, mountpoint);
      ProcessHandle daemon = Mountpoints.daemon(mountpoint);
      said.put(
          "cmdline", Files.readString(Path.of("/proc", Long.toString(daemon.pid()), "cmdline")));
      for (ProcessHandle child : daemon.descendants().toList()) {
        said.put(
            "environment of " + child,
            Files.readString(
                Path.of("/proc", Long.toString(child.pid()), "environ"),
                StandardCharsets.ISO_8859_1));
      }
    } finally {
      run("umount", "umount", mountpoint.toString());
    }
    readLogs();
    assertTrue(said.size() > 15, said.keySet()::toString);
    assertNothingShown();
  }

  private void ask(Path configuration, Path mountpoint) throws Exception {
    String conf = configuration.toString();
    String place = mountpoint.toString();
    run("set", "set", "log.level=trace", place);
    run("status", "status", "--json");
    run("stats", "stats", "--json", place);
    run("explain", "explain", place);
    run("show", "config", "show", "--origin", "-c", conf);
    run("settings", "config", "show", "--origin", place);
    run("check", "config", "check", "-c", conf);
    run("doctor", "doctor", "--write", "-c", conf);
    run("uploads", "uploads", "--json", "-c", conf);
    run("bench", "bench", "store", "-c", conf, "--seconds", "1", "--connections", "2");
    String page =
        ConfigFactory.parseString("all = " + said.get("status")).getConfigList("all").stream()
            .filter(mount -> mount.getString("mountpoint").equals(place))
            .findFirst()
            .orElseThrow()
            .getString("page");
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (String path : List.of("", "metrics", "stats.json", "absent?x=" + WRONG.length())) {
        said.put(
            "page /" + path,
            http.send(
                    HttpRequest.newBuilder(URI.create(page + path)).build(),
                    BodyHandlers.ofString())
                .body());
      }
    }
    assertTrue(said.get("settings").contains("access-key-secret = \"(secret)\""), "settings");
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void noSecretIsShownByWhatFails(Store store) throws IOException {
    Path mountpoint = installation.mountpoint("failing-" + store.slug());
    String place = mountpoint.toString();
    Path wrong = configuration(store, WRONG, "");
    fail("a wrong secret", "mount", "-c", wrong.toString(), place);
    fail("doctor with a wrong secret", "doctor", "-c", wrong.toString());
    Path token =
        configuration(store, SECRET, store == Store.S3 ? "session-token" : "security-token");
    Command with = installation.sluice(NO_KEYS, "mount", "-c", token.toString(), place);
    said.put("with a token", with.out() + with.err());
    if (with.status() == 0) {
      run("umount", "umount", place);
    }
    Path good = configuration(store, SECRET, "");
    String setting = "transport." + store.slug() + ".access-key-secret=" + WRONG;
    fail("on the command line", "mount", "-c", good.toString(), "--set", setting, place);
    Files.setPosixFilePermissions(good, PosixFilePermissions.fromString("rw-r--r--"));
    fail("readable by all", "mount", "-c", good.toString(), place);
    assertTrue(said.get("readable by all").contains("every user can read this file"));
    Path broken =
        Files.writeString(
            good.resolveSibling("broken.conf"),
            "transport.s3 { access-key-secret = " + SECRET + " {");
    fail("a broken file", "config", "check", "-c", broken.toString());
    emulator.refuse("list", 500, "InternalError");
    try {
      Path failing = configuration(store, SECRET, "");
      fail("a store that fails", "doctor", "-c", failing.toString());
    } finally {
      emulator.refuseNothing();
    }
    readLogs();
    assertFalse(Mountpoints.isMounted(mountpoint));
    assertNothingShown();
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void whatIsMadeIsItsUsersAloneAndACrashLeavesNoMemoryBehind(Store store) throws Exception {
    Path configuration = configuration(store, SECRET, "");
    Path mountpoint = installation.mountpoint("files-" + store.slug());
    run("mount", "mount", "-c", configuration.toString(), mountpoint.toString());
    try {
      assertEquals(4 << 20, Files.readAllBytes(mountpoint.resolve("a.bin")).length);
      for (String folder : List.of("cache-" + store.slug(), "staging-" + store.slug())) {
        Path made = installation.work().resolve(folder);
        assertEquals("rwx------", permissions(made), folder);
        try (Stream<Path> files = Files.walk(made)) {
          for (Path file : files.filter(Files::isRegularFile).toList()) {
            assertEquals("rw-------", permissions(file), file::toString);
          }
        }
      }
      Path state = installation.work().resolve("sluice");
      assertEquals("rwx------", permissions(Files.exists(state) ? state : Path.of("/run/sluice")));
      String arguments =
          Files.readString(
              Path.of("/proc", Long.toString(Mountpoints.daemon(mountpoint).pid()), "cmdline"));
      assertTrue(arguments.contains("-XX:-CreateCoredumpOnCrash"));
      assertFalse(arguments.contains("HeapDump"));
    } finally {
      run("umount", "umount", mountpoint.toString());
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private Path configuration(Store store, String secret, String tokenSetting) throws IOException {
    String slug = store.slug();
    Path work = installation.work();
    Path file =
        installation.configuration(
            "secrets.conf",
            store
                    .transport(emulator, "models")
                    .replace("credentials = environment", keys(secret, tokenSetting))
                + """
                memory.limit = 256MiB
                retry.deadline = 2s
                write.staging.path = "%1$s/staging-%2$s"
                cache.disk-lmdb { path = "%1$s/cache-%2$s", max-size = 64MiB, free-space-floor = 0 }
                log {
                  level = trace, format = json, file = "%1$s/daemon-%2$s.log"
                  operations = "%1$s/operations-%2$s.log", requests = "%1$s/requests-%2$s.log"
                }
                """
                    .formatted(work, slug));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  private static String keys(String secret, String tokenSetting) {
    return "credentials = static, access-key-id = %s, access-key-secret = \"%s\"%s"
        .formatted(
            EmulatorProcess.ACCESS_KEY_ID,
            secret,
            tokenSetting.isEmpty() ? "" : ", " + tokenSetting + " = \"" + TOKEN + "\"");
  }

  private void run(String name, String... words) {
    Command command = installation.sluice(NO_KEYS, words);
    said.put(name, command.out() + command.err());
    assertEquals(0, command.status(), command::toString);
    if (name.equals("status")) {
      said.put(name, command.out());
    }
  }

  private void fail(String name, String... words) {
    Command command = installation.sluice(NO_KEYS, words);
    said.put(name, command.out() + command.err());
    assertEquals(1, command.status(), () -> name + ": " + command);
  }

  private void readLogs() throws IOException {
    try (Stream<Path> files = Files.walk(installation.work(), 2)) {
      for (Path file : files.filter(path -> path.toString().contains(".log")).toList()) {
        said.put(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    assertTrue(said.keySet().stream().anyMatch(name -> name.contains("daemon-")));
  }

  private void assertNothingShown() {
    said.forEach(
        (who, what) -> {
          for (String secret : List.of(SECRET, TOKEN, WRONG)) {
            assertFalse(what.contains(secret), () -> who + " shows " + secret);
          }
        });
  }
}
