// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import io.sluicefs.distribution.FileOperation.Append;
import io.sluicefs.distribution.FileOperation.Close;
import io.sluicefs.distribution.FileOperation.Get;
import io.sluicefs.distribution.FileOperation.ListNames;
import io.sluicefs.distribution.FileOperation.MakeDirectory;
import io.sluicefs.distribution.FileOperation.Mode;
import io.sluicefs.distribution.FileOperation.Open;
import io.sluicefs.distribution.FileOperation.Put;
import io.sluicefs.distribution.FileOperation.Read;
import io.sluicefs.distribution.FileOperation.RemoveDirectory;
import io.sluicefs.distribution.FileOperation.Rename;
import io.sluicefs.distribution.FileOperation.Resize;
import io.sluicefs.distribution.FileOperation.Size;
import io.sluicefs.distribution.FileOperation.Stat;
import io.sluicefs.distribution.FileOperation.Sync;
import io.sluicefs.distribution.FileOperation.Truncate;
import io.sluicefs.distribution.FileOperation.Unlink;
import io.sluicefs.distribution.FileOperation.Write;
import io.sluicefs.distribution.Step.AppendTogether;
import io.sluicefs.distribution.Step.Compare;
import io.sluicefs.distribution.Step.Disturb;
import io.sluicefs.distribution.Step.Interrupted;
import io.sluicefs.distribution.Step.Kill;
import io.sluicefs.distribution.Step.Overwrite;
import io.sluicefs.distribution.Step.Perform;
import io.sluicefs.distribution.Step.Refuse;
import io.sluicefs.distribution.Step.RefuseNothing;
import io.sluicefs.distribution.Step.Remount;
import io.sluicefs.distribution.Step.Together;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The steps of a round, which depend on its seed and on nothing that happens: any part of them can
 * be done alone.
 */
final class RandomSteps {
  static final int WORKERS = 3;

  private static final int HANDLES = 6;
  private static final List<String> FOLDERS = List.of("a", "b", "a/c", "b/d e", "a/c/ü");
  private static final List<String> PATHS =
      Stream.concat(Stream.of(""), FOLDERS.stream().map(folder -> folder + "/"))
          .flatMap(folder -> Stream.of("one", "two").map(name -> folder + name))
          .toList();
  private static final int[] LENGTHS = {0, 1, 100, 4095, 4096, 4097, 65_536, 131_073};
  private static final int SMALL = 300_000;
  private static final int MIB = 1 << 20;

  private final Random random;

  private RandomSteps(long seed) {
    this.random = new Random(seed);
  }

  static List<Step> of(long seed, int count, RoundOptions options) {
    RandomSteps steps = new RandomSteps(seed);
    // Of its own, so that a seed does the same with and without.
    SplittableRandom signals = new SplittableRandom(~seed);
    List<Step> chosen = new ArrayList<>();
    for (String folder : FOLDERS) {
      chosen.add(new Perform(0, new MakeDirectory(folder)));
    }
    for (int i = 0; i < count; i++) {
      Step step = steps.next(options.believes());
      boolean interrupted = options.interrupts() && signals.nextInt(5) == 0;
      chosen.add(interrupted ? interrupted(step, signals.nextInt(4)) : step);
    }
    return chosen;
  }

  private static Step interrupted(Step step, int millis) {
    return switch (step) {
      case Perform perform -> new Interrupted(List.of(perform), millis);
      case Together(List<Perform> operations) -> new Interrupted(operations, millis);
      default -> step;
    };
  }

  private Step next(boolean believes) {
    return switch (random.nextInt(180)) {
      case 0 -> new Remount();
      case 1 -> new Kill(performs(random.nextInt(4)), random.nextInt(40));
      case 2, 3, 4 -> new RefuseNothing();
      case 5, 6, 7 -> refusal();
      case 8, 9, 10, 11 ->
          new AppendTogether(
              path(), new Pattern(random.nextInt(), length() % SMALL), 1 + random.nextInt(3));
      case 12, 13, 14, 15, 16, 17 -> believes ? perform() : overwrite();
      default ->
          switch (random.nextInt(30)) {
            case 0, 1, 2 -> disturbance();
            case 3 -> new Compare();
            case 4, 5, 6 -> new Together(performs(2 + random.nextInt(3)));
            default -> perform();
          };
    };
  }

  private Step overwrite() {
    List<Integer> readers = IntStream.range(0, random.nextInt(3)).boxed().toList();
    return new Overwrite(path(), data(), readers);
  }

  private Disturb disturbance() {
    String[] kinds = {
      "put",
      "get",
      "list",
      "head",
      "copy",
      "delete",
      "multipart-initiate",
      "multipart-part",
      "multipart-complete"
    };
    String kind = kinds[random.nextInt(kinds.length)];
    List<String> faults =
        new ArrayList<>(
            List.of(
                "effect=drop-answer",
                "effect=refuse&status=503&code=SlowDown",
                "effect=refuse&status=500&code=InternalError"));
    if (kind.equals("put") || kind.equals("multipart-part")) {
      faults.add("effect=flip-bit");
    }
    if (kind.equals("copy") || kind.equals("multipart-complete")) {
      faults.add("effect=fail-late&code=InternalError");
    }
    return new Disturb(kind, faults.get(random.nextInt(faults.size())), 1 + random.nextInt(2));
  }

  private Refuse refusal() {
    String[] kinds = {
      "put", "get", "list", "copy", "delete", "multipart-part", "multipart-complete"
    };
    String kind = kinds[random.nextInt(kinds.length)];
    return random.nextBoolean()
        ? new Refuse(kind, 403, "AccessDenied")
        : new Refuse(kind, 400, "InvalidArgument");
  }

  private List<Perform> performs(int count) {
    return Stream.generate(this::perform).limit(count).toList();
  }

  private Perform perform() {
    return new Perform(random.nextInt(WORKERS), operation());
  }

  private FileOperation operation() {
    int handle = random.nextInt(HANDLES);
    return switch (random.nextInt(40)) {
      case 0, 1, 2, 3 -> new Put(path(), data());
      case 4, 5 -> new Append(path(), data());
      case 6, 7 -> new Get(anyPath());
      case 8 -> new Truncate(path(), offset());
      case 9, 10 -> new Unlink(anyPath());
      case 11 -> new Stat(anyPath());
      case 12 -> new ListNames(folder());
      case 13, 14 -> new MakeDirectory(folder());
      case 15 -> new RemoveDirectory(folder());
      case 16, 17 -> new Rename(path(), anyPath());
      case 18 -> new Rename(folder(), folder());
      case 19, 20, 21, 22, 23, 24 -> new Open(handle, anyPath(), mode());
      case 25, 26, 27, 28, 29, 30 -> new Write(handle, data(), offset());
      case 31, 32, 33 -> new Read(handle, length(), offset());
      case 34 -> new Resize(handle, offset());
      case 35 -> new Sync(handle);
      case 36 -> new Size(handle);
      default -> new Close(handle);
    };
  }

  private Mode mode() {
    Mode[] modes = Mode.values();
    return modes[random.nextInt(modes.length)];
  }

  private String path() {
    return PATHS.get(random.nextInt(PATHS.size()));
  }

  private String folder() {
    return FOLDERS.get(random.nextInt(FOLDERS.size()));
  }

  private String anyPath() {
    return random.nextInt(5) == 0 ? folder() : path();
  }

  private Pattern data() {
    return new Pattern(random.nextInt(), length());
  }

  private int length() {
    if (random.nextInt(12) == 0) {
      return random.nextInt(12 * MIB);
    }
    return random.nextInt(2) == 0 ? LENGTHS[random.nextInt(LENGTHS.length)] : random.nextInt(SMALL);
  }

  private int offset() {
    if (random.nextInt(24) == 0) {
      return random.nextInt(12 * MIB);
    }
    return Arrays.stream(new int[] {0, 1, 4096, random.nextInt(SMALL)})
        .skip(random.nextInt(4))
        .findFirst()
        .orElseThrow();
  }
}
