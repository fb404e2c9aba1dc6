// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/** The works of a comparison, each with objects of its own, so that all of them begin cold. */
record Works(Amounts amounts) {
  private static final int READERS = 8;
  private static final long SMALL_FILE = 128L << 10;
  private static final long LITTLE_FILE = 4096;

  /** Returns all works, done in one folder, in the order they are to be done in. */
  List<Work> in(String name) {
    String folder = name + "/";
    List<Work> works = new ArrayList<>();
    works.add(large(folder, "sequential read", amounts.largeFile(), 1).onNewDaemon());
    works.add(large(folder, "eight readers", amounts.otherFile(), READERS));
    works.add(large(folder, "direct read", amounts.otherFile(), 1, "iflag=direct"));
    works.add(mapped(folder + "mapped"));
    works.add(warm(folder + "warm"));
    works.add(warmSmall(folder + "warm"));
    works.add(smallFiles(folder + "small"));
    String many = folder + "many";
    int listed = amounts.listed();
    works.add(
        names(
            "list",
            "`ls -l` of a folder of " + listed,
            many,
            listed,
            mountpoint -> Program.of("ls", "-l", mountpoint.resolve(many).toString())));
    works.add(stat("stat", "of the " + listed + " names just listed", many, listed));
    works.add(
        stat(
            "lookup",
            amounts.named() + " names that were not listed",
            folder + "unlisted",
            amounts.named()));
    works.add(write(folder));
    String created = folder + "created";
    int files = amounts.named();
    works.add(changes("create", files + " x 4 KiB", created, files * LITTLE_FILE, List.of()));
    works.add(changes("unlink", "those " + files, created, 0, keys(created, files)));
    return works;
  }

  private static Work large(String folder, String name, long size, int readers, String... options) {
    String key = folder + name.replace(' ', '-');
    List<String> arguments = List.of(options);
    String times = readers == 1 ? "" : readers + " x ";
    return reading(
        name,
        times + "`" + String.join(" ", dd(List.of(), arguments)) + "` of one file",
        size * readers,
        0,
        List.of(new Work.Source(key, size)),
        mountpoint ->
            Collections.nCopies(
                readers,
                new Program(
                    dd(List.of("if=" + mountpoint.resolve(key), "of=/dev/null"), arguments),
                    false)));
  }

  private static List<String> dd(List<String> files, List<String> options) {
    List<String> words = new ArrayList<>(List.of("dd"));
    words.addAll(files);
    words.add("bs=1M");
    words.addAll(options);
    return words;
  }

  private Work mapped(String key) {
    int pieces = (int) (amounts.otherFile() / FileProgram.MAPPED_PIECE);
    return reading(
        "random map",
        "`mmap`, every page of all 16 MiB pieces, the pieces in random order",
        amounts.otherFile(),
        0,
        List.of(new Work.Source(key, amounts.otherFile())),
        mountpoint -> List.of(Program.file("map", mountpoint.resolve(key), pieces)));
  }

  private Work warm(String key) {
    int reads = (int) (amounts.warmFile() / FileProgram.LARGE_READ);
    return reading(
        "warm direct read",
        "1 MiB reads with `O_DIRECT` of a file read before",
        amounts.warmFile(),
        0,
        List.of(new Work.Source(key, amounts.warmFile())),
        mountpoint -> List.of(Program.file("warm-direct", mountpoint.resolve(key), reads)));
  }

  private Work warmSmall(String key) {
    int reads = (int) (amounts.warmFile() / FileProgram.SMALL_READ / 2);
    return reading(
        "warm direct 4 KiB",
        reads + " reads of 4 KiB with `O_DIRECT` of a file read before",
        (long) reads * FileProgram.SMALL_READ,
        reads,
        List.of(new Work.Source(key, amounts.warmFile())),
        mountpoint -> List.of(Program.file("warm-direct-small", mountpoint.resolve(key), reads)));
  }

  private Work smallFiles(String folder) {
    int files = amounts.smallFiles();
    return reading(
        "small files",
        files + " x 128 KiB read by 16 threads",
        SMALL_FILE * files,
        files,
        objects(folder, files, SMALL_FILE),
        mountpoint -> List.of(Program.file("small-files", mountpoint.resolve(folder), files)));
  }

  private static Work stat(String name, String description, String folder, int files) {
    return names(
        name,
        description,
        folder,
        files,
        mountpoint -> Program.file("stat", mountpoint.resolve(folder), files));
  }

  private static Work names(
      String name, String description, String folder, int files, Function<Path, Program> program) {
    return reading(
        name,
        description,
        0,
        files,
        objects(folder, files, LITTLE_FILE),
        mountpoint -> List.of(program.apply(mountpoint)));
  }

  private static Work reading(
      String name,
      String description,
      long bytes,
      int operations,
      List<Work.Source> objects,
      Work.Programs programs) {
    return new Work(name, description, false, bytes, operations, 0, objects, List.of(), programs);
  }

  private Work write(String folder) {
    String key = folder + "written";
    long size = amounts.largeFile();
    String count = "count=" + (size >> 20);
    return new Work(
        "sequential write",
        "`dd bs=1M conv=fsync`, checksums included",
        false,
        size,
        0,
        size,
        List.of(new Work.Source(folder, 0)),
        List.of(key),
        mountpoint ->
            List.of(
                new Program(
                    dd(
                        List.of("if=/dev/zero", "of=" + mountpoint.resolve(key)),
                        List.of(count, "conv=fsync")),
                    false)));
  }

  private Work changes(
      String what, String description, String folder, long uploads, List<String> leaves) {
    return new Work(
        what,
        description,
        false,
        uploads,
        amounts.named(),
        uploads,
        List.of(new Work.Source(folder + "/", 0)),
        leaves,
        mountpoint -> List.of(Program.file(what, mountpoint.resolve(folder), amounts.named())));
  }

  private static List<Work.Source> objects(String folder, int files, long size) {
    List<Work.Source> objects = new ArrayList<>();
    objects.add(new Work.Source(folder + "/", 0));
    keys(folder, files).forEach(key -> objects.add(new Work.Source(key, size)));
    return objects;
  }

  private static List<String> keys(String folder, int files) {
    return IntStream.range(0, files)
        .mapToObj(number -> folder + "/" + FileProgram.name(number))
        .toList();
  }
}
