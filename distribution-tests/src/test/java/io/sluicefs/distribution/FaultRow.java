// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One kind of fault, what a program does meanwhile, and what may come of it.
 *
 * @param fault for people
 * @param work what the program does
 * @param rules what the emulator is told, but for name and key
 * @param outcomes those that are right
 * @param after those that are right when the fault is over
 * @param most requests that may go wrong each time
 * @param bound seconds the program may wait at most, with the settings of a mount by default
 * @param slow whether it takes until a deadline
 * @param stores those it is tried with
 */
record FaultRow(
    String fault,
    FaultedWork work,
    List<Config> rules,
    Set<String> outcomes,
    Set<String> after,
    long most,
    long bound,
    boolean slow,
    Set<Store> stores) {
  /** The outcome when the program notices nothing. */
  static final String HIDDEN = "hidden";

  /** Reads all rows, in the order of the document. */
  static List<FaultRow> all() {
    return ConfigFactory.parseResources(FaultRow.class, "/faults/matrix.conf")
        .resolve()
        .getConfigList("rows")
        .stream()
        .flatMap(
            row ->
                row.getStringList("works").stream()
                    .map(work -> of(row, constant(FaultedWork.class, work))))
        .toList();
  }

  private static FaultRow of(Config row, FaultedWork work) {
    Set<Store> stores =
        row.hasPath("stores")
            ? row.getStringList("stores").stream()
                .map(word -> constant(Store.class, word))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Store.class)))
            : EnumSet.allOf(Store.class);
    return new FaultRow(
        row.getString("fault"),
        work,
        List.copyOf(row.getConfigList("rules")),
        Set.copyOf(row.getStringList("outcomes")),
        row.hasPath("after") ? Set.copyOf(row.getStringList("after")) : Set.of(HIDDEN),
        row.hasPath("most") ? row.getLong("most") : Long.MAX_VALUE,
        row.hasPath("bound") ? row.getLong("bound") : FaultMatrix.HANG.toSeconds(),
        row.hasPath("slow") && row.getBoolean("slow"),
        stores);
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String word) {
    return Enum.valueOf(type, word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  /**
   * Returns the rules as the emulator takes them, for the keys of one folder.
   *
   * @param name under which they are counted
   * @param elsewhere where redirects lead
   */
  String schedule(String name, String bucket, String folder, String elsewhere) {
    return ConfigFactory.empty()
        .withValue(
            "rules",
            ConfigValueFactory.fromIterable(
                rules.stream()
                    .map(
                        rule ->
                            rule.withValue("name", ConfigValueFactory.fromAnyRef(name))
                                .withValue("bucket", ConfigValueFactory.fromAnyRef(bucket))
                                .withValue(
                                    "key",
                                    ConfigValueFactory.fromAnyRef("\\Q" + folder + "\\E(/.*)?"))
                                .root()
                                .unwrapped())
                    .toList()))
        .root()
        .render(ConfigRenderOptions.concise())
        .replace("ELSEWHERE", elsewhere);
  }

  /** Returns a name for it, of letters that suit a key. */
  String slug() {
    return (fault + "-" + work.word()).replaceAll("[^A-Za-z0-9]+", "-");
  }
}
