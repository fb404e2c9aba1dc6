// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.namespace.NamespaceOptions;
import io.sluicefs.kernel.write.WrittenFile;
import io.sluicefs.kernel.write.WrittenState;
import io.sluicefs.spi.transport.Transport;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A file system as one process leaves it to another: the inodes Linux knows, files that are being
 * written, handles, and objects that wait to be removed. Locks are not in it: Linux keeps them.
 */
public final class FileSystemState {
  /**
   * A file that is being written.
   *
   * @param handles how many handles share it
   */
  private record Written(Inode inode, WrittenState state, int handles) {}

  private final Namespace namespace;
  private final List<Written> written;
  private final int[] fileNumbers;
  private final List<FileHandle.Left> files;
  private final int[] directoryNumbers;
  private final List<DirectoryHandle> directories;
  private final Removals.Left removals;

  private FileSystemState(
      Namespace namespace,
      List<Written> written,
      int[] fileNumbers,
      List<FileHandle.Left> files,
      int[] directoryNumbers,
      List<DirectoryHandle> directories,
      Removals.Left removals) {
    this.namespace = namespace;
    this.written = written;
    this.fileNumbers = fileNumbers;
    this.files = files;
    this.directoryNumbers = directoryNumbers;
    this.directories = directories;
    this.removals = removals;
  }

  static void write(
      DataOutput to,
      Duration within,
      Namespace namespace,
      OpenFiles files,
      OpenDirectories directories,
      Removals removals)
      throws IOException, InterruptedException {
    List<Inode> changed = new ArrayList<>();
    namespace.forEach(
        inode -> {
          if (inode.content() instanceof WrittenFile) {
            changed.add(inode);
          }
        });
    // First what may fail, and what may still be told of a file that was just stored.
    List<WrittenFile> contents = new ArrayList<>();
    List<WrittenState> states = new ArrayList<>();
    for (Inode inode : changed) {
      if (inode.content() instanceof WrittenFile content) {
        contents.add(content);
        states.add(content.leave(within));
      }
    }
    Map<WrittenFile, Integer> handles = files.handlesOfWritten();
    namespace.write(to);
    to.writeInt(contents.size());
    for (int i = 0; i < contents.size(); i++) {
      WrittenFile content = contents.get(i);
      to.writeLong(changed.get(i).number());
      to.writeInt(handles.getOrDefault(content, 0));
      states.get(i).write(to);
    }
    files.write(to);
    directories.write(to);
    removals.write(to, contents);
  }

  /**
   * Reads what {@link SluiceFileSystem#leave} wrote.
   *
   * @param since how long ago that was
   * @param transport of the bucket, borrowed
   * @throws IOException if it cannot be understood
   */
  public static FileSystemState read(
      DataInput from, Duration since, Transport transport, String prefix, NamespaceOptions options)
      throws IOException {
    Namespace namespace = Namespace.read(from, since, transport, prefix, options);
    List<Written> written = new ArrayList<>();
    for (int left = from.readInt(); left > 0; left--) {
      long number = from.readLong();
      int handles = from.readInt();
      WrittenState state = WrittenState.read(from);
      Inode inode = namespace.inode(number);
      if (inode == null) {
        throw new IOException("inode " + number + " of " + state.key() + " is missing");
      }
      written.add(new Written(inode, state, handles));
    }
    int[] fileNumbers = Slots.read(from);
    List<FileHandle.Left> files = new ArrayList<>();
    for (int left = from.readInt(); left > 0; left--) {
      FileHandle.Left handle = FileHandle.Left.read(from);
      if (namespace.inode(handle.inode()) == null) {
        throw new IOException("inode " + handle.inode() + " of an open file is missing");
      }
      files.add(handle);
    }
    int[] directoryNumbers = Slots.read(from);
    List<DirectoryHandle> directories = new ArrayList<>();
    for (int left = from.readInt(); left > 0; left--) {
      directories.add(DirectoryHandle.read(from, since, namespace));
    }
    Removals.Left removals = Removals.Left.read(from, namespace);
    return new FileSystemState(
        namespace, written, fileNumbers, files, directoryNumbers, directories, removals);
  }

  Namespace namespace() {
    return namespace;
  }

  /** Returns the staging files of the files that are being written. */
  public List<String> stagedFiles() {
    return written.stream()
        .map(file -> file.state().stagedFile())
        .flatMap(Optional::stream)
        .toList();
  }

  void restore(OpenFiles openFiles, OpenDirectories openDirectories, Removals waiting)
      throws IOException {
    List<WrittenFile> contents = new ArrayList<>();
    for (Written file : written) {
      contents.add(openFiles.restore(file.inode(), file.state(), file.handles()));
    }
    openFiles.restore(fileNumbers, files);
    openDirectories.restore(directoryNumbers, directories);
    waiting.restore(removals, contents);
  }
}
