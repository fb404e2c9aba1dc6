// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The programs that are compared: Sluice with all transports and FUSE channels, s3fs, rclone. */
final class Candidates {
  private static final String FUSE = "fuse-";

  private final Path home;
  private final Path work;
  private final ObjectServer server;

  /**
   * Looks for the programs.
   *
   * @param home of the distribution
   * @param work folder for configurations and caches
   */
  Candidates(Path home, Path work, ObjectServer server) {
    this.home = home;
    this.work = work;
    this.server = server;
  }

  List<Candidate> all() throws IOException, InterruptedException {
    List<Candidate> all = new ArrayList<>(sluice());
    all.add(s3fs());
    all.add(rclone());
    return all;
  }

  List<Candidate> sluice() throws IOException, InterruptedException {
    List<Candidate> mounts = new ArrayList<>();
    for (String channel : channels()) {
      mounts.add(sluice("s3", channel, server.s3(), "us-east-1"));
      mounts.add(sluice("oss", channel, server.oss(), "cn-hangzhou"));
    }
    return mounts;
  }

  private List<String> channels() throws IOException {
    try (Stream<Path> plugins = Files.list(home.resolve("plugins"))) {
      return plugins
          .map(plugin -> plugin.getFileName().toString())
          .filter(name -> name.startsWith(FUSE))
          .map(name -> name.substring(FUSE.length()))
          .sorted()
          .toList();
    }
  }

  private Candidate sluice(String transport, String channel, URI endpoint, String region)
      throws IOException, InterruptedException {
    Path configuration = work.resolve("sluice-" + transport + "-" + channel + ".conf");
    Files.writeString(
        configuration,
        """
        transport.%s {
          endpoint = "%s"
          region = %s
          bucket = %s
          credentials = environment
        }
        fuse.use = %s
        memory.limit = 640MiB
        cache.memory.capacity = 512MiB
        write.staging.path = "%s"
        """
            .formatted(
                transport,
                endpoint,
                region,
                ObjectServer.BUCKET,
                channel,
                work.resolve("sluice-staging")));
    String command = home.resolve("bin/sluice").toString();
    return new Candidate(
        Candidate.SLUICE,
        transport + " " + channel,
        version(command, "--version"),
        mountpoint ->
            List.of(command, "mount", "-f", "-c", configuration.toString(), mountpoint.toString()),
        Map.of(
            "AWS_ACCESS_KEY_ID", ObjectServer.ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY", ObjectServer.ACCESS_KEY_SECRET,
            "OSS_ACCESS_KEY_ID", ObjectServer.ACCESS_KEY_ID,
            "OSS_ACCESS_KEY_SECRET", ObjectServer.ACCESS_KEY_SECRET,
            "XDG_RUNTIME_DIR", work.toString()));
  }

  private Candidate s3fs() throws IOException, InterruptedException {
    Path passwords = work.resolve("s3fs-password");
    Files.createFile(
        passwords,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        passwords, ObjectServer.ACCESS_KEY_ID + ":" + ObjectServer.ACCESS_KEY_SECRET + "\n");
    String options =
        "url=%s,use_path_request_style,endpoint=us-east-1,passwd_file=%s,umask=0022"
            .formatted(server.s3(), passwords);
    return new Candidate(
        "s3fs",
        "",
        version("s3fs", "--version"),
        mountpoint ->
            List.of("s3fs", ObjectServer.BUCKET, mountpoint.toString(), "-f", "-o", options),
        Map.of());
  }

  private Candidate rclone() throws IOException, InterruptedException {
    return new Candidate(
        "rclone",
        "",
        version("rclone", "version"),
        mountpoint ->
            List.of(
                "rclone",
                "mount",
                "store:" + ObjectServer.BUCKET,
                mountpoint.toString(),
                "--cache-dir",
                work.resolve("rclone-cache").toString(),
                "--vfs-cache-mode",
                "writes",
                // Else it would wait for five seconds before it uploads.
                "--vfs-write-back",
                "0s",
                // It takes etags for MD5 sums of what it reads; those of computed objects are none.
                "--no-checksum"),
        Map.of(
            "RCLONE_CONFIG",
            work.resolve("rclone.conf").toString(),
            "RCLONE_CONFIG_STORE_TYPE",
            "s3",
            "RCLONE_CONFIG_STORE_PROVIDER",
            "Other",
            "RCLONE_CONFIG_STORE_ENDPOINT",
            server.s3().toString(),
            "RCLONE_CONFIG_STORE_REGION",
            "us-east-1",
            "RCLONE_CONFIG_STORE_FORCE_PATH_STYLE",
            "true",
            "RCLONE_CONFIG_STORE_ACCESS_KEY_ID",
            ObjectServer.ACCESS_KEY_ID,
            "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY",
            ObjectServer.ACCESS_KEY_SECRET));
  }

  /** Returns the first line a program says about its version. */
  private static String version(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return text.lines().findFirst().orElse("").strip();
  }
}
