// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.control.ControlClient;
import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.mount.HostMounts;
import io.sluicefs.kernel.mount.HostMounts.Visible;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The mounts of a host that are not this user's: root asks them, others see that they are there.
 */
final class OtherUsersMounts {
  /** Who answers may be anybody, and may take his time. */
  private static final long PATIENCE_SECONDS = 3;

  private final List<Visible> visible = HostMounts.visible();
  private final Set<String> known;

  /**
   * @param known the mountpoints, and the sources of mounts made by others, that have answered
   */
  OtherUsersMounts(Set<String> known) {
    this.known = known;
  }

  /** Returns what those say of themselves that answer, each with its user. */
  List<Map<String, Object>> ask() throws IOException {
    List<Map<String, Object>> answers = new ArrayList<>();
    for (Path socket : HostMounts.sockets()) {
      Optional<Map<String, Object>> status = status(socket);
      if (status.isPresent() && isMount(status.get())) {
        Map<String, Object> answer = new LinkedHashMap<>(status.get());
        if (known.add(String.valueOf(answer.get("mountpoint")))) {
          answer.put("user", Files.getOwner(socket).getName());
          answers.add(answer);
        }
      }
    }
    return answers;
  }

  private boolean isMount(Map<String, Object> status) {
    return visible.stream()
        .anyMatch(
            mount ->
                mount.mountpoint().toString().equals(status.get("mountpoint"))
                    && mount.source().equals(status.get("source")));
  }

  private static Optional<Map<String, Object>> status(Path socket) throws IOException {
    try (ControlClient client = ControlClient.connect(socket)) {
      FutureTask<Map<String, Object>> asking =
          new FutureTask<>(() -> client.ask("status", Map.of()));
      Thread.ofVirtual().name("ask").start(asking);
      return Optional.of(asking.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    } catch (ControlException | ExecutionException | TimeoutException e) {
      // A socket that is none of a mount, or that has just ended.
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Returns those that have not answered. */
  List<Visible> silent() {
    return visible.stream()
        .filter(
            mount ->
                !known.contains(mount.mountpoint().toString()) && !known.contains(mount.source()))
        .toList();
  }
}
