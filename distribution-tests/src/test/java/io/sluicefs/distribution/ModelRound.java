// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import io.sluicefs.distribution.FileOperation.Append;
import io.sluicefs.distribution.FileOperation.ByHandle;
import io.sluicefs.distribution.FileOperation.Close;
import io.sluicefs.distribution.FileOperation.Get;
import io.sluicefs.distribution.FileOperation.ListNames;
import io.sluicefs.distribution.FileOperation.MakeDirectory;
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
import io.sluicefs.distribution.FileTreeModel.Expected;
import io.sluicefs.distribution.NameState.Content;
import io.sluicefs.distribution.NameState.Fixed;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One bucket, mounted, with the processes that use it and the model beside it. Every result is
 * compared; what failed although it may is looked at afterwards, and must have happened or not.
 */
final class ModelRound implements AutoCloseable {
  /** What a program is told when the store refuses; never that a name is absent. */
  private static final Set<String> FAILURES = Set.of("EACCES", "EIO", "ETIMEDOUT");

  /** A process that is stopped and continued, as by a debugger, interrupts what it waits for. */
  private static final String INTERRUPTED = "EINTR";

  /** How often something is tried again when nothing goes wrong any more. */
  private static final int TRIES = 3;

  private static final long MOST_ELSEWHERE = 8 << 20;

  /** Linux tells the daemon of closed files after close has returned. */
  private static final long LAG_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final EmulatorProcess emulator;
  private final RoundStore bucket;
  private final BucketMount mount;
  private final List<FileWorker> workers;
  private FileTreeModel model = new FileTreeModel(RoundOptions.PART_MIB << 20);

  /** Whether requests are refused until something fails. */
  private boolean refusing;

  /** How many operations may still be told of failures of before. */
  private int owed;

  /** Whether uploads may have been left in the store. */
  private boolean mayLeaveUploads;

  /** Makes a folder for a round in a bucket that is mounted. */
  ModelRound(BucketContents contents, BucketMount mount) {
    this.emulator = contents.emulator();
    this.bucket = new RoundStore(contents);
    this.mount = mount;
    bucket.makeFolder();
    Path root = mount.path().resolve(contents.folder());
    this.workers =
        IntStream.range(0, RandomSteps.WORKERS).mapToObj(i -> FileWorker.start(root)).toList();
  }

  /** Does the steps; those that make no sense where they are do nothing. */
  void run(List<Step> steps) throws Divergence {
    for (int i = 0; i < steps.size(); i++) {
      try {
        run(steps.get(i));
      } catch (Divergence e) {
        Divergence located =
            new Divergence("step %d, %s: %s".formatted(i, steps.get(i), e.getMessage()));
        located.initCause(e);
        throw located;
      }
    }
    end();
  }

  private void run(Step step) throws Divergence {
    switch (step) {
      case Perform perform -> performAll(List.of(perform));
      case Together together -> performAll(independent(together.operations()));
      case Interrupted interrupted -> interrupt(interrupted);
      case Kill kill -> kill(independent(kill.meanwhile()), kill.millis());
      case Remount() -> remount();
      case Disturb disturb -> {
        emulator.order(disturb.kind(), disturb.fault(), disturb.requests());
        // Of an upload whose answer is lost nobody knows.
        mayLeaveUploads |= disturb.kind().equals("multipart-initiate");
      }
      case Refuse refuse -> {
        emulator.refuse(refuse.kind(), refuse.status(), refuse.code());
        refusing = true;
        mayLeaveUploads = true;
      }
      case RefuseNothing() -> refuseNothing();
      case Overwrite overwrite -> overwrite(overwrite);
      case AppendTogether append -> appendTogether(append);
      case Compare() -> compare();
    }
  }

  private void refuseNothing() {
    emulator.refuseNothing();
    if (refusing) {
      owed = model.handles().size() + 1;
    }
    refusing = false;
  }

  // Operations.

  private boolean isPossible(Perform perform) {
    return switch (perform.operation()) {
      case Open open -> !model.isOpen(open.handle());
      case ByHandle by -> model.isOpen(by.handle());
      default -> true;
    };
  }

  /** Those whose results do not depend on their order. */
  private List<Perform> independent(List<Perform> operations) {
    List<Perform> chosen = new ArrayList<>();
    Set<String> touched = new TreeSet<>();
    Set<Integer> handles = new TreeSet<>();
    for (Perform perform : operations) {
      if (!isPossible(perform)) {
        continue;
      }
      List<String> paths = new ArrayList<>(perform.operation().paths());
      int handle = -1;
      if (perform.operation() instanceof ByHandle by) {
        handle = by.handle();
        String path = model.pathOf(handle);
        if (path == null) {
          continue;
        }
        paths.add(path);
      } else if (perform.operation() instanceof Open open) {
        handle = open.handle();
      }
      if (!handles.contains(handle) && paths.stream().noneMatch(path -> overlaps(path, touched))) {
        chosen.add(perform);
        touched.addAll(paths);
        if (handle >= 0) {
          handles.add(handle);
        }
      }
    }
    return chosen;
  }

  private static boolean overlaps(String path, Set<String> others) {
    return others.stream()
        .anyMatch(
            other -> (path + "/").startsWith(other + "/") || (other + "/").startsWith(path + "/"));
  }

  private int worker(Perform perform) {
    return perform.operation() instanceof ByHandle by
        ? model.worker(by.handle())
        : perform.worker();
  }

  private void performAll(List<Perform> operations) throws Divergence {
    performAll(operations, () -> {});
  }

  private void interrupt(Interrupted step) throws Divergence {
    List<Perform> operations = independent(step.operations());
    Set<Integer> asked = operations.stream().map(this::worker).collect(Collectors.toSet());
    performAll(
        operations,
        () -> {
          pause(step.millis());
          asked.forEach(worker -> workers.get(worker).interrupt());
        });
  }

  private static void pause(int millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Has operations done and judges what came of them.
   *
   * @param meanwhile run once they are asked for
   */
  private void performAll(List<Perform> operations, Runnable meanwhile) throws Divergence {
    List<Perform> possible = operations.stream().filter(this::isPossible).toList();
    if (refusing && possible.stream().anyMatch(this::mayLetGoOfRemoved)) {
      // Whether the deletion that follows fails is told to nobody.
      refuseNothing();
    }
    List<CompletableFuture<String>> results =
        possible.stream()
            .map(perform -> workers.get(worker(perform)).submit(perform.operation().line()))
            .toList();
    meanwhile.run();
    // The first that fails ends the refusals; those beside it met them too.
    boolean refused = refusing;
    for (int i = 0; i < possible.size(); i++) {
      judge(possible.get(i), FileWorker.await(results.get(i)), refused);
    }
  }

  private boolean mayLetGoOfRemoved(Perform perform) {
    return perform.operation() instanceof Close close && model.pathOf(close.handle()) == null;
  }

  private void judge(Perform perform, String result, boolean refused) throws Divergence {
    FileTreeModel before = model.copy();
    int worker = worker(perform);
    Expected expected = model.perform(worker, perform.operation());
    if (result.equals(expected.result())) {
      return;
    }
    boolean excused = FAILURES.contains(result) && (refused || owed > 0);
    if (excused || result.equals(INTERRUPTED)) {
      if (excused && !refused) {
        owed--;
      }
      refuseNothing();
      FileTreeModel after = model;
      model = before;
      failed(worker, perform.operation(), after, excused);
      return;
    }
    if (expected.refusals().contains(result)) {
      model = before;
      refused(perform.operation());
      return;
    }
    throw new Divergence(
        "expected %s%s, got %s"
            .formatted(
                expected.result(),
                expected.refusals().isEmpty() ? "" : " or " + expected.refusals(),
                result));
  }

  /** Something was refused without harm; a closed handle is gone all the same. */
  private void refused(FileOperation operation) {
    if (operation instanceof Close close) {
      model.forgetHandle(close.handle());
    }
  }

  /**
   * The model is as before the operation; finds out what became of it.
   *
   * @param refused whether the store refused it, and not a signal broke it off
   */
  private void failed(int worker, FileOperation operation, FileTreeModel after, boolean refused)
      throws Divergence {
    switch (operation) {
      case Get _, Read _, ListNames _, Stat _, Size _ -> {}
      case Sync sync -> {
        FileTreeModel before = model.copy();
        again(worker, operation);
        String path = before.pathOf(sync.handle());
        if (path != null) {
          settle(List.copyOf(before.formerOf(List.of(path))), before);
        }
      }
      case Resize _ -> again(worker, operation);
      case Write write -> {
        if (refused) {
          // Without it the file is not stored.
          String _ = workers.get(worker).perform(new Close(write.handle()).line());
          closed(write.handle(), after);
        } else {
          writeAgain(worker, write);
        }
      }
      case Close close -> closed(close.handle(), after);
      case Open _, Put _, Append _, Truncate _, Unlink _, MakeDirectory _, RemoveDirectory _ ->
          settle(operation.paths(), after);
      case Rename rename -> settleRename(rename, after);
    }
  }

  private void closed(int handle, FileTreeModel after) throws Divergence {
    String path = model.pathOf(handle);
    model.forgetHandle(handle);
    if (path != null) {
      settle(List.of(path), after);
    }
  }

  private void again(int worker, FileOperation operation) throws Divergence {
    String result = "";
    for (int i = 0; i < TRIES; i++) {
      FileTreeModel before = model.copy();
      Expected expected = model.perform(worker, operation);
      result = workers.get(worker).perform(operation.line());
      if (result.equals(expected.result())) {
        return;
      }
      model = before;
    }
    throw new Divergence("still " + result + " when nothing was refused any more: " + operation);
  }

  /** How much of it was written is not said. */
  private void writeAgain(int worker, Write write) throws Divergence {
    again(worker, new Sync(write.handle()));
    int size = model.contentOf(write.handle()).size();
    String result = workers.get(worker).perform(new Resize(write.handle(), size).line());
    if (!result.equals("ok")) {
      throw new Divergence("cutting off what was written failed with " + result);
    }
    again(worker, write);
  }

  /** Closes what leads to the paths and looks at what they lead to. */
  private Map<String, NameState> settle(List<String> paths, FileTreeModel after) throws Divergence {
    for (FileTreeModel known : List.of(model, after)) {
      for (int handle : known.handlesOf(paths)) {
        if (model.isOpen(handle)) {
          String _ = workers.get(model.worker(handle)).perform(new Close(handle).line());
          model.forgetHandle(handle);
        }
      }
    }
    Set<String> looked = new LinkedHashSet<>(paths);
    // What a file leaves when it is stored may be what could not be deleted, and is there again.
    looked.addAll(model.formerOf(paths));
    looked.addAll(after.formerOf(paths));
    Map<String, NameState> seen = new TreeMap<>();
    for (String path : looked) {
      String found = observed(path);
      Set<NameState> possible = new LinkedHashSet<>();
      possible.add(model.state(path));
      possible.add(after.state(path));
      possible.addAll(model.stored(path));
      possible.addAll(after.stored(path));
      NameState state =
          possible.stream()
              .filter(candidate -> candidate.toString().equals(found))
              .findFirst()
              .orElseGet(() -> begun(after.state(path), found));
      if (state == null) {
        throw new Divergence(
            "%s failed there, and now is %s instead of one of %s".formatted(path, found, possible));
      }
      seen.put(path, state);
    }
    model.mayBeStoredAs(after);
    seen.forEach(model::settle);
    return seen;
  }

  /**
   * Returns what a path leads to that nobody has open any more. The daemon hears of the last close
   * after it has returned; then the mount shows what is stored, but for what was removed while it
   * was open, which the store still has.
   */
  private String observed(String path) throws Divergence {
    long deadline = System.nanoTime() + LAG_NANOS;
    String found = workers.getFirst().perform("observe\t" + path);
    while ((isFile(found) || !model.hasRemovedFiles()) && !bucket.has(path, found)) {
      if (System.nanoTime() - deadline > 0) {
        throw new Divergence(
            path + " failed, is closed, and seems " + found + ", which is not in the store");
      }
      Thread.onSpinWait();
      found = workers.getFirst().perform("observe\t" + path);
    }
    return found;
  }

  private static boolean isFile(String found) {
    return Character.isDigit(found.charAt(0));
  }

  /** The first bytes of what was to be written. */
  private static @Nullable NameState begun(NameState whole, String found) {
    if (whole instanceof Content content && isFile(found)) {
      int size = Integer.parseInt(found.substring(0, found.indexOf(' ')));
      if (size < content.size() && content.resized(size).toString().equals(found)) {
        return content.resized(size);
      }
    }
    return null;
  }

  private void settleRename(Rename rename, FileTreeModel after) throws Divergence {
    FileTreeModel before = model.copy();
    List<String> sources = before.tree(rename.source());
    List<String> paths = new ArrayList<>(sources);
    sources.forEach(path -> paths.add(renamed(path, rename)));
    Map<String, NameState> seen = settle(paths.stream().distinct().toList(), after);
    for (String path : sources) {
      String target = renamed(path, rename);
      boolean kept =
          !seen.get(path).isAbsent()
              || seen.get(target).equals(before.state(path))
              || before.stored(path).contains(seen.get(target));
      if (!kept) {
        throw new Divergence(path + " is neither where it was nor at " + target);
      }
    }
  }

  private static String renamed(String path, Rename rename) {
    return rename.target() + path.substring(rename.source().length());
  }

  // Two at one time.

  private void appendTogether(AppendTogether append) throws Divergence {
    String path = append.path();
    if (refusing
        || owed > 0
        || !model.handlesOf(List.of(path)).isEmpty()
        || model.state(path).isDirectory()) {
      return;
    }
    List<Append> records =
        IntStream.range(0, 2)
            .mapToObj(
                i ->
                    new Append(
                        path, new Pattern(append.record().seed() + i, append.record().length())))
            .toList();
    List<CompletableFuture<String>> results = new ArrayList<>();
    for (int worker = 0; worker < 2; worker++) {
      String line = records.get(worker).line() + "\t" + append.count();
      results.add(workers.get(worker).submit("appendmany" + line.substring(line.indexOf('\t'))));
    }
    List<String> found = results.stream().map(FileWorker::await).toList();
    List<FileTreeModel> orders = interleavings(records, append.count());
    FileTreeModel any = orders.getFirst();
    NameState before = model.state(path);
    if (any.state(path).equals(before) && (append.record().length() > 0 || before.isAbsent())) {
      // The path cannot be written.
      return;
    }
    if (found.contains(INTERRUPTED)) {
      // How many records are there is not said.
      String _ = workers.getFirst().perform(new Unlink(path).line());
      model.forget(path);
      return;
    }
    if (!found.equals(List.of("ok", "ok"))) {
      throw new Divergence("appending from two processes gave " + found);
    }
    String now = workers.getLast().perform("observe\t" + path);
    model =
        orders.stream()
            .filter(order -> order.state(path).toString().equals(now))
            .findFirst()
            .orElseThrow(
                () ->
                    new Divergence(
                        "two appended, and it is in no order: %s, which the store %s"
                            .formatted(now, bucket.has(path, now) ? "has" : "has not")));
  }

  private List<FileTreeModel> interleavings(List<Append> records, int count) {
    List<FileTreeModel> done = new ArrayList<>();
    for (int order = 0; order < 1 << (2 * count); order++) {
      if (Integer.bitCount(order) == count) {
        FileTreeModel next = model.copy();
        for (int i = 0; i < 2 * count; i++) {
          int worker = order >> i & 1;
          Expected _ = next.perform(worker, records.get(worker));
        }
        done.add(next);
      }
    }
    return done;
  }

  private void overwrite(Overwrite overwrite) throws Divergence {
    String path = overwrite.path();
    int slash = path.lastIndexOf('/');
    boolean possible =
        !model.isUnsettled(path)
            && !model.hasRemovedFiles()
            && !model.wasStreamed(path)
            && !refusing
            && overwrite.data().length() <= MOST_ELSEWHERE
            && !model.state(path).isDirectory()
            && (slash < 0 || model.state(path.substring(0, slash)).isDirectory());
    if (!possible) {
      return;
    }
    String old = model.state(path).isAbsent() ? "ENOENT" : model.state(path).toString();
    List<CompletableFuture<String>> reads =
        overwrite.readers().stream()
            .map(reader -> workers.get(reader).submit(new Get(path).line()))
            .toList();
    bucket.put(path, overwrite.data().bytes());
    Content content = overwrite.content();
    model.replacedElsewhere(path, content);
    for (CompletableFuture<String> read : reads) {
      String found = FileWorker.await(read);
      if (!List.of(old, content.toString(), "ESTALE", INTERRUPTED).contains(found)) {
        throw new Divergence(
            "read %s while it changed from %s to %s".formatted(found, old, content));
      }
    }
  }

  // Ends and beginnings.

  private void closeAll() throws Divergence {
    for (int handle : model.handles()) {
      performAll(List.of(new Perform(0, new Close(handle))));
    }
  }

  private void remount() throws Divergence {
    refuseNothing();
    closeAll();
    mount.unmount();
    mount.mount();
    restart(List.of());
  }

  private void kill(List<Perform> operations, int millis) throws Divergence {
    mayLeaveUploads = true;
    List<CompletableFuture<String>> results =
        operations.stream()
            .map(perform -> workers.get(worker(perform)).submit(perform.operation().line()))
            .toList();
    pause(operations.isEmpty() ? 0 : millis);
    mount.kill();
    List<Rename> renames = new ArrayList<>();
    for (int i = 0; i < operations.size(); i++) {
      String result = FileWorker.await(results.get(i));
      FileTreeModel before = model.copy();
      Expected expected = model.perform(worker(operations.get(i)), operations.get(i).operation());
      if (result.equals("HANG")) {
        throw new Divergence(operations.get(i) + " hangs on a dead daemon");
      }
      if (!result.equals(expected.result())) {
        FileTreeModel after = model;
        model = before;
        model.mayBeStoredAs(after);
        if (operations.get(i).operation() instanceof Rename rename) {
          renames.add(rename);
        }
      }
    }
    emulator.refuseNothing();
    refusing = false;
    owed = 0;
    for (FileWorker worker : workers) {
      String _ = worker.perform("reset");
    }
    mount.mount();
    restart(renames);
  }

  /** Compares a store nobody writes to with what it may hold, and goes on from there. */
  private void restart(List<Rename> interrupted) throws Divergence {
    Map<String, NameState> seen = bucket.seen(model);
    for (Rename rename : interrupted) {
      for (String path : model.tree(rename.source())) {
        Set<NameState> content = new LinkedHashSet<>(model.stored(path));
        boolean kept =
            content.contains(Fixed.ABSENT)
                || content.contains(seen.getOrDefault(path, Fixed.ABSENT))
                || content.contains(seen.getOrDefault(renamed(path, rename), Fixed.ABSENT));
        if (!kept) {
          throw new Divergence(path + " is neither where it was nor at " + rename.target());
        }
      }
    }
    model.restart(seen);
    owed = 0;
    compare();
  }

  private void end() throws Divergence {
    refuseNothing();
    closeAll();
    compare();
    bucket.await(model, System.nanoTime() + LAG_NANOS);
    if (!mayLeaveUploads) {
      bucket.assertNoUploads();
    }
  }

  /** The mount shows every path with what it leads to. */
  private void compare() throws Divergence {
    if (refusing) {
      return;
    }
    String walked = workers.getFirst().perform("walk");
    StringBuilder expected = new StringBuilder();
    model
        .states()
        .forEach(
            (path, state) ->
                expected.append(expected.isEmpty() ? "" : "\t").append(path + "\t" + state));
    String all = expected.isEmpty() ? "ok" : expected.toString();
    if (!walked.equals(all) && !mayBeBusy(walked)) {
      throw new Divergence(
          "the tree should be\n%s\nand is\n%s"
              .formatted(all.replace('\t', '\n'), walked.replace('\t', '\n')));
    }
  }

  private boolean mayBeBusy(String walked) {
    return walked.equals("EBUSY") && model.states().keySet().stream().anyMatch(model::wasStreamed);
  }

  @Override
  public void close() {
    workers.forEach(FileWorker::close);
    emulator.refuseNothing();
    bucket.clear();
  }
}
