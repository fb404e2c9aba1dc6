// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs everybody has, writing to a mount. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ProgramsThroughAMount {
  /** Size of the file dd writes. Give -Dsluice.dd-mib=8192 for the size of a large shard. */
  private static final long DD_MIB = Long.getLong("sluice.dd-mib", 512);

  private static final Pattern TEMPORARY_OF_GIT = Pattern.compile("/tmp_(obj|pack|idx)_|\\.lock$");

  private final Store store;
  private MountedBuckets buckets;
  private SampleTree sample;
  private Git git;

  ProgramsThroughAMount(Store store) {
    this.store = store;
  }

  @BeforeAll
  void mountABucket() throws IOException {
    buckets = MountedBuckets.open(getClass(), store);
    sample = SampleTree.make(local("sample"));
    git = new Git(local("."));
  }

  @AfterAll
  void unmountIt() throws IOException {
    buckets.close();
  }

  @Test
  void gitCommitsInTheMount() throws IOException {
    Path repository = folder("git-commit").resolve("repository");
    Command.output("cp", "-r", sample.root().toString(), repository.toString());
    git.run(repository, "init", "-q", "-b", "main");
    git.run(repository, "add", "-A");
    git.run(repository, "commit", "-q", "-m", "first");
    Files.writeString(repository.resolve("README.md"), "changed\n");
    git.run(repository, "commit", "-q", "-a", "-m", "second");
    git.run(repository, "gc", "-q");
    assertWhole(repository);
    Path elsewhere = elsewhere("git-commit/repository");
    assertWhole(elsewhere);
    assertEquals(
        "second\nfirst\n", git.run(elsewhere, "log", "--format=%s"), "subjects of the commits");
    assertNothingTemporaryOfGit(contents("git-commit"));
  }

  @Test
  void gitClonesIntoTheMount() throws IOException {
    Path origin = local("origin");
    Command.output("cp", "-a", sample.root().toString(), origin.toString());
    git.run(origin, "init", "-q", "-b", "main");
    git.run(origin, "add", "-A");
    git.run(origin, "commit", "-q", "-m", "first");
    Path folder = folder("git-clone");
    git.run(folder, "clone", "-q", "file://" + origin, "clone");
    assertWhole(folder.resolve("clone"));
    assertWhole(elsewhere("git-clone/clone"));
    BucketContents contents = contents("git-clone");
    assertNothingTemporaryOfGit(contents);
    Set<String> links = sample.linksBelow("clone").keySet();
    assertEquals(
        sample.sumsBelow("clone"),
        contents.sums(
            contents.keys().stream()
                .filter(key -> !key.startsWith("clone/.git/") && !links.contains(key))
                .toList()));
  }

  @Test
  void tarExtractsIntoTheMount() throws IOException {
    Path archive = local("sample.tar");
    Command.output("tar", "cf", archive.toString(), "-C", sample.root().toString(), ".");
    Path folder = folder("tar");
    Command.output("tar", "xf", archive.toString(), "-C", folder.toString());
    assertCopied("tar", sample);
  }

  @Test
  void cpCopiesATreeWithItsAttributes() throws IOException {
    Command.output("cp", "-a", sample.root() + "/.", folder("cp") + "/");
    assertCopied("cp", sample);
  }

  @Test
  void rsyncBringsATreeUpToDate() throws IOException {
    SampleTree changing = SampleTree.make(local("changing"));
    Path folder = folder("rsync");
    Command.output("rsync", "-a", changing.root() + "/", folder + "/");
    changing.change("many/1/file-01", "other\n".getBytes(StandardCharsets.UTF_8));
    Command.output("rsync", "-a", changing.root() + "/", folder + "/");
    assertCopied("rsync", changing);
  }

  @Test
  void ddWritesALargeFileAndSyncsIt() throws IOException {
    Path source = local("large");
    Command.output("sh", "-c", "head -c %dM /dev/urandom > '%s'".formatted(DD_MIB, source));
    String sum = Command.output("sha256sum", source.toString()).substring(0, 64);
    Path target = folder("dd").resolve("large.bin");
    Command.output("dd", "if=" + source, "of=" + target, "bs=1M", "conv=fsync", "status=none");
    assertEquals(DD_MIB << 20, Files.size(target));
    contents("dd").assertExactly(Map.of("large.bin", sum), Set.of());
    Files.delete(source);
  }

  @Test
  void fioVerifiesASequentialWrite() {
    verified("fio-write", List.of("large"), "write", "--bs=1M", "--size=96M");
  }

  @Test
  void fioVerifiesRandomWrites() {
    verified("fio-randwrite", List.of("large"), "randwrite", "--bs=64k", "--size=48M");
  }

  @Test
  void fioVerifiesThirtyTwoFilesInParallel() {
    List<String> names = IntStream.range(0, 32).mapToObj(i -> "job." + i).toList();
    verified("fio-parallel", names, "write", "--bs=256k", "--size=6M", "--numjobs=32");
  }

  /** Those of its stressors that look at what they find; none leaves anything. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--hdd 2 --hdd-bytes 8M --hdd-ops 200",
        "--iomix 1 --iomix-bytes 8M --iomix-ops 100",
        "--seek 1 --seek-size 4M --seek-ops 300",
        "--msync 1 --msync-bytes 1M --msync-ops 20",
        "--copy-file 1 --copy-file-bytes 128M --copy-file-ops 10",
        "--readahead 1 --readahead-bytes 4M --readahead-ops 200",
        "--rename 2 --rename-ops 60 --dentry 1 --dentries 60 --dentry-ops 120",
        "--filename 1 --filename-ops 20",
        "--flock 2 --flock-ops 300 --lockf 2 --lockf-ops 300"
      })
  void stressorsFindWhatTheyWrote(String stressors) throws IOException {
    Path folder = folder("stress-" + stressors.split(" ", -1)[0].substring(2));
    List<String> command = new ArrayList<>(List.of("stress-ng", "--verify", "--timeout", "60"));
    command.addAll(List.of(stressors.split(" ", -1)));
    command.addAll(List.of("--temp-path", folder.toString()));
    Command done = Command.run(command.toArray(String[]::new));
    assertEquals(0, done.status(), done::toString);
    assertFalse((done.out() + done.err()).contains("stress-ng: fail:"), done::toString);
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList(), "what is left");
    }
  }

  /** Writes, verifies, compares with the objects, and verifies on another host. */
  private void verified(String name, List<String> names, String pattern, String... job) {
    Path folder = folder(name);
    fio(folder, names, List.of("--rw=" + pattern, "--end_fsync=1"), job);
    Map<String, String> sums = new TreeMap<>();
    for (String file : names) {
      String sum = Command.output("sha256sum", folder.resolve(file).toString());
      sums.put(file, sum.substring(0, 64));
    }
    contents(name).assertExactly(sums, Set.of());
    fio(elsewhere(name), names, List.of("--rw=read", "--readonly"), job);
  }

  private static void fio(Path folder, List<String> names, List<String> options, String... job) {
    List<String> command = new ArrayList<>(List.of("fio", "--name=job", "--ioengine=psync"));
    command.add("--directory=" + folder);
    command.add(
        names.size() == 1 ? "--filename=" + names.getFirst() : "--filename_format=job.$jobnum");
    command.addAll(List.of("--verify=crc32c", "--verify_fatal=1", "--verify_state_save=0"));
    command.addAll(List.of("--group_reporting", "--thread"));
    command.addAll(options);
    command.addAll(List.of(job));
    Command.output(command.toArray(String[]::new));
  }

  private Path folder(String name) {
    return buckets.mount(store).folder(name);
  }

  private Path elsewhere(String name) {
    return buckets.otherHost(store).path().resolve(name);
  }

  private Path local(String name) {
    return buckets.installation().work().resolve(name);
  }

  private BucketContents contents(String folder) {
    return buckets.contents(store, folder);
  }

  private void assertWhole(Path repository) {
    git.run(repository, "fsck", "--full", "--strict");
    assertEquals("", git.run(repository, "status", "--porcelain"), "changes git sees");
  }

  private static void assertNothingTemporaryOfGit(BucketContents contents) {
    List<String> left = contents.keys().stream().filter(TEMPORARY_OF_GIT.asPredicate()).toList();
    assertEquals(List.of(), left, "temporary files in the store");
    assertEquals(List.of(), contents.pendingUploads(), "uploads left pending");
  }

  /** The tree is in the store, and another host sees its links and its empty folder. */
  private void assertCopied(String folder, SampleTree tree) throws IOException {
    contents(folder).assertExactly(tree.sums(), tree.links().keySet());
    Path elsewhere = elsewhere(folder);
    for (Map.Entry<String, String> link : tree.links().entrySet()) {
      assertEquals(
          link.getValue(), Files.readSymbolicLink(elsewhere.resolve(link.getKey())).toString());
    }
    assertTrue(Files.isDirectory(elsewhere.resolve("hollow")));
  }
}
