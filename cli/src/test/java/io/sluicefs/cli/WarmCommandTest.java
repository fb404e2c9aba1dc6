// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code sluice warm} finds, on files of the local disk, which are resident when written. */
class WarmCommandTest {
  /** What a command line did. */
  private record Result(int status, String out, String err) {}

  @TempDir Path temp;

  @Test
  void directoriesAreSearchedAndEachFileCountsOnce() throws IOException {
    Path model = Files.createDirectories(temp.resolve("model/deep"));
    Files.write(model.resolve("b"), new byte[2000]);
    Files.createLink(model.resolve("same-as-b"), model.resolve("b"));
    Files.write(temp.resolve("model/a"), new byte[1000]);

    Result result = check(temp.resolve("model"), model.resolve("b"));

    assertEquals(0, result.status, result.err);
    assertEquals(
        """
        100 %%      1000 B of     1000 B  %1$s/a
        100 %%     2.0 KiB of    2.0 KiB  %1$s/deep/b
        100 %%     2.9 KiB of    2.9 KiB  in 2 files
        """
            .formatted(temp.resolve("model")),
        result.out);
  }

  @Test
  void symbolicLinksAreFollowedAsDownloadersMakeThem() throws IOException {
    Path blobs = Files.createDirectory(temp.resolve("blobs"));
    Path snapshot = Files.createDirectory(temp.resolve("snapshot"));
    Files.write(blobs.resolve("0123"), new byte[5000]);
    Files.createSymbolicLink(snapshot.resolve("model.safetensors"), Path.of("../blobs/0123"));
    Files.createSymbolicLink(snapshot.resolve("round"), Path.of("."));

    Result result = check(snapshot);

    assertEquals(0, result.status, result.err);
    assertTrue(result.out.contains("snapshot/model.safetensors\n"), result.out);
    assertTrue(result.out.endsWith("in 1 file\n"), result.out);
  }

  @Test
  void whatIsNoFileIsALineAndTheRestIsLookedAt() throws IOException {
    Path file = Files.write(temp.resolve("file"), new byte[10]);
    Path dangling = Files.createSymbolicLink(temp.resolve("dangling"), Path.of("nowhere"));

    Result result = check(dangling, Path.of("/dev/null"), temp.resolve("absent"), file);

    assertEquals(1, result.status);
    assertTrue(result.out.endsWith("100 %        10 B of       10 B  in 1 file\n"), result.out);
    assertEquals(
        """
        sluice: /dev/null: neither a file nor a directory
        sluice: %s: No such file or directory
        sluice: %s: a symbolic link to nothing
        """
            .formatted(temp.resolve("absent"), dangling),
        result.err);
  }

  @Test
  void aNameOfAnyBytesIsOpened() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("names"));
    Path name = Path.of(URI.create(folder.toUri() + "%E6%A8%A1%FF%20%25.bin"));
    Files.write(name, new byte[4096]);

    Result result = check(folder);

    assertEquals(0, result.status, result.err);
    assertTrue(result.out.endsWith("4.0 KiB of    4.0 KiB  in 1 file\n"), result.out);
  }

  @Test
  void aLinuxWithoutCachestatTellsTheSame() throws IOException {
    Path file = Files.write(temp.resolve("file"), new byte[1_000_000]);

    try (CachedFile cached = CachedFile.open(file)) {
      Residency residency = cached.residency();
      assertEquals(1_000_000, residency.resident().orElseThrow());
      assertEquals(residency.resident(), cached.residencyOfMapping(cached.size()).resident());
    }
  }

  @Test
  void loadingWhatIsThereLoadsNothing() throws IOException {
    Path file = Files.write(temp.resolve("file"), new byte[1_000_000]);

    Result result = run("warm", "--json", file.toString());

    assertEquals(0, result.status, result.err);
    assertTrue(result.out.contains("\"loaded\":0,"), result.out);
    assertTrue(result.out.contains("\"complete\":true"), result.out);
    assertEquals("", result.err);
  }

  @Test
  void anImpossibleNumberOfJobsIsAUsageError() {
    Result result = run("warm", "--jobs", "0", temp.toString());

    assertEquals(2, result.status);
    assertTrue(
        result.err.startsWith("sluice warm: --jobs: expected a number from 1 to 256"), result.err);
  }

  private Result check(Path... paths) {
    String[] words = new String[paths.length + 2];
    words[0] = "warm";
    words[1] = "--check";
    for (int i = 0; i < paths.length; i++) {
      words[i + 2] = paths[i].toString();
    }
    return run(words);
  }

  private static Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status =
        Sluice.commandLine(args)
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(args);
    return new Result(status, out.toString(), err.toString());
  }
}
