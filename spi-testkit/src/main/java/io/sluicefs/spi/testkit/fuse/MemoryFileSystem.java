// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.CreatedFile;
import io.sluicefs.spi.fuse.DirectorySink;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FileSystemStats;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseNotifier;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A file system in memory behind a FUSE channel, strict about what the channel does: an inode that
 * was not looked up, or was forgotten, must not be used; no more lookups are given back than were
 * made; handles are released once. An inode whose lookups are all given back gets another number
 * when it is looked up again. What was done wrong is found by {@link #check}.
 */
public final class MemoryFileSystem implements FuseOperations {
  /** What a channel can ask for. */
  public enum Operation {
    LOOKUP,
    GETATTR,
    SETATTR,
    ACCESS,
    READLINK,
    OPEN,
    READ,
    FLUSH,
    RELEASE,
    FSYNC,
    OPENDIR,
    READDIR,
    RELEASEDIR,
    STATFS,
    CREATE,
    WRITE,
    MKDIR,
    SYMLINK,
    UNLINK,
    RMDIR,
    RENAME,
    FALLOCATE,
    XATTR,
    LSEEK,
    COPY
  }

  /** Called before each operation; may throw anything, or block. */
  @FunctionalInterface
  public interface Interceptor {
    /**
     * Lets the operation pass, or throws what it shall end with.
     *
     * @param name the name it is about, else an empty text
     */
    void before(Operation operation, Caller caller, long inode, String name) throws FuseException;
  }

  private static final int O_TRUNC = 01000;
  private static final int O_EXCL = 0200;
  private static final int RENAME_NOREPLACE = 1;
  private static final int RENAME_EXCHANGE = 2;
  private static final int SEEK_HOLE = 4;
  private static final Instant BORN = Instant.parse("2026-01-02T03:04:05.123456789Z");

  private final Map<Operation, LongAdder> counts = new EnumMap<>(Operation.class);
  private final Queue<Throwable> violations = new ConcurrentLinkedQueue<>();
  private final Map<Long, OpenNode> openFiles = new ConcurrentHashMap<>();
  private final Map<Long, List<DirectoryEntry>> openDirectories = new ConcurrentHashMap<>();
  private final AtomicLong nextHandle = new AtomicLong();
  private final LongAdder initialised = new LongAdder();
  private final LongAdder destroyed = new LongAdder();
  private final Node root = new Node(Attributes.DIRECTORY | 0755, null, null);

  @GuardedBy("this")
  private final Map<Long, Node> known = new HashMap<>();

  @GuardedBy("this")
  private long lastInode = ROOT;

  private volatile Interceptor interceptor = (operation, caller, inode, name) -> {};
  private volatile boolean keepCache;
  private volatile boolean directIo;
  private volatile Duration ttl = Duration.ofSeconds(60);
  private volatile FuseNotifier notifier = FuseNotifier.none();

  private record DirectoryEntry(String name, Node node) {}

  private record OpenNode(Node node, long inode) {}

  private static final class Node {
    private int mode;
    private int uid;
    private int gid;
    private Instant modified = BORN;
    private @Nullable FileContent content;
    private final @Nullable String target;
    private final Map<String, Node> children = new TreeMap<>();
    private final Map<String, byte[]> extendedAttributes = new TreeMap<>();
    private long inode;
    private long lookups;
    private long opens;

    Node(int mode, @Nullable FileContent content, @Nullable String target) {
      this.mode = mode;
      this.content = content;
      this.target = target;
    }

    boolean isDirectory() {
      return (mode & Attributes.TYPE_MASK) == Attributes.DIRECTORY;
    }

    long size() {
      if (content != null) {
        return content.size();
      }
      return target == null ? 0 : target.getBytes(StandardCharsets.UTF_8).length;
    }
  }

  /** Creates an empty file system. */
  public MemoryFileSystem() {
    for (Operation operation : Operation.values()) {
      counts.put(operation, new LongAdder());
    }
    root.inode = ROOT;
    known.put(ROOT, root);
  }

  // What a test does.

  /** Adds or replaces a file, and the directories it is in. */
  public void addFile(String path, FileContent content) {
    add(path, new Node(Attributes.REGULAR | 0644, content, null));
  }

  /** Adds a directory, and the directories it is in. */
  public void addDirectory(String path) {
    add(path, new Node(Attributes.DIRECTORY | 0755, null, null));
  }

  /** Adds a symbolic link. */
  public void addSymlink(String path, String target) {
    add(path, new Node(Attributes.SYMLINK | 0777, null, target));
  }

  /** Removes a name behind the channel's back. */
  public synchronized void remove(String path) {
    parentOf(path).children.remove(lastName(path));
  }

  private synchronized void add(String path, Node node) {
    parentOf(path).children.put(lastName(path), node);
  }

  @GuardedBy("this")
  private Node parentOf(String path) {
    Node at = root;
    String[] names = path.split("/", -1);
    for (int i = 0; i < names.length - 1; i++) {
      at =
          at.children.computeIfAbsent(
              names[i], name -> new Node(Attributes.DIRECTORY | 0755, null, null));
    }
    return at;
  }

  private static String lastName(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Returns the bytes of a file that can be written. */
  public synchronized byte[] bytes(String path) {
    Node node = parentOf(path).children.get(lastName(path));
    if (node == null || !(node.content instanceof WritableContent writable)) {
      throw new IllegalArgumentException("no such file that can be written: " + path);
    }
    return writable.copy();
  }

  /** Returns whether a name is there. */
  public synchronized boolean exists(String path) {
    return parentOf(path).children.containsKey(lastName(path));
  }

  /** Sets what is called before each operation. */
  public void intercept(Interceptor interceptor) {
    this.interceptor = interceptor;
  }

  /** Sets whether opens from now on keep the page cache. */
  public void keepCache(boolean keepCache) {
    this.keepCache = keepCache;
  }

  /** Sets whether opens from now on bypass the page cache. */
  public void directIo(boolean directIo) {
    this.directIo = directIo;
  }

  /** Sets how long names and attributes may be cached, where a channel takes this per entry. */
  public void ttl(Duration ttl) {
    this.ttl = ttl;
  }

  /** Returns what the channel gave to tell Linux of changes. */
  public FuseNotifier notifier() {
    return notifier;
  }

  /** Returns the number of the inode a path leads to; 0 if it was not looked up. */
  public synchronized long inode(String path) {
    Node node = parentOf(path).children.get(lastName(path));
    return node == null ? 0 : node.inode;
  }

  /** Returns how often an operation was asked for. */
  public long count(Operation operation) {
    return counter(operation).sum();
  }

  /** Returns the lookups of all inodes that were not given back. */
  public synchronized long lookups() {
    return known.values().stream().mapToLong(node -> node.lookups).sum();
  }

  /** Returns the files and directories that are open. */
  public int openHandles() {
    return openFiles.size() + openDirectories.size();
  }

  /** Returns how often the session was begun. */
  public long initialised() {
    return initialised.sum();
  }

  /** Returns how often the session was ended. */
  public long destroyed() {
    return destroyed.sum();
  }

  /** Fails if the channel did anything wrong, or leases are still open. */
  public void check() {
    if (!violations.isEmpty()) {
      AssertionError failure = new AssertionError(violations.size() + " violations");
      violations.forEach(failure::addSuppressed);
      throw failure;
    }
    BufferLease.checkAllClosed();
  }

  // What a channel does.

  @Override
  public void init(FuseNotifier notifier) {
    this.notifier = notifier;
    initialised.increment();
  }

  @Override
  public void destroy() {
    destroyed.increment();
  }

  @Override
  public @Nullable Entry lookup(Caller caller, long parent, String name) throws FuseException {
    before(Operation.LOOKUP, caller, parent, name);
    synchronized (this) {
      Node child = directory(parent).children.get(name);
      return child == null ? null : counted(child);
    }
  }

  @Override
  public synchronized void forget(long inode, long count) {
    Node node = known.get(inode);
    if (node == null || inode == ROOT || count < 1 || node.lookups < count) {
      violation(
          "forget of inode %d, %d of %d lookups"
              .formatted(inode, count, node == null ? 0 : node.lookups));
      return;
    }
    node.lookups -= count;
    discardIfUnused(node);
  }

  @GuardedBy("this")
  private void discardIfUnused(Node node) {
    if (node.lookups == 0 && node.opens == 0 && node != root) {
      known.remove(node.inode);
      node.inode = 0;
    }
  }

  @Override
  public Entry getattr(Caller caller, long inode) throws FuseException {
    before(Operation.GETATTR, caller, inode, "");
    synchronized (this) {
      return entry(node(inode));
    }
  }

  @Override
  public Entry setattr(Caller caller, long inode, long handle, AttributeChanges changes)
      throws FuseException {
    before(Operation.SETATTR, caller, inode, "");
    if (handle != 0) {
      openNode(handle);
    }
    synchronized (this) {
      Node node = node(inode);
      Integer mode = changes.mode();
      if (mode != null) {
        node.mode = (node.mode & Attributes.TYPE_MASK) | (mode & 07777);
      }
      Integer uid = changes.uid();
      if (uid != null) {
        node.uid = uid;
      }
      Integer gid = changes.gid();
      if (gid != null) {
        node.gid = gid;
      }
      Long size = changes.size();
      if (size != null) {
        writable(node).resize(size);
      }
      Instant modified = changes.modified();
      if (modified != null) {
        node.modified = modified;
      }
      return entry(node);
    }
  }

  @Override
  public void access(Caller caller, long inode, int mask) throws FuseException {
    before(Operation.ACCESS, caller, inode, "");
    synchronized (this) {
      node(inode);
    }
  }

  @Override
  public String readlink(Caller caller, long inode) throws FuseException {
    before(Operation.READLINK, caller, inode, "");
    synchronized (this) {
      String target = node(inode).target;
      if (target == null) {
        throw new FuseException(Errno.EINVAL);
      }
      return target;
    }
  }

  @Override
  public OpenFile open(Caller caller, long inode, int flags) throws FuseException {
    before(Operation.OPEN, caller, inode, "");
    synchronized (this) {
      Node node = node(inode);
      if (node.isDirectory()) {
        throw new FuseException(Errno.EISDIR);
      }
      if ((flags & O_TRUNC) != 0) {
        writable(node).resize(0);
      }
      return opened(node);
    }
  }

  @GuardedBy("this")
  private OpenFile opened(Node node) {
    long handle = nextHandle.incrementAndGet();
    node.opens++;
    openFiles.put(handle, new OpenNode(node, node.inode));
    return new OpenFile(handle, keepCache, directIo);
  }

  @Override
  public void read(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException {
    OpenNode open = openNode(handle);
    before(Operation.READ, caller, open.inode(), "");
    FileContent content = open.node().content;
    if (content == null) {
      throw new FuseException(Errno.EISDIR);
    }
    if (reply.length() != 0 || offset < 0 || length < 0) {
      violation("read of %d at %d into a reply of %d".formatted(length, offset, reply.length()));
    }
    int available = Math.clamp(content.size() - offset, 0, length);
    if (available > 0) {
      content.read(offset, available, reply);
    }
  }

  @Override
  public boolean readIfPresent(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException {
    FileContent content = openNode(handle).node().content;
    if (content == null || !content.isPresent()) {
      return false;
    }
    read(caller, handle, offset, length, reply);
    return true;
  }

  @Override
  public void flush(Caller caller, long handle) throws FuseException {
    before(Operation.FLUSH, caller, openNode(handle).inode(), "");
  }

  @Override
  public void release(long handle) {
    counter(Operation.RELEASE).increment();
    OpenNode open = openFiles.remove(handle);
    if (open == null) {
      violation("release of unknown handle " + handle);
      return;
    }
    synchronized (this) {
      open.node().opens--;
      discardIfUnused(open.node());
    }
  }

  @Override
  public void fsync(Caller caller, long handle, boolean dataOnly) throws FuseException {
    before(Operation.FSYNC, caller, openNode(handle).inode(), "");
  }

  @Override
  public OpenFile opendir(Caller caller, long inode) throws FuseException {
    before(Operation.OPENDIR, caller, inode, "");
    synchronized (this) {
      Node directory = directory(inode);
      List<DirectoryEntry> entries = new ArrayList<>();
      entries.add(new DirectoryEntry(".", directory));
      entries.add(new DirectoryEntry("..", directory));
      directory.children.forEach((name, node) -> entries.add(new DirectoryEntry(name, node)));
      long handle = nextHandle.incrementAndGet();
      openDirectories.put(handle, entries);
      return new OpenFile(handle, false, false);
    }
  }

  @Override
  public void readdir(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    List<DirectoryEntry> entries = openDirectory(handle);
    before(Operation.READDIR, caller, 0, "");
    for (long i = offset; i < entries.size(); i++) {
      DirectoryEntry entry = entries.get((int) i);
      long inode;
      int type;
      synchronized (this) {
        inode = entry.node().inode;
        type = entry.node().mode & Attributes.TYPE_MASK;
      }
      if (!sink.add(entry.name(), inode, type, i + 1)) {
        return;
      }
    }
  }

  @Override
  public void readdirplus(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    List<DirectoryEntry> entries = openDirectory(handle);
    before(Operation.READDIR, caller, 0, "");
    for (long i = offset; i < entries.size(); i++) {
      DirectoryEntry entry = entries.get((int) i);
      synchronized (this) {
        Entry found = counted(entry.node());
        boolean dots = entry.name().equals(".") || entry.name().equals("..");
        boolean added = sink.add(entry.name(), found, i + 1);
        if (!added || dots) {
          uncount(entry.node());
        }
        if (!added) {
          return;
        }
      }
    }
  }

  @Override
  public void releasedir(long handle) {
    counter(Operation.RELEASEDIR).increment();
    if (openDirectories.remove(handle) == null) {
      violation("release of unknown directory handle " + handle);
    }
  }

  @Override
  public FileSystemStats statfs(Caller caller) throws FuseException {
    before(Operation.STATFS, caller, ROOT, "");
    return new FileSystemStats(4096, 1L << 32, 1L << 31, 1L << 30, 1L << 29, 255);
  }

  @Override
  public CreatedFile create(Caller caller, long parent, String name, int mode, int flags)
      throws FuseException {
    before(Operation.CREATE, caller, parent, name);
    synchronized (this) {
      Map<String, Node> children = directory(parent).children;
      Node node = children.get(name);
      if (node != null && (flags & O_EXCL) != 0) {
        throw new FuseException(Errno.EEXIST);
      }
      if (node == null) {
        node = new Node(Attributes.REGULAR | (mode & 07777), FileContent.of(new byte[0]), null);
        node.uid = caller.uid();
        node.gid = caller.gid();
        children.put(name, node);
      } else if ((flags & O_TRUNC) != 0) {
        writable(node).resize(0);
      }
      return new CreatedFile(counted(node), opened(node));
    }
  }

  @Override
  public void write(Caller caller, long handle, long offset, MemorySegment data)
      throws FuseException {
    OpenNode open = openNode(handle);
    before(Operation.WRITE, caller, open.inode(), "");
    synchronized (this) {
      writable(open.node()).write(offset, data);
    }
  }

  @Override
  public Entry mkdir(Caller caller, long parent, String name, int mode) throws FuseException {
    before(Operation.MKDIR, caller, parent, name);
    return make(parent, name, new Node(Attributes.DIRECTORY | (mode & 07777), null, null));
  }

  @Override
  public Entry symlink(Caller caller, long parent, String name, String target)
      throws FuseException {
    before(Operation.SYMLINK, caller, parent, name);
    return make(parent, name, new Node(Attributes.SYMLINK | 0777, null, target));
  }

  private synchronized Entry make(long parent, String name, Node node) throws FuseException {
    if (directory(parent).children.putIfAbsent(name, node) != null) {
      throw new FuseException(Errno.EEXIST);
    }
    return counted(node);
  }

  @Override
  public void unlink(Caller caller, long parent, String name) throws FuseException {
    before(Operation.UNLINK, caller, parent, name);
    synchronized (this) {
      if (child(parent, name).isDirectory()) {
        throw new FuseException(Errno.EISDIR);
      }
      directory(parent).children.remove(name);
    }
  }

  @Override
  public void rmdir(Caller caller, long parent, String name) throws FuseException {
    before(Operation.RMDIR, caller, parent, name);
    synchronized (this) {
      Node node = child(parent, name);
      if (!node.isDirectory()) {
        throw new FuseException(Errno.ENOTDIR);
      }
      if (!node.children.isEmpty()) {
        throw new FuseException(Errno.ENOTEMPTY);
      }
      directory(parent).children.remove(name);
    }
  }

  @Override
  public void rename(
      Caller caller, long parent, String name, long newParent, String newName, int flags)
      throws FuseException {
    before(Operation.RENAME, caller, parent, name);
    synchronized (this) {
      Node node = child(parent, name);
      Map<String, Node> to = directory(newParent).children;
      Node replaced = to.get(newName);
      if (replaced != null && flags == RENAME_NOREPLACE) {
        throw new FuseException(Errno.EEXIST);
      }
      if (flags == RENAME_EXCHANGE) {
        if (replaced == null) {
          throw new FuseException(Errno.ENOENT);
        }
        directory(parent).children.put(name, replaced);
        to.put(newName, node);
        return;
      }
      if (flags != 0 && flags != RENAME_NOREPLACE) {
        throw new FuseException(Errno.EINVAL);
      }
      if (replaced != null && replaced.isDirectory() && !replaced.children.isEmpty()) {
        throw new FuseException(Errno.ENOTEMPTY);
      }
      directory(parent).children.remove(name);
      to.put(newName, node);
    }
  }

  @Override
  public void fallocate(Caller caller, long handle, int mode, long offset, long length)
      throws FuseException {
    OpenNode open = openNode(handle);
    before(Operation.FALLOCATE, caller, open.inode(), "");
    if (mode != 0) {
      throw new FuseException(Errno.ENOTSUP);
    }
    synchronized (this) {
      WritableContent content = writable(open.node());
      content.resize(Math.max(content.size(), offset + length));
    }
  }

  @Override
  public long copyFileRange(
      Caller caller,
      long handleIn,
      long offsetIn,
      long handleOut,
      long offsetOut,
      long length,
      int flags)
      throws FuseException {
    OpenNode in = openNode(handleIn);
    OpenNode out = openNode(handleOut);
    before(Operation.COPY, caller, in.inode(), "");
    synchronized (this) {
      byte[] from = writable(in.node()).copy();
      int start = Math.clamp(offsetIn, 0, from.length);
      int copied = Math.clamp(length, 0, from.length - start);
      writable(out.node()).write(offsetOut, MemorySegment.ofArray(from).asSlice(start, copied));
      return copied;
    }
  }

  @Override
  public long lseek(Caller caller, long handle, long offset, int whence) throws FuseException {
    OpenNode open = openNode(handle);
    before(Operation.LSEEK, caller, open.inode(), "");
    long size;
    synchronized (this) {
      size = open.node().size();
    }
    if (offset >= size) {
      throw new FuseException(Errno.ENXIO);
    }
    return whence == SEEK_HOLE ? size : offset;
  }

  @Override
  public List<String> listxattr(Caller caller, long inode) throws FuseException {
    before(Operation.XATTR, caller, inode, "");
    synchronized (this) {
      return List.copyOf(node(inode).extendedAttributes.keySet());
    }
  }

  @Override
  public byte[] getxattr(Caller caller, long inode, String name) throws FuseException {
    before(Operation.XATTR, caller, inode, name);
    synchronized (this) {
      byte[] value = node(inode).extendedAttributes.get(name);
      if (value == null) {
        throw new FuseException(Errno.ENODATA);
      }
      return value.clone();
    }
  }

  @Override
  public void setxattr(Caller caller, long inode, String name, byte[] value, int flags)
      throws FuseException {
    before(Operation.XATTR, caller, inode, name);
    synchronized (this) {
      node(inode).extendedAttributes.put(name, value.clone());
    }
  }

  @Override
  public void removexattr(Caller caller, long inode, String name) throws FuseException {
    before(Operation.XATTR, caller, inode, name);
    synchronized (this) {
      if (node(inode).extendedAttributes.remove(name) == null) {
        throw new FuseException(Errno.ENODATA);
      }
    }
  }

  private void before(Operation operation, Caller caller, long inode, String name)
      throws FuseException {
    counter(operation).increment();
    interceptor.before(operation, caller, inode, name);
  }

  private LongAdder counter(Operation operation) {
    LongAdder counter = counts.get(operation);
    if (counter == null) {
      throw new IllegalArgumentException(operation.name());
    }
    return counter;
  }

  @GuardedBy("this")
  private Entry counted(Node node) {
    if (node.inode == 0) {
      node.inode = ++lastInode;
      known.put(node.inode, node);
    }
    node.lookups++;
    return entry(node);
  }

  @GuardedBy("this")
  private void uncount(Node node) {
    node.lookups--;
    discardIfUnused(node);
  }

  @GuardedBy("this")
  private Entry entry(Node node) {
    int links = node.isDirectory() ? 2 : 1;
    return new Entry(
        new Attributes(
            node.inode, node.mode, links, node.uid, node.gid, node.size(), node.modified),
        0,
        ttl,
        ttl);
  }

  @GuardedBy("this")
  private Node node(long inode) throws FuseException {
    Node node = known.get(inode);
    if (node == null) {
      violation("inode " + inode + " is used without a lookup");
      throw new FuseException(Errno.ESTALE);
    }
    return node;
  }

  @GuardedBy("this")
  private Node directory(long inode) throws FuseException {
    Node node = node(inode);
    if (!node.isDirectory()) {
      throw new FuseException(Errno.ENOTDIR);
    }
    return node;
  }

  @GuardedBy("this")
  private Node child(long parent, String name) throws FuseException {
    Node node = directory(parent).children.get(name);
    if (node == null) {
      throw new FuseException(Errno.ENOENT);
    }
    return node;
  }

  private static WritableContent writable(Node node) throws FuseException {
    if (!(node.content instanceof WritableContent content)) {
      throw new FuseException(Errno.EPERM);
    }
    return content;
  }

  private OpenNode openNode(long handle) throws FuseException {
    OpenNode open = openFiles.get(handle);
    if (open == null) {
      violation("file handle " + handle + " is not open");
      throw new FuseException(Errno.EBADF);
    }
    return open;
  }

  private List<DirectoryEntry> openDirectory(long handle) throws FuseException {
    List<DirectoryEntry> entries = openDirectories.get(handle);
    if (entries == null) {
      violation("directory handle " + handle + " is not open");
      throw new FuseException(Errno.EBADF);
    }
    return entries;
  }

  private void violation(String what) {
    violations.add(new AssertionError(what));
  }
}
