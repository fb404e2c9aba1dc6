// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A bucket with keys of every kind is listed: what a path can name, and nothing else. */
class OddKeysTest {
  private static final String LONG_NAME = "n".repeat(255);

  /** Of 1,024 bytes, as long as stores have them. */
  private static final String LONGEST =
      "odd/" + (LONG_NAME + "/").repeat(3) + "n".repeat(1024 - 4 - 3 * 256);

  private static final List<String> SHOWN =
      List.of(
          "odd/plain",
          "odd/back\\slash",
          "odd/line\nbreak",
          "odd/tab\tand \u0001\u001f\u007f",
          "odd/...",
          "odd/..hidden",
          "odd/%2e%2e",
          "odd/100%",
          "odd/a+b c&d<e>\"'",
          "odd/-rf",
          LONGEST);

  private static final List<String> HIDDEN =
      List.of(
          "odd//empty",
          "odd/../escape",
          "odd/../../escape",
          "odd/..",
          "odd/.",
          "odd/./here",
          "odd/" + LONG_NAME + "n",
          "odd/" + LONG_NAME + "n/below",
          "/absolute",
          "//absolute",
          "../above");

  @ParameterizedTest
  @EnumSource(Store.class)
  void keysOfEveryKindAreShownOrHiddenAndNeverBreakAListing(Store store) throws Exception {
    Installation installation = Installation.open(getClass());
    String bucket = "odd-" + store.slug();
    try (EmulatorProcess emulator = EmulatorProcess.start()) {
      emulator.createBucket(bucket);
      List<String> keys = new ArrayList<>(SHOWN);
      keys.addAll(HIDDEN);
      keys.add("odd/not-utf-8");
      keys.add("root");
      for (String key : keys) {
        emulator.put(bucket, key, key.getBytes(StandardCharsets.UTF_8));
      }
      emulator.order(
          """
          { "rules": [ { "requests": ["list"], "effect": "rewrite", "find": "not-utf-8",
            "text": "not-%FFutf-8" } ] }
          """);
      try (BucketMount mount =
          BucketMount.with(
              installation,
              bucket,
              store.transport(emulator, bucket)
                  + "memory.limit = 256MiB\nmount.read-only = true\n")) {
        assertEquals(Set.of("odd", "root"), names(mount.path()));
        Set<String> shown =
            SHOWN.stream()
                .map(key -> key.split("/", 3)[1])
                .collect(Collectors.toCollection(TreeSet::new));
        // Once as the kernel finds them in a listing, and once more from what it knows.
        assertEquals(shown, names(mount.path().resolve("odd")));
        assertEquals(shown, names(mount.path().resolve("odd")));
        for (String key : SHOWN) {
          assertEquals(key, Files.readString(mount.path().resolve(key)));
        }
        assertEquals(names(mount.path()), names(mount.path().resolve("odd/..")));
        mount.unmount();
      }
    }
    Mountpoints.cleanUnder(installation.work());
  }

  private static Set<String> names(Path folder) throws Exception {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
