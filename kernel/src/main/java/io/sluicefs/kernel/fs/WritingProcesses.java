// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The processes that opened a handle or wrote to it. Linux flushes a handle whenever a process
 * closes a descriptor of it, be it one that only inherited it: the children a program starts while
 * it writes must not publish what it has written so far. Thread-safe.
 */
final class WritingProcesses {
  private static final int MAX_THREADS = 1024;
  private static final String PROCESS = "Tgid:";
  private static final String INODE = "ino:";

  /** Thread numbers, by which Linux names callers. */
  private final Set<Integer> threads = ConcurrentHashMap.newKeySet();

  private final Set<Integer> processes = ConcurrentHashMap.newKeySet();
  private volatile int last;

  WritingProcesses(int opener) {
    if (opener != 0) {
      add(opener);
    }
  }

  /** Writes down who it is. */
  void write(DataOutput to) throws IOException {
    Set<Integer> all = new HashSet<>(threads);
    all.addAll(processes);
    to.writeInt(all.size());
    for (int thread : all) {
      to.writeInt(thread);
    }
  }

  /** Returns those that {@link #write} wrote down. */
  static WritingProcesses read(DataInput from) throws IOException {
    WritingProcesses all = new WritingProcesses(0);
    for (int left = from.readInt(); left > 0; left--) {
      all.add(from.readInt());
    }
    return all;
  }

  /** Notes that a thread wrote. */
  void wrote(int thread) {
    if (thread != last) {
      add(thread);
    }
  }

  private void add(int thread) {
    last = thread;
    if (threads.size() < MAX_THREADS && threads.add(thread)) {
      processes.add(processOf(thread));
    }
  }

  /** Returns whether a thread is of a process that opened or wrote, as far as one can tell. */
  boolean contains(int thread) {
    return threads.contains(thread) || processes.contains(processOf(thread));
  }

  /**
   * Returns whether a thread's process has a descriptor of a file of this name and inode number;
   * the one that is being closed is none of them any more.
   */
  static boolean hasDescriptor(int thread, String name, long inode) {
    Path process = Path.of("/proc/" + thread);
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        if (leadsTo(descriptor, name)
            && isInode(process.resolve("fdinfo").resolve(descriptor.getFileName()), inode)) {
          return true;
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return false;
    }
    return false;
  }

  private static boolean leadsTo(Path descriptor, String name) {
    try {
      return Files.readSymbolicLink(descriptor).endsWith(name);
    } catch (IOException e) {
      // It was closed meanwhile.
      return false;
    }
  }

  /**
   * Returns whether a descriptor is of an inode, as far as Linux tells it without asking the file
   * system, which is this one; Linux before 5.14 does not tell.
   */
  private static boolean isInode(Path information, long inode) {
    try {
      for (String line : Files.readAllLines(information)) {
        if (line.startsWith(INODE)) {
          return line.substring(INODE.length()).strip().equals(Long.toUnsignedString(inode));
        }
      }
      return true;
    } catch (IOException e) {
      // It was closed meanwhile.
      return false;
    }
  }

  /** Returns the process of a thread; the thread itself if it is gone or of another namespace. */
  private static int processOf(int thread) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/" + thread + "/status"))) {
        if (line.startsWith(PROCESS)) {
          return Integer.parseInt(line.substring(PROCESS.length()).strip());
        }
      }
    } catch (IOException | NumberFormatException e) {
      return thread;
    }
    return thread;
  }
}
