// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** git as a user without settings of their own. */
record Git(Path home) {
  /** Runs git in a folder; it must succeed. */
  String run(Path folder, String... words) {
    List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
    command.addAll(List.of("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"));
    command.addAll(List.of("-c", "gc.auto=0", "-c", "safe.directory=*"));
    command.addAll(Arrays.asList(words));
    Map<String, String> environment =
        Map.of(
            "HOME", home.toString(), "GIT_CONFIG_NOSYSTEM", "1", "GIT_CONFIG_GLOBAL", "/dev/null");
    Command done = Command.run(environment, command.toArray(String[]::new));
    assertEquals(0, done.status(), () -> command + ": " + done.err());
    return done.out();
  }
}
