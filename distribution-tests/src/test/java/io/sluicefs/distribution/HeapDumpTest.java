// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What requests are signed with is not among the objects of the daemon that signs them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class HeapDumpTest {
  /** More than one part, so that the vendor's library begins and completes an upload. */
  private static final int LARGE = 9 << 20;

  private static final String ID = "key-of-the-heap-dump-test";
  private static final String NEXT_ID = "next-key-of-the-heap-dump-test";

  private Installation installation;
  private EmulatorProcess emulator;

  /** Where the daemon has its keys from. */
  enum Source {
    S3_STATIC(Store.S3) {
      @Override
      String settings(Path folder, String id, String secret, String token) {
        return """
        credentials = static, access-key-id = %s, access-key-secret = "%s", session-token = "%s"
        """
            .formatted(id, secret, token);
      }
    },
    S3_PROCESS(Store.S3) {
      @Override
      String settings(Path folder, String id, String secret, String token) throws IOException {
        Path file = kept(folder, Source.json(id, "SecretAccessKey", secret, "SessionToken", token));
        return "credentials = process, credential-process = \"cat '%s'\"".formatted(file);
      }
    },
    S3_PROFILE(Store.S3) {
      @Override
      String settings(Path folder, String id, String secret, String token) throws IOException {
        kept(
            folder,
            """
            [default]
            aws_access_key_id = %s
            aws_secret_access_key = %s
            aws_session_token = %s
            """
                .formatted(id, secret, token));
        return "credentials = profile";
      }
    },
    OSS_STATIC(Store.OSS) {
      @Override
      String settings(Path folder, String id, String secret, String token) {
        return """
        credentials = static, access-key-id = %s, access-key-secret = "%s", security-token = "%s"
        """
            .formatted(id, secret, token);
      }
    },
    OSS_V1(Store.OSS) {
      @Override
      String settings(Path folder, String id, String secret, String token) throws IOException {
        return OSS_STATIC.settings(folder, id, secret, token) + "signature = v1";
      }
    },
    OSS_PROCESS(Store.OSS) {
      @Override
      String settings(Path folder, String id, String secret, String token) throws IOException {
        Path file =
            kept(folder, Source.json(id, "AccessKeySecret", secret, "SecurityToken", token));
        return "credentials = process, credential-process = \"cat '%s'\"".formatted(file);
      }
    },
    OSS_PROFILE(Store.OSS) {
      @Override
      String settings(Path folder, String id, String secret, String token) throws IOException {
        Path file =
            kept(
                folder,
                """
                [default]
                oss_access_key_id = %s
                oss_secret_access_key = %s
                oss_session_token = %s
                """
                    .formatted(id, secret, token));
        return "credentials = profile, profile-file = \"%s\"".formatted(file);
      }
    };

    private final Store store;

    Source(Store store) {
      this.store = store;
    }

    /** Returns whether it is a file, which may have other keys while the bucket is mounted. */
    boolean isFile() {
      return name().endsWith("_PROCESS") || name().endsWith("_PROFILE");
    }

    /** Returns the settings that name the source, which holds the secrets from now on. */
    abstract String settings(Path folder, String id, String secret, String token)
        throws IOException;

    /** Keeps a text where only its owner reads it. */
    Path kept(Path folder, String text) throws IOException {
      Path file = Files.writeString(folder.resolve("keys-" + name()), text);
      return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static String json(
        String id, String secretName, String secret, String tokenName, String token) {
      return """
      {"Version": 1, "AccessKeyId": "%s", "%s": "%s", "%s": "%s"}
      """
          .formatted(id, secretName, secret, tokenName, token);
    }
  }

  @BeforeAll
  void startTheStore() {
    installation = Installation.open(getClass());
    emulator = EmulatorProcess.start();
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource
  void aDumpOfTheHeapHasNoKey(Source source) throws Exception {
    String bucket = "dumped-" + source.name().toLowerCase(Locale.ROOT).replace('_', '-');
    List<String> secrets = new ArrayList<>(List.of(random(), random()));
    emulator.createBucket(bucket);
    emulator.putSynthetic(bucket, "a.bin", 4 << 20, 1);
    emulator.acceptOnly(ID, secrets.getFirst());
    Path configuration = configuration(source, bucket, secrets);
    Path mountpoint = installation.mountpoint(bucket);
    Command mount =
        installation.sluice(
            Map.of(
                "AWS_SHARED_CREDENTIALS_FILE",
                installation.work().resolve("keys-" + Source.S3_PROFILE).toString()),
            "mount",
            "-c",
            configuration.toString(),
            mountpoint.toString());
    assertEquals(0, mount.status(), mount::toString);
    try {
      work(mountpoint);
      if (source.isFile()) {
        // These are met by a thread that serves the mount, and not by one that goes away.
        secrets.addAll(List.of(random(), random()));
        String _ = source.settings(installation.work(), NEXT_ID, secrets.get(2), secrets.get(3));
        emulator.acceptOnly(NEXT_ID, secrets.get(2));
        work(mountpoint);
      }
      long daemon = Mountpoints.daemon(mountpoint).pid();
      // Of what is in use, and then of everything a collection has left.
      assertHasNone(dump(daemon, "live", "GC.heap_dump"), bucket, secrets);
      Command.output(jcmd(), Long.toString(daemon), "GC.run");
      assertHasNone(dump(daemon, "all", "GC.heap_dump", "-all"), bucket, secrets);
    } finally {
      Command umount = installation.sluice("umount", mountpoint.toString());
      assertEquals(0, umount.status(), umount::toString);
    }
  }

  private Path configuration(Source source, String bucket, List<String> secrets)
      throws IOException {
    Path file =
        installation.configuration(
            bucket + ".conf",
            source
                    .store
                    .transport(emulator, bucket)
                    .replace(
                        "credentials = environment",
                        source.settings(installation.work(), ID, secrets.get(0), secrets.get(1)))
                + """
                memory.limit = 384MiB
                metadata.attribute-ttl = 0
                write { part-size = 5MiB, keep-size = 0, staging.path = "%s" }
                """
                    .formatted(installation.mountpoint("staging-" + bucket)));
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static void work(Path mountpoint) throws IOException {
    assertEquals(4 << 20, Files.readAllBytes(mountpoint.resolve("a.bin")).length);
    Files.writeString(mountpoint.resolve("small"), "small");
    byte[] large = new byte[LARGE];
    new SecureRandom().nextBytes(large);
    Files.write(mountpoint.resolve("large"), large);
    assertArrayEquals(large, Files.readAllBytes(mountpoint.resolve("large")));
    Files.move(mountpoint.resolve("small"), mountpoint.resolve("moved"));
    try (Stream<Path> names = Files.list(mountpoint)) {
      assertEquals(
          List.of("a.bin", "large", "moved"),
          names.map(name -> name.getFileName().toString()).sorted().toList());
    }
    Files.delete(mountpoint.resolve("large"));
    Files.delete(mountpoint.resolve("moved"));
  }

  private Path dump(long daemon, String name, String... command) {
    Path file = installation.work().resolve(daemon + "-" + name + ".hprof");
    String out =
        Command.output(
            Stream.concat(
                    Stream.of(jcmd(), Long.toString(daemon)),
                    Stream.concat(Stream.of(command), Stream.of(file.toString())))
                .toArray(String[]::new));
    assertTrue(Files.exists(file), out);
    return file;
  }

  private static String jcmd() {
    return Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
  }

  private static void assertHasNone(Path dump, String bucket, List<String> secrets)
      throws IOException {
    // A dump is small enough, and texts of Latin 1 are searched fastest.
    String bytes = Files.readString(dump, StandardCharsets.ISO_8859_1);
    assertTrue(bytes.contains(bucket), dump + " does not even have the name of the bucket");
    for (String secret : secrets) {
      for (Charset charset :
          List.of(
              StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
        int found =
            bytes.indexOf(new String(secret.getBytes(charset), StandardCharsets.ISO_8859_1));
        assertEquals(
            -1, found, () -> "%s has %s in %s".formatted(dump.getFileName(), secret, charset));
      }
    }
    Files.delete(dump);
  }

  private static String random() {
    byte[] bytes = new byte[20];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
