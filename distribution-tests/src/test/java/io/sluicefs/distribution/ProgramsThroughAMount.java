// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Programs everybody has, writing to a mount. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ProgramsThroughAMount {
  /** Size of the file dd writes. Give -Dsluice.dd-mib=8192 for the size of a large shard. */
  private static final long DD_MIB = Long.getLong("sluice.dd-mib", 512);

  private static final String TEMPORARY_OF_GIT = ".*(/tmp_obj_|/tmp_pack_|/tmp_idx_|\\.lock$).*";

  private final Store store;
  private EmulatorProcess emulator;
  private Installation installation;
  private SampleTree sample;
  private Git git;

  ProgramsThroughAMount(Store store) {
    this.store = store;
  }

  @BeforeAll
  void startTheStore() throws IOException {
    installation = Installation.open(getClass());
    emulator =
        EmulatorProcess.start("--directory", installation.work().resolve("store").toString());
    sample = SampleTree.make(installation.work().resolve("sample"));
    git = new Git(installation.work());
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void gitCommitsInTheMount() throws IOException {
    try (WritableMount mount = open("git-commit")) {
      Path repository = mount.path().resolve("repository");
      Command.output("cp", "-r", sample.root().toString(), repository.toString());
      git.run(repository, "init", "-q", "-b", "main");
      git.run(repository, "add", "-A");
      git.run(repository, "commit", "-q", "-m", "first");
      Files.writeString(repository.resolve("README.md"), "changed\n");
      git.run(repository, "commit", "-q", "-a", "-m", "second");
      git.run(repository, "gc", "-q");
      assertWhole(repository);
      mount.remount();
      assertWhole(repository);
      assertEquals(
          "second\nfirst\n", git.run(repository, "log", "--format=%s"), "subjects of the commits");
      mount.unmount();
      mount.contents().assertNoKeyMatches(TEMPORARY_OF_GIT);
      assertEquals(List.of(), emulator.pendingUploads("git-commit"));
    }
  }

  @Test
  void gitClonesIntoTheMount() throws IOException {
    Path origin = installation.work().resolve("origin");
    Command.output("cp", "-a", sample.root().toString(), origin.toString());
    git.run(origin, "init", "-q", "-b", "main");
    git.run(origin, "add", "-A");
    git.run(origin, "commit", "-q", "-m", "first");
    try (WritableMount mount = open("git-clone")) {
      Path clone = mount.path().resolve("clone");
      git.run(mount.path(), "clone", "-q", "file://" + origin, clone.toString());
      assertWhole(clone);
      mount.remount();
      assertWhole(clone);
      mount.unmount();
      mount.contents().assertNoKeyMatches(TEMPORARY_OF_GIT);
      Map<String, String> found = new TreeMap<>();
      for (String key : mount.contents().keys()) {
        if (!key.startsWith("clone/.git/")) {
          found.put(key, mount.contents().sha256(key));
        }
      }
      sample.linksBelow("clone").keySet().forEach(found::remove);
      assertEquals(sample.sumsBelow("clone"), found);
      assertEquals(List.of(), emulator.pendingUploads("git-clone"));
    }
  }

  @Test
  void tarExtractsIntoTheMount() throws IOException {
    Path archive = installation.work().resolve("sample.tar");
    Command.output("tar", "cf", archive.toString(), "-C", sample.root().toString(), ".");
    try (WritableMount mount = open("tar")) {
      Path target = Files.createDirectory(mount.path().resolve("extracted"));
      Command.output("tar", "xf", archive.toString(), "-C", target.toString());
      assertCopied(mount, "extracted", sample);
    }
  }

  @Test
  void cpCopiesATreeWithItsAttributes() throws IOException {
    try (WritableMount mount = open("cp")) {
      Path target = mount.path().resolve("copied");
      Command.output("cp", "-a", sample.root().toString(), target.toString());
      assertCopied(mount, "copied", sample);
    }
  }

  @Test
  void rsyncBringsATreeUpToDate() throws IOException {
    SampleTree changing = SampleTree.make(installation.work().resolve("changing"));
    try (WritableMount mount = open("rsync")) {
      Path target = mount.path().resolve("synced");
      Command.output("rsync", "-a", changing.root() + "/", target + "/");
      changing.change("many/1/file-01", "other\n".getBytes(StandardCharsets.UTF_8));
      Command.output("rsync", "-a", changing.root() + "/", target + "/");
      assertCopied(mount, "synced", changing);
    }
  }

  @Test
  void ddWritesALargeFileAndSyncsIt() throws IOException {
    Path source = installation.work().resolve("large");
    Command.output("sh", "-c", "head -c %dM /dev/urandom > '%s'".formatted(DD_MIB, source));
    String sum = Command.output("sha256sum", source.toString()).substring(0, 64);
    try (WritableMount mount = open("dd")) {
      Path target = mount.path().resolve("large.bin");
      Command.output("dd", "if=" + source, "of=" + target, "bs=1M", "conv=fsync", "status=none");
      assertEquals(DD_MIB << 20, Files.size(target));
      mount.unmount();
      mount.contents().assertExactly(Map.of("large.bin", sum), Set.of());
    } finally {
      Files.delete(source);
    }
  }

  @Test
  void fioVerifiesASequentialWrite() {
    verified("fio-write", List.of("large"), "--rw=write", "--bs=1M", "--size=96M");
  }

  @Test
  void fioVerifiesRandomWrites() {
    verified("fio-randwrite", List.of("large"), "--rw=randwrite", "--bs=64k", "--size=48M");
  }

  @Test
  void fioVerifiesThirtyTwoFilesInParallel() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      names.add("job." + i);
    }
    verified("fio-parallel", names, "--rw=write", "--bs=256k", "--size=6M", "--numjobs=32");
  }

  /** Writes, verifies, compares with the objects, and verifies anew through a fresh mount. */
  private void verified(String bucket, List<String> names, String... job) {
    try (WritableMount mount = open(bucket)) {
      fio(mount, names, List.of("--do_verify=1"), job);
      Map<String, String> sums = new TreeMap<>();
      for (String name : names) {
        String path = mount.path().resolve(name).toString();
        sums.put(name, Command.output("sha256sum", path).substring(0, 64));
      }
      mount.unmount();
      mount.contents().assertExactly(sums, Set.of());
      mount.mount();
      fio(mount, names, List.of("--verify_only=1"), job);
      mount.unmount();
      mount.contents().assertExactly(sums, Set.of());
    }
  }

  private static void fio(
      WritableMount mount, List<String> names, List<String> options, String... job) {
    List<String> command = new ArrayList<>(List.of("fio", "--name=job", "--ioengine=psync"));
    command.add("--directory=" + mount.path());
    command.add(
        names.size() == 1 ? "--filename=" + names.getFirst() : "--filename_format=job.$jobnum");
    command.addAll(List.of("--verify=crc32c", "--verify_fatal=1", "--verify_state_save=0"));
    command.addAll(List.of("--end_fsync=1", "--group_reporting", "--thread"));
    command.addAll(options);
    command.addAll(List.of(job));
    Command.output(command.toArray(String[]::new));
  }

  private WritableMount open(String bucket) {
    return WritableMount.open(installation, emulator, store, bucket);
  }

  private void assertWhole(Path repository) {
    git.run(repository, "fsck", "--full", "--strict");
    assertEquals("", git.run(repository, "status", "--porcelain"), "changes git sees");
  }

  /** The tree is in the store, and a fresh mount shows its links and its empty folder. */
  private static void assertCopied(WritableMount mount, String folder, SampleTree tree)
      throws IOException {
    mount.unmount();
    mount.contents().assertExactly(tree.sumsBelow(folder), tree.linksBelow(folder).keySet());
    mount.mount();
    for (Map.Entry<String, String> link : tree.linksBelow(folder).entrySet()) {
      assertEquals(
          link.getValue(), Files.readSymbolicLink(mount.path().resolve(link.getKey())).toString());
    }
    assertTrue(Files.isDirectory(mount.path().resolve(folder).resolve("hollow")));
    mount.unmount();
  }
}
