// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.staging.Leftovers;
import io.sluicefs.kernel.staging.StagedFile;
import io.sluicefs.kernel.staging.StagedOrigin;
import io.sluicefs.kernel.staging.StagingArea;
import io.sluicefs.kernel.staging.StagingOptions;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.transport.MemoryTransport;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class UploadsTest {
  private static final Instant NOW = Instant.parse("2026-03-05T12:00:00Z");

  /** What a command line did. */
  private record Result(int status, String out, String err) {}

  @TempDir Path temp;

  private final MemoryTransport bucket = new MemoryTransport();
  private final StringWriter text = new StringWriter();
  private final PrintWriter out = new PrintWriter(text);
  private final PrintWriter err = new PrintWriter(Writer.nullWriter());

  @BeforeEach
  void installNothing() throws IOException {
    Files.createDirectory(temp.resolve("plugins"));
    System.setProperty("sluice.home", temp.toString());
    Files.writeString(
        temp.resolve("sluice.conf"),
        "transport.s3 { bucket = a }\nwrite.staging.path = " + temp.resolve("staging") + "\n");
  }

  @AfterEach
  void forgetHome() {
    System.clearProperty("sluice.home");
  }

  @Test
  void whatIsMissingOrContradictoryIsAUsageError() {
    assertUsageError("Missing required option: '--config=FILE'", run("uploads"));
    assertUsageError("Missing required option: '--config=FILE'", run("uploads", "discard", "a-1"));
    assertUsageError(
        "Missing required option: '--older-than=AGE'", run("uploads", "abort", "-c", "x"));
    assertUsageError(
        "expected a time such as 30s or 500ms, not 'old'",
        run("uploads", "abort", "-c", "x", "--older-than", "old"));
    assertUsageError(
        "expected either --output or --upload", run("uploads", "recover", "-c", "x", "a-1"));
    assertUsageError(
        "--key goes with --upload",
        run("uploads", "recover", "-c", "x", "--output", "y", "--key", "k", "a-1"));
  }

  @Test
  void stagedFilesAreListedEvenIfTheStoreCannotBeAsked() throws IOException {
    String id = leave("llama/weights\n.bin", "abc", "access denied");

    Result result = run("uploads", "-c", conf());

    assertEquals(1, result.status);
    assertTrue(result.out.contains(id), result.out);
    assertTrue(result.out.contains("3 B"), result.out);
    assertTrue(result.out.contains("s3://store/models/llama/weights?.bin"), result.out);
    assertTrue(result.out.contains("not uploaded: access denied"), result.out);
    assertTrue(result.out.contains(temp.resolve("staging/" + id + ".data").toString()), result.out);
    assertTrue(result.err.contains("no plugin transport.s3"), result.err);
  }

  @Test
  void aDiscardedFileIsGone() throws IOException {
    String id = leave("llama/weights.bin", "abc", "access denied");

    Result result = run("uploads", "-c", conf(), "discard", id);

    assertEquals(0, result.status, result.err);
    assertEquals(id + ": discarded with 3 staged bytes of llama/weights.bin\n", result.out);
    assertEquals(List.of(), Leftovers.in(temp.resolve("staging")).files());
    Result again = run("uploads", "discard", "-c", conf(), id);
    assertEquals(1, again.status);
    assertTrue(again.err.contains("no staged file " + id + " is left"), again.err);
  }

  @Test
  void withoutStagingThereIsNothingToRecover() {
    Result result =
        run("uploads", "discard", "-c", conf(), "--set", "write.staging.path=", "0000000a-1");

    assertEquals(1, result.status);
    assertTrue(result.err.contains("write.staging.path is empty"), result.err);
  }

  @Test
  void theListSaysKeyAgeAndUploadOldestFirst() throws IOException {
    bucket.addUpload("llama/new", NOW.minus(Duration.ofMinutes(3)));
    bucket.addUpload("llama/old", NOW.minus(Duration.ofHours(51)));
    bucket.addUpload("qwen/other", NOW);

    new UploadsListing(out, NOW).uploads(PendingUploads.of(bucket, "llama/", err));

    List<String> lines = text.toString().lines().toList();
    assertEquals("Pending uploads in memory://bucket under llama/:", lines.getFirst());
    assertTrue(lines.get(2).matches("  2d3h +llama/old +upload-2"), lines.get(2));
    assertTrue(lines.get(3).matches("  3m0s +llama/new +upload-1"), lines.get(3));
    assertEquals(5, lines.size());
  }

  @Test
  void jsonHasTheSame() throws IOException {
    bucket.addUpload("llama/\"new\"\n", NOW);
    String id = leave("llama/weights.bin", "abc", "access denied");

    new UploadsListing(out, NOW)
        .json(PendingUploads.of(bucket, "", err), Leftovers.in(temp.resolve("staging")));

    String json = text.toString();
    assertTrue(
        json.startsWith(
            "{\"location\":\"memory://bucket\",\"prefix\":\"\",\"uploads\":[{\"key\":\"llama/\\\"new\\\"\\u000a\",\"upload\":\"upload-1\",\"started\":\"2026-03-05T12:00:00Z\"}],\"staged\":[{\"id\":\""
                + id),
        json);
    assertTrue(json.contains("\"size\":3,\"staged\":3,\"missing\":0,"), json);
    assertTrue(json.endsWith("\"unreadable\":[]}\n"), json);
  }

  @Test
  void onlyUploadsThatAreOldEnoughAreAborted() throws IOException {
    bucket.addUpload("llama/new", NOW.minus(Duration.ofHours(1)));
    bucket.addUpload("llama/old", NOW.minus(Duration.ofHours(51)));
    PendingUploads old =
        PendingUploads.of(bucket, "", err).startedBefore(NOW.minus(Duration.ofDays(2)));

    old.abort(bucket, true, out);
    assertEquals(2, bucket.listUploads("").size());
    old.abort(bucket, false, out);

    assertEquals("llama/new", bucket.listUploads("").getFirst().key());
    assertEquals(1, bucket.listUploads("").size());
    assertEquals(
        """
        would abort llama/old, started 2026-03-03T09:00:00Z
        1 of 1 upload in memory://bucket would be aborted
        aborted llama/old, started 2026-03-03T09:00:00Z
        1 of 1 upload in memory://bucket aborted
        """,
        text.toString());
  }

  @Test
  void anUploadThatCannotBeAbortedDoesNotKeepTheOthers() throws IOException {
    bucket.addUpload("llama/denied", NOW);
    bucket.addUpload("llama/other", NOW);
    bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.ABORT_UPLOAD && key.equals("llama/denied")) {
            throw new StorageException(Kind.ACCESS_DENIED, "not allowed");
          }
        });

    IOException failure =
        assertThrows(
            IOException.class, () -> PendingUploads.of(bucket, "", err).abort(bucket, false, out));

    assertEquals("1 of 2 uploads are not aborted: not allowed", failure.getMessage());
    assertEquals(1, bucket.listUploads("").size());
    assertFalse(text.toString().contains("aborted llama/denied"), text.toString());
  }

  /** Stages bytes that then cannot be uploaded; returns the file's name. */
  private String leave(String key, String bytes, String why) throws IOException {
    StagingOptions options = new StagingOptions(temp.resolve("staging"), 1 << 20, 0);
    try (StagingArea area = StagingArea.open(options, Path.of("/no/such/mountpoint"));
        StagedFile file = area.create(new StagedOrigin("s3://store/models", key, null, 0));
        Arena arena = Arena.ofConfined()) {
      file.write(0, arena.allocateFrom(bytes).asSlice(0, bytes.length()));
      file.keep(why);
      return file.id();
    }
  }

  private String conf() {
    return temp.resolve("sluice.conf").toString();
  }

  private static void assertUsageError(String expected, Result result) {
    assertEquals(2, result.status, result.err);
    assertTrue(result.err.contains(expected), result.err);
    assertEquals(1, result.err.lines().count(), result.err);
  }

  private static Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command =
        Sluice.commandLine(args).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int status = command.execute(args);
    return new Result(status, out.toString(), err.toString());
  }
}
