// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.cache.KeptCache;
import io.sluicefs.spi.cache.KeptCache.KeptObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Files of a mount that are to stay in its disk cache whatever else needs room. */
final class PinnedFiles {
  private static final String KEY = "sluice.key";
  private static final String ETAG = "sluice.etag";

  /**
   * A mount writes what it loaded a moment later, and passes over what the disk is too slow for.
   */
  private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(20);

  private static final long LOOK_AGAIN_MILLIS = 100;

  private final KeptCache cache;
  private final FileProblems problems;
  private final Set<ObjectId> pinned = new HashSet<>();

  /**
   * Creates it.
   *
   * @param problems gets the files that cannot be pinned, or are not in the cache as a whole
   */
  PinnedFiles(KeptCache cache, FileProblems problems) {
    this.cache = cache;
    this.problems = problems;
  }

  /**
   * Pins files that were loaded.
   *
   * @param wereRead whether anything of them was read just now, and may still be on its way
   * @return the bytes of them that are in the cache
   */
  long pin(List<Path> files, boolean wereRead) throws IOException, InterruptedException {
    List<Path> found = new ArrayList<>();
    List<ObjectId> ids = new ArrayList<>();
    for (Path file : files) {
      if (Files.size(file) == 0) {
        continue;
      }
      try {
        ids.add(new ObjectId(attribute(file, KEY), attribute(file, ETAG)));
        found.add(file);
      } catch (IOException e) {
        problems.add(file, "not pinned: it is not a file of a mount of Sluice");
      }
    }
    List<KeptObject> kept = awaitKept(ids, wereRead);
    long bytes = 0;
    for (int i = 0; i < ids.size(); i++) {
      bytes += check(found.get(i), ids.get(i), kept);
    }
    return bytes;
  }

  /** Pins what there is, until all of it is or no more comes. */
  private List<KeptObject> awaitKept(List<ObjectId> ids, boolean wereRead)
      throws IOException, InterruptedException {
    Set<ObjectId> wanted = Set.copyOf(ids);
    long before = -1;
    long since = System.nanoTime();
    while (true) {
      List<KeptObject> kept =
          cache.objects().stream().filter(object -> wanted.contains(object.id())).toList();
      for (KeptObject object : kept) {
        if (pinned.add(object.id())) {
          cache.pin(object, true);
        }
      }
      long bytes = kept.stream().mapToLong(KeptObject::keptBytes).sum();
      boolean complete =
          kept.size() == wanted.size()
              && kept.stream().allMatch(object -> object.keptBytes() == object.size());
      if (bytes != before) {
        before = bytes;
        since = System.nanoTime();
      }
      if (complete || !wereRead || System.nanoTime() - since > GIVE_UP_NANOS) {
        return kept;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  private long check(Path file, ObjectId id, List<KeptObject> kept) {
    for (KeptObject object : kept) {
      if (object.id().equals(id)) {
        if (object.keptBytes() < object.size()) {
          problems.add(
              file,
              "pinned, but only %s of %s are in the disk cache yet; what is read of it later is added"
                  .formatted(ByteCount.text(object.keptBytes()), ByteCount.text(object.size())));
        }
        return object.keptBytes();
      }
    }
    problems.add(
        file,
        "not pinned: nothing of it is in the disk cache; was it in the page cache, or is this the"
            + " configuration of another mount?");
    return 0;
  }

  private static String attribute(Path file, String name) throws IOException {
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    ByteBuffer value = ByteBuffer.allocate(view.size(name));
    view.read(name, value);
    return StandardCharsets.UTF_8.decode(value.flip()).toString();
  }
}
