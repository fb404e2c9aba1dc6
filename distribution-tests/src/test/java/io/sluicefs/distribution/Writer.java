// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The scripts that write as the programs of the workload do, one system call after the other. */
enum Writer {
  MODELSCOPE_DEFAULT(1, true, "modelscope_default.py"),
  MODELSCOPE_PARALLEL(2, true, "modelscope_parallel.py"),
  MODELSCOPE_OLDER(1, true, "modelscope_older.py"),
  HF_HUB_CLASSIC(1, true, "hf_hub_classic.py"),
  HF_HUB_XET_SEQUENTIAL(1, true, "hf_hub_xet.py", "--shape=sequential"),
  HF_HUB_XET_PARALLEL(1, true, "hf_hub_xet.py", "--shape=parallel"),
  SAFETENSORS_SAVE(1, true, "safetensors_save.py"),
  SQLITE_DELETE_JOURNAL(1, true, "sqlite_delete_journal.py"),
  ATOMIC_LOCKFILES(1, true, "atomic_lockfiles.py"),
  MISC_WRITES(2, false, "misc_writes.py"),
  MISC_OPEN_FILES(2, false, "misc_open_files.py"),
  MISC_NAMES(2, false, "misc_names.py"),
  POSIX_ERRORS(0, false, "posix_errors.py"),
  FILE_EXERCISER(0, false, "file_exerciser.py");

  private final int marks;
  private final boolean again;
  private final String script;
  private final String option;

  Writer(int marks, boolean again, String script) {
    this(marks, again, script, "");
  }

  Writer(int marks, boolean again, String script, String option) {
    this.marks = marks;
    this.again = again;
    this.script = script;
    this.option = option;
  }

  /** At how many of its marks it is killed. */
  int marks() {
    return marks;
  }

  /** Whether it can be run a second time over what it wrote. */
  boolean again() {
    return again;
  }

  /** As part of the name of a bucket. */
  String slug() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Runs it to its end and returns what it says it wrote. */
  Written run(Path folder, String... options) {
    Command command = Command.run(command(folder, options));
    assertEquals(0, command.status(), () -> this + ": " + command.err());
    return Written.parse(command.out().lines().toList().getLast());
  }

  /** Starts it so that it stops at a mark. */
  Process start(Path folder, int mark) throws IOException {
    return new ProcessBuilder(command(folder, "--pause", Integer.toString(mark)))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private String[] command(Path folder, String... more) {
    List<String> command = new ArrayList<>(List.of("python3", "-B", script(script)));
    command.add(folder.toString());
    if (!option.isEmpty()) {
      command.add(option);
    }
    command.addAll(Arrays.asList(more));
    return command.toArray(String[]::new);
  }

  /** Returns the path of a script. */
  static String script(String name) {
    try {
      return Path.of(Writer.class.getResource("/writers/" + name).toURI()).toString();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * What a writer left behind.
   *
   * @param sums SHA-256 by path
   * @param links target by path
   */
  record Written(Map<String, String> sums, Map<String, String> links) {
    static Written parse(String line) {
      return new Written(JsonLine.strings(line, "written"), JsonLine.strings(line, "links"));
    }
  }
}
