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
import io.sluicefs.distribution.NameState.Content;
import io.sluicefs.distribution.NameState.Fixed;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a mount promises, in memory: what each operation returns, and for each path what the store
 * may hold. Where nothing was acknowledged since, that is more than one state: what was
 * acknowledged last, or what the file has been since.
 */
final class FileTreeModel {
  /** What is expected of an operation: one result, or one of those that change nothing. */
  record Expected(String result, Set<String> refusals) {
    static Expected of(String result) {
      return new Expected(result, Set.of());
    }
  }

  /** What a path leads to by which programs may know it. */
  private record Handle(int file, int worker, Mode mode) {}

  /**
   * A file, under a name or open.
   *
   * @param changed whether the store may not have it as it is
   * @param large whether it was larger than a part while it was changed, so that parts were sent
   * @param detached whether its name leads elsewhere, so that who reads it may be refused
   * @param former paths it had that it leaves when it is stored
   */
  private record OpenedFile(
      Content content, boolean changed, boolean large, boolean detached, Set<String> former) {
    static OpenedFile stored(Content content) {
      return new OpenedFile(content, false, false, false, Set.of());
    }

    OpenedFile changedTo(Content next, int partSize) {
      boolean grown = large || next.size() > partSize || content.size() > partSize;
      return new OpenedFile(next, true, grown, detached, former);
    }

    OpenedFile leaving(String path) {
      Set<String> paths = new HashSet<>(former);
      paths.add(path);
      return new OpenedFile(content, changed, large, detached, paths);
    }

    OpenedFile cutOff() {
      return new OpenedFile(content, changed, large, true, former);
    }
  }

  private static final int DIRECTORY = 0;

  /** A file of one part is never sent before it is stored. */
  private final int partSize;

  private final TreeMap<String, Integer> names;
  private final Map<Integer, OpenedFile> files;
  private final Map<Integer, Handle> handles;
  private final TreeMap<String, Set<NameState>> stored;

  /** Paths of which the store may for a while hold anything that was ever sent there. */
  private final Set<String> streamed;

  private int lastFile;

  FileTreeModel(int partSize) {
    this(partSize, Map.of(), Map.of(), Map.of(), Map.of(), Set.of(), 0);
  }

  private FileTreeModel(
      int partSize,
      Map<String, Integer> names,
      Map<Integer, OpenedFile> files,
      Map<Integer, Handle> handles,
      Map<String, Set<NameState>> stored,
      Set<String> streamed,
      int lastFile) {
    this.partSize = partSize;
    this.names = new TreeMap<>(names);
    this.files = new HashMap<>(files);
    this.handles = new HashMap<>(handles);
    this.stored = new TreeMap<>(stored);
    this.streamed = new HashSet<>(streamed);
    this.lastFile = lastFile;
  }

  FileTreeModel copy() {
    return new FileTreeModel(partSize, names, files, handles, stored, streamed, lastFile);
  }

  // What is known of it.

  boolean isOpen(int handle) {
    return handles.containsKey(handle);
  }

  /** Which process has a handle. */
  int worker(int handle) {
    return handles.get(handle).worker;
  }

  Set<Integer> handles() {
    return Set.copyOf(handles.keySet());
  }

  /** The handles of the files that have these paths, or had them when they were removed. */
  List<Integer> handlesOf(Collection<String> paths) {
    Set<Integer> wanted =
        paths.stream().map(names::get).filter(file -> file != null).collect(Collectors.toSet());
    return handles.entrySet().stream()
        .filter(entry -> wanted.contains(entry.getValue().file))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The paths that files had before they got these, where they leave something until stored. */
  Set<String> formerOf(Collection<String> paths) {
    return paths.stream()
        .map(names::get)
        .filter(file -> file != null && file != DIRECTORY)
        .flatMap(file -> files.get(file).former.stream())
        .filter(former -> !names.containsKey(former))
        .collect(Collectors.toSet());
  }

  /** The path of an open file; null if it was removed. */
  @Nullable String pathOf(int handle) {
    int file = handles.get(handle).file;
    return names.entrySet().stream()
        .filter(entry -> entry.getValue() == file)
        .map(Map.Entry::getKey)
        .findAny()
        .orElse(null);
  }

  Content contentOf(int handle) {
    return file(handle).content;
  }

  /** Returns whether a file that has no name any more is open. */
  boolean hasRemovedFiles() {
    return handles.keySet().stream().anyMatch(handle -> pathOf(handle) == null);
  }

  /** Whether a program is writing the file, or it is otherwise not known to be stored as it is. */
  boolean isUnsettled(String path) {
    Integer file = names.get(path);
    return file != null
        && file != DIRECTORY
        && (files.get(file).changed
            || handles.values().stream().anyMatch(h -> h.file == file && h.mode.writes()));
  }

  NameState state(String path) {
    Integer file = names.get(path);
    if (file == null) {
      return Fixed.ABSENT;
    }
    return file == DIRECTORY ? Fixed.DIRECTORY : files.get(file).content;
  }

  Map<String, NameState> states() {
    return names.keySet().stream()
        .collect(Collectors.toMap(path -> path, this::state, (a, b) -> a, TreeMap::new));
  }

  /** Every path that may be in the store. */
  Set<String> everStored() {
    return Set.copyOf(stored.keySet());
  }

  Set<NameState> stored(String path) {
    return stored.getOrDefault(path, Set.of(Fixed.ABSENT));
  }

  /**
   * Whether the store may have a file below a path, which then is a directory: one that was moved
   * away leaves its former object until it is stored.
   */
  boolean mayHoldFiles(String path) {
    return stored.entrySet().stream()
        .anyMatch(
            entry ->
                entry.getKey().startsWith(path + "/")
                    && entry.getValue().stream().anyMatch(Content.class::isInstance));
  }

  /** Whether parts were sent under a path for a file that is not stored. */
  boolean wasStreamed(String path) {
    return streamed.contains(path);
  }

  /** The path and all below it. */
  List<String> tree(String path) {
    return names.keySet().stream()
        .filter(name -> name.equals(path) || name.startsWith(path + "/"))
        .toList();
  }

  // What happens to it.

  /** Does an operation and returns what it is expected to return. */
  Expected perform(int worker, FileOperation operation) {
    return switch (operation) {
      case Open open -> open(worker, open);
      case Close close -> close(close.handle());
      case Write write -> write(write);
      case Read read -> read(read);
      case Resize resize -> resize(resize);
      case Sync sync -> sync(sync.handle());
      case Size size -> Expected.of(Integer.toString(file(size.handle()).content.size()));
      case Put put -> put(worker, put);
      case Append append -> append(worker, append);
      case Get get -> get(get.path());
      case Truncate truncate -> truncate(truncate);
      case Rename rename -> rename(rename.source(), rename.target());
      case Unlink unlink -> unlink(unlink.path());
      case MakeDirectory make -> makeDirectory(make.path());
      case RemoveDirectory remove -> removeDirectory(remove.path());
      case ListNames list -> list(list.path());
      case Stat stat -> stat(stat.path());
    };
  }

  private @Nullable String unreachable(String path) {
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      NameState state = state(path.substring(0, slash));
      if (!state.isDirectory()) {
        return state.isAbsent() ? "ENOENT" : "ENOTDIR";
      }
    }
    return null;
  }

  private OpenedFile file(int handle) {
    return files.get(handles.get(handle).file);
  }

  private boolean isOpenFile(int file) {
    return handles.values().stream().anyMatch(handle -> handle.file == file);
  }

  private static boolean isErrno(String result) {
    return result.startsWith("E");
  }

  /** Finds or makes the file a path is opened as; an errno if that cannot be. */
  private String opened(String path, Mode mode) {
    String unreachable = unreachable(path);
    if (unreachable != null) {
      return unreachable;
    }
    NameState state = state(path);
    if (state.isDirectory()) {
      return mode.isExclusive() ? "EEXIST" : "EISDIR";
    }
    if (state.isAbsent()) {
      if (!mode.creates()) {
        return "ENOENT";
      }
      cutOffRemoved(path);
      names.put(path, ++lastFile);
      files.put(lastFile, new OpenedFile(Content.EMPTY, true, false, false, Set.of()));
      mayBeStored(path, Content.EMPTY);
      return "ok";
    }
    if (mode.isExclusive()) {
      return "EEXIST";
    }
    if (mode.truncates()) {
      change(names.get(path), Content.EMPTY);
    }
    return "ok";
  }

  /** A name is used again: who still has a removed file of that name open may lose its bytes. */
  private void cutOffRemoved(String path) {
    files.replaceAll(
        (number, file) ->
            !names.containsValue(number)
                    && file.former.stream()
                        .anyMatch(name -> name.equals(path) || name.startsWith(path + "/"))
                ? file.cutOff()
                : file);
  }

  private Expected open(int worker, Open open) {
    String result = opened(open.path(), open.mode());
    if (!isErrno(result)) {
      handles.put(open.handle(), new Handle(names.get(open.path()), worker, open.mode()));
    }
    return new Expected(result, open.mode().writes() ? busy(open.path()) : Set.of());
  }

  /** EBUSY where a file of which parts were sent is, or was. */
  private Set<String> busy(String path) {
    Integer file = names.get(path);
    boolean large = file != null && file != DIRECTORY && files.get(file).large;
    return large || streamed.contains(path) ? Set.of("EBUSY") : Set.of();
  }

  private void change(int file, Content next) {
    OpenedFile before = files.get(file);
    files.put(file, before.changedTo(next, partSize));
    pathsOf(file)
        .forEach(
            path -> {
              mayBeStored(path, next);
              if (files.get(file).large) {
                streamed.add(path);
              }
            });
  }

  private List<String> pathsOf(int file) {
    return names.entrySet().stream()
        .filter(entry -> entry.getValue() == file)
        .map(Map.Entry::getKey)
        .toList();
  }

  private void mayBeStored(String path, NameState state) {
    Set<NameState> states = new LinkedHashSet<>(stored(path));
    states.add(state);
    stored.put(path, states);
  }

  private void isStored(String path, NameState state) {
    stored.put(path, Set.of(state));
    streamed.remove(path);
  }

  /** The store has a file as it is. */
  private void acknowledge(int file) {
    OpenedFile stored = files.get(file);
    for (String path : pathsOf(file)) {
      isStored(path, stored.content);
      for (String former : stored.former) {
        if (!names.containsKey(former)) {
          isStored(former, Fixed.ABSENT);
        }
      }
      files.put(file, OpenedFile.stored(stored.content));
    }
  }

  private Expected close(int number) {
    Handle handle = handles.remove(number);
    OpenedFile file = files.get(handle.file);
    boolean leftToNext = file.content.size() == 0 && isOpenFile(handle.file);
    if (handle.mode.writes() && file.changed && !leftToNext) {
      acknowledge(handle.file);
    }
    return new Expected("ok", file.detached ? Set.of("ESTALE", "EBUSY") : Set.of());
  }

  private Expected sync(int number) {
    OpenedFile file = file(number);
    if (file.changed) {
      acknowledge(handles.get(number).file);
    }
    return new Expected("ok", file.detached ? Set.of("ESTALE", "EBUSY") : Set.of());
  }

  private Expected write(Write write) {
    Handle handle = handles.get(write.handle());
    OpenedFile file = files.get(handle.file);
    if (write.data().length() == 0) {
      return Expected.of("ok");
    }
    if (!handle.mode.writes()) {
      return Expected.of("EBADF");
    }
    int offset = handle.mode.appends() ? file.content.size() : write.offset();
    change(handle.file, file.content.with(offset, write.data().bytes()));
    return new Expected("ok", refusalsOf(file));
  }

  /** What may be refused because the store has it no more, or memory. */
  private static Set<String> refusalsOf(OpenedFile file) {
    if (file.detached) {
      return Set.of("ESTALE", "EBUSY");
    }
    return file.large && file.changed ? Set.of("EBUSY") : Set.of();
  }

  private Expected read(Read read) {
    Handle handle = handles.get(read.handle());
    OpenedFile file = files.get(handle.file);
    if (!handle.mode.reads()) {
      return new Expected("EBADF", Set.of(file.content.range(0, 0)));
    }
    return new Expected(file.content.range(read.offset(), read.length()), refusalsOf(file));
  }

  private Expected resize(Resize resize) {
    Handle handle = handles.get(resize.handle());
    if (!handle.mode.writes()) {
      return Expected.of("EINVAL");
    }
    OpenedFile file = files.get(handle.file);
    if (file.content.size() != resize.size()) {
      change(handle.file, file.content.resized(resize.size()));
    }
    return new Expected("ok", refusalsOf(file));
  }

  private Expected put(int worker, Put put) {
    Set<String> refusals = busy(put.path());
    String result = opened(put.path(), Mode.TRUNCATE);
    if (!isErrno(result)) {
      change(names.get(put.path()), new Content(put.data().bytes()));
      closedBy(worker, put.path());
    }
    return new Expected(result, refusals);
  }

  private Expected append(int worker, Append append) {
    Set<String> refusals = busy(append.path());
    String result = opened(append.path(), Mode.APPEND);
    if (!isErrno(result)) {
      int file = names.get(append.path());
      Content content = files.get(file).content;
      if (append.data().length() > 0) {
        change(file, content.with(content.size(), append.data().bytes()));
      }
      closedBy(worker, append.path());
    }
    return new Expected(result, refusals);
  }

  /** A descriptor of a path was opened for writing and closed. */
  private void closedBy(int worker, String path) {
    int file = names.get(path);
    boolean leftToNext =
        files.get(file).content.size() == 0
            && handles.values().stream().anyMatch(h -> h.file == file && h.worker == worker);
    if (files.get(file).changed && !leftToNext) {
      acknowledge(file);
    }
  }

  private Expected get(String path) {
    String unreachable = unreachable(path);
    if (unreachable != null) {
      return Expected.of(unreachable);
    }
    return switch (state(path)) {
      case Content content -> new Expected(content.toString(), busy(path));
      case Fixed fixed -> Expected.of(fixed.isDirectory() ? "EISDIR" : "ENOENT");
    };
  }

  private Expected truncate(Truncate truncate) {
    Set<String> refusals = busy(truncate.path());
    String unreachable = unreachable(truncate.path());
    if (unreachable != null) {
      return Expected.of(unreachable);
    }
    if (!(state(truncate.path()) instanceof Content content)) {
      return Expected.of(state(truncate.path()).isAbsent() ? "ENOENT" : "EISDIR");
    }
    int file = names.get(truncate.path());
    if (content.size() != truncate.size()) {
      change(file, content.resized(truncate.size()));
      if (!isOpenFile(file)) {
        acknowledge(file);
      }
    }
    return new Expected("ok", refusals);
  }

  private Expected rename(String source, String target) {
    String refusal = refusedRename(source, target);
    if (refusal != null) {
      return Expected.of(refusal);
    }
    if (source.equals(target)) {
      return Expected.of("ok");
    }
    Set<String> refusals = new HashSet<>(busy(target));
    for (String path : tree(source)) {
      refusals.addAll(busy(path));
      refusals.addAll(busy(target + path.substring(source.length())));
    }
    cutOffRemoved(target);
    Integer replaced = names.remove(target);
    if (replaced != null && replaced != DIRECTORY) {
      files.put(replaced, files.get(replaced).cutOff());
    }
    for (String path : tree(source)) {
      move(path, target + path.substring(source.length()));
    }
    return new Expected("ok", refusals);
  }

  private @Nullable String refusedRename(String source, String target) {
    String unreachable = unreachable(source);
    unreachable = unreachable == null ? unreachable(target) : unreachable;
    NameState from = state(source);
    if (unreachable != null || from.isAbsent()) {
      return unreachable != null ? unreachable : "ENOENT";
    }
    if (target.startsWith(source + "/")) {
      return "EINVAL";
    }
    if (source.startsWith(target + "/")) {
      return "ENOTEMPTY";
    }
    NameState to = state(target);
    if (to.isAbsent() || source.equals(target)) {
      return null;
    }
    if (from.isDirectory()) {
      if (!to.isDirectory()) {
        return "ENOTDIR";
      }
      return tree(target).size() > 1 ? "ENOTEMPTY" : null;
    }
    return to.isDirectory() ? "EISDIR" : null;
  }

  private void move(String path, String target) {
    int moved = names.remove(path);
    names.put(target, moved);
    if (moved == DIRECTORY) {
      isStored(path, Fixed.ABSENT);
      isStored(target, Fixed.DIRECTORY);
      return;
    }
    OpenedFile file = files.get(moved);
    if (!file.changed && file.former.isEmpty()) {
      isStored(path, Fixed.ABSENT);
      isStored(target, file.content);
      return;
    }
    // The object moves at once or when the file is stored.
    Set<NameState> states = new LinkedHashSet<>(stored(target));
    states.addAll(stored(path));
    states.add(Fixed.ABSENT);
    states.add(file.content);
    stored.put(target, states);
    mayBeStored(path, Fixed.ABSENT);
    if (file.large) {
      streamed.add(target);
    }
    files.put(moved, file.leaving(path));
  }

  private Expected unlink(String path) {
    String unreachable = unreachable(path);
    NameState state = state(path);
    if (unreachable != null || state.isAbsent()) {
      return Expected.of(unreachable != null ? unreachable : "ENOENT");
    }
    if (state.isDirectory()) {
      return Expected.of("EISDIR");
    }
    int file = names.remove(path);
    if (isOpenFile(file)) {
      // The object goes with the last handle, or when the name is used again.
      mayBeStored(path, Fixed.ABSENT);
      files.put(file, files.get(file).leaving(path));
    } else {
      isStored(path, Fixed.ABSENT);
    }
    return new Expected("ok", Set.of());
  }

  private Expected makeDirectory(String path) {
    String unreachable = unreachable(path);
    if (unreachable != null) {
      return Expected.of(unreachable);
    }
    if (!state(path).isAbsent()) {
      return Expected.of("EEXIST");
    }
    Set<String> refusals = busy(path);
    cutOffRemoved(path);
    names.put(path, DIRECTORY);
    isStored(path, Fixed.DIRECTORY);
    return new Expected("ok", refusals);
  }

  private Expected removeDirectory(String path) {
    String unreachable = unreachable(path);
    NameState state = state(path);
    if (unreachable != null || state.isAbsent()) {
      return Expected.of(unreachable != null ? unreachable : "ENOENT");
    }
    if (!state.isDirectory()) {
      return Expected.of("ENOTDIR");
    }
    if (tree(path).size() > 1) {
      return Expected.of("ENOTEMPTY");
    }
    names.remove(path);
    isStored(path, Fixed.ABSENT);
    return Expected.of("ok");
  }

  private Expected list(String path) {
    String unreachable = unreachable(path);
    NameState state = state(path);
    if (unreachable != null || state.isAbsent()) {
      return Expected.of(unreachable != null ? unreachable : "ENOENT");
    }
    if (!state.isDirectory()) {
      return Expected.of("ENOTDIR");
    }
    return Expected.of(
        tree(path).stream()
            .filter(name -> !name.equals(path))
            .map(name -> name.substring(path.length() + 1))
            .filter(name -> name.indexOf('/') < 0)
            .sorted()
            .collect(Collectors.joining("|", "[", "]")));
  }

  private Expected stat(String path) {
    String unreachable = unreachable(path);
    if (unreachable != null) {
      return Expected.of(unreachable);
    }
    return Expected.of(
        switch (state(path)) {
          case Content content -> Integer.toString(content.size());
          case Fixed fixed -> fixed.isDirectory() ? "directory" : "ENOENT";
        });
  }

  // What happens to it from outside, or by half.

  /** Forgets a handle, as of a process that has ended. */
  void forgetHandle(int handle) {
    handles.remove(handle);
  }

  /** A file was removed of which it is not known what it was. */
  void forget(String path) {
    names.remove(path);
    isStored(path, Fixed.ABSENT);
  }

  /** Another host replaced the object of a file. */
  void replacedElsewhere(String path, Content content) {
    Integer file = names.get(path);
    if (file != null) {
      files.put(file, files.get(file).cutOff());
    }
    names.put(path, ++lastFile);
    files.put(lastFile, OpenedFile.stored(content));
    isStored(path, content);
  }

  /** The store may have what it may have according to another model, too. */
  void mayBeStoredAs(FileTreeModel other) {
    for (String path : other.stored.keySet()) {
      for (NameState state : other.stored(path)) {
        if (!stored(path).contains(state)) {
          mayBeStored(path, state);
        }
      }
    }
    streamed.addAll(other.streamed);
  }

  /** A path was seen to lead to a state, which it may have taken; the store may still lag. */
  void settle(String path, NameState state) {
    NameState before = state(path);
    if (!before.equals(state)) {
      switch (state) {
        case Content content -> {
          names.put(path, ++lastFile);
          files.put(lastFile, new OpenedFile(content, true, false, false, Set.of()));
        }
        case Fixed fixed -> {
          names.remove(path);
          if (fixed.isDirectory()) {
            names.put(path, DIRECTORY);
          }
        }
      }
    }
    mayBeStored(path, state);
  }

  /** Nothing is open, and the store was seen to hold this, which is all there is. */
  void restart(Map<String, NameState> seen) {
    names.clear();
    files.clear();
    handles.clear();
    stored.clear();
    streamed.clear();
    seen.forEach(
        (path, state) -> {
          settle(path, state);
          isStored(path, state);
          Integer file = names.get(path);
          if (file != null && file != DIRECTORY) {
            files.put(file, OpenedFile.stored(files.get(file).content));
          }
        });
  }
}
