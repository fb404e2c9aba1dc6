// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The form in which one process writes a tree down for another: the inodes Linux knows by number,
 * parents first, and what only the mount knows of names. Times are ages. Listings are not in it.
 */
final class NamespaceForm {
  // What an inode has beside its name.
  private static final int DETACHED = 1;
  private static final int LINKED = 1 << 1;
  private static final int OPENED = 1 << 2;
  private static final int HAS_VERSION = 1 << 3;
  private static final int HAS_TARGET = 1 << 4;
  private static final int HAS_MODE = 1 << 5;
  private static final int HAS_UID = 1 << 6;
  private static final int HAS_GID = 1 << 7;
  private static final int HAS_TIME = 1 << 8;

  private NamespaceForm() {}

  static void write(
      DataOutput to, InodeTable inodes, HiddenKeys hidden, long mountedMillis, long now)
      throws IOException {
    to.writeLong(mountedMillis);
    int[] uses = inodes.uses();
    to.writeInt(uses.length);
    for (int count : uses) {
      to.writeInt(count);
    }
    List<Inode> all = parentsFirst(inodes);
    to.writeInt(all.size());
    for (Inode inode : all) {
      write(to, inode, now);
    }
    List<Inode> knowing =
        all.stream().filter(inode -> inode.isDirectory() && local(inode) != null).toList();
    to.writeInt(knowing.size());
    for (Inode inode : knowing) {
      to.writeLong(inode.number());
      inode.directory().localOrNew().write(to, now);
    }
    List<String> keys = hidden.all();
    to.writeInt(keys.size());
    for (String key : keys) {
      to.writeUTF(key);
    }
  }

  private static @Nullable LocalNames local(Inode inode) {
    return inode.directory().local();
  }

  private static List<Inode> parentsFirst(InodeTable inodes) {
    List<Inode> all = new ArrayList<>(inodes.size());
    BitSet done = new BitSet();
    inodes.forEach(
        inode -> {
          Deque<Inode> above = new ArrayDeque<>();
          for (Inode at = inode; !done.get((int) at.number()); at = at.parent()) {
            done.set((int) at.number());
            above.push(at);
          }
          all.addAll(above);
        });
    return all;
  }

  private static void write(DataOutput to, Inode inode, long now) throws IOException {
    ObjectVersion version = inode.versionOrNull();
    SetAttributes set = inode.setAttributes();
    boolean isRoot = inode.parent() == inode;
    boolean linked = !isRoot && inode.parent().directory().children().get(inode.name()) == inode;
    int has =
        (inode.isDetached() ? DETACHED : 0)
            | (linked ? LINKED : 0)
            | (inode.wasOpened() ? OPENED : 0)
            | (version == null ? 0 : HAS_VERSION)
            | (inode.target() == null ? 0 : HAS_TARGET)
            | (set == null || set.permissions() == null ? 0 : HAS_MODE)
            | (set == null || set.uid() == null ? 0 : HAS_UID)
            | (set == null || set.gid() == null ? 0 : HAS_GID)
            | (set == null || set.modifiedMillis() == null ? 0 : HAS_TIME);
    to.writeLong(inode.number());
    to.writeLong(inode.parent().number());
    to.writeUTF(isRoot ? "" : inode.name());
    inode.kind().write(to);
    to.writeLong(inode.holds());
    to.writeLong(now - inode.verified());
    to.writeShort(has);
    if (version != null) {
      version.write(to);
    }
    String target = inode.target();
    if (target != null) {
      to.writeUTF(target);
    }
    if (set != null) {
      writeOptional(to, set.permissions());
      writeOptional(to, set.uid());
      writeOptional(to, set.gid());
      if (set.modifiedMillis() != null) {
        to.writeLong(set.modifiedMillis());
      }
    }
    if (inode.isDirectory()) {
      inode.directory().write(to);
    }
  }

  private static void writeOptional(DataOutput to, @Nullable Integer value) throws IOException {
    if (value != null) {
      to.writeInt(value);
    }
  }

  /** Reads what {@link #write} wrote, but for the time of the mount, which is read before. */
  static void read(DataInput from, InodeTable inodes, HiddenKeys hidden, long now)
      throws IOException {
    int[] uses = new int[checked(from.readInt())];
    for (int i = 0; i < uses.length; i++) {
      uses[i] = from.readInt();
    }
    Map<Long, Inode> all = new HashMap<>();
    all.put(inodes.root().number(), inodes.root());
    List<Inode> made = new ArrayList<>();
    for (int left = checked(from.readInt()); left > 0; left--) {
      Inode inode = read(from, all, now);
      if (inode != inodes.root()) {
        made.add(inode);
        all.put(inode.number(), inode);
      }
    }
    for (int left = checked(from.readInt()); left > 0; left--) {
      Inode directory = known(all, from.readLong());
      directory.directory().localOrNew().read(from, now, number -> all.get(number));
    }
    for (int left = checked(from.readInt()); left > 0; left--) {
      hidden.add(from.readUTF());
    }
    try {
      inodes.restore(uses, made);
    } catch (IllegalArgumentException e) {
      throw new IOException("inodes: " + e.getMessage(), e);
    }
  }

  private static int checked(int count) throws IOException {
    if (count < 0) {
      throw new IOException("a count is negative");
    }
    return count;
  }

  private static Inode known(Map<Long, Inode> all, long number) throws IOException {
    Inode inode = all.get(number);
    if (inode == null) {
      throw new IOException("inode " + number + " is missing");
    }
    return inode;
  }

  private static Inode read(DataInput from, Map<Long, Inode> all, long now) throws IOException {
    long number = from.readLong();
    Inode parent = all.get(from.readLong());
    String name = from.readUTF();
    FileKind kind = FileKind.read(from);
    long holds = from.readLong();
    long verified = now - from.readLong();
    int has = from.readShort();
    ObjectVersion version = (has & HAS_VERSION) == 0 ? null : ObjectVersion.read(from);
    Inode inode = all.get(number);
    if (inode == null) {
      if (parent == null || !parent.isDirectory() || (version == null) != isDirectory(kind)) {
        throw new IOException("inode " + number + " cannot be what it says");
      }
      Directory directory = isDirectory(kind) ? new Directory(0) : null;
      inode = new Inode(number, parent, name, kind, directory, version, verified);
    }
    inode.restore(holds, (has & OPENED) != 0);
    if ((has & DETACHED) != 0) {
      inode.detach();
    }
    if ((has & HAS_TARGET) != 0) {
      inode.setTarget(from.readUTF());
    }
    if ((has & (HAS_MODE | HAS_UID | HAS_GID | HAS_TIME)) != 0) {
      inode.setAttributes(
          new SetAttributes(
              (has & HAS_MODE) == 0 ? null : from.readInt(),
              (has & HAS_UID) == 0 ? null : from.readInt(),
              (has & HAS_GID) == 0 ? null : from.readInt(),
              (has & HAS_TIME) == 0 ? null : from.readLong()));
    }
    if (inode.isDirectory()) {
      inode.directory().read(from);
    }
    if ((has & LINKED) != 0 && parent != null) {
      parent.directory().children().put(inode);
    }
    return inode;
  }

  private static boolean isDirectory(FileKind kind) {
    return kind == FileKind.DIRECTORY;
  }
}
