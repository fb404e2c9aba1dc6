// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which inode each path of libfuse leads to. Every path in it holds lookups of its inode, given
 * back when it leaves: as the least recently used, because its name went away, or at the end; and
 * not before the last request and the last open file that use it.
 *
 * <p>There is no time limit here: the Linux kernel asks for a name again when the time it may cache
 * it is over, and that request renews the path.
 */
final class PathTable {
  private final FuseOperations operations;
  private final int capacity;
  private final Node root = new Node("/", FuseOperations.ROOT, true, 0);

  @GuardedBy("this")
  private final Map<String, Node> nodes = new LinkedHashMap<>(1024, 0.75f, true);

  PathTable(FuseOperations operations, int capacity) {
    this.operations = operations;
    this.capacity = capacity;
  }

  /** An inode in use; it is not forgotten until closed. */
  final class Node implements AutoCloseable {
    private final String path;
    private final long inode;
    private final boolean directory;

    // Guarded by the table.
    private long lookups;
    private int pins;
    private boolean gone;

    private Node(String path, long inode, boolean directory, long lookups) {
      this.path = path;
      this.inode = inode;
      this.directory = directory;
      this.lookups = lookups;
    }

    long inode() {
      return inode;
    }

    @Override
    public void close() {
      unpin(this);
    }
  }

  /** A node and what its lookup said. */
  record Found(Node node, Entry entry) {}

  /** Returns the node of a path; each of its names that is not known is looked up. */
  @MustBeClosed
  Node resolve(Caller caller, String path) throws FuseException {
    Node known = pin(path);
    if (known != null) {
      return known;
    }
    Found found = lookup(caller, path);
    if (found == null) {
      throw new FuseException(Errno.ENOENT);
    }
    return found.node();
  }

  /**
   * Looks the last name of a path up, whether or not it is known.
   *
   * @return null if there is no such name and this may be cached; else the caller closes its node
   */
  @SuppressWarnings("MustBeClosedChecker") // the node is closed by the caller
  @Nullable Found lookup(Caller caller, String path) throws FuseException {
    try (Node parent = resolveParent(caller, path)) {
      Entry entry = operations.lookup(caller, parent.inode(), nameOf(path));
      return entry == null ? null : new Found(put(path, entry), entry);
    }
  }

  /** Returns the directory a path is in. */
  @MustBeClosed
  Node resolveParent(Caller caller, String path) throws FuseException {
    return resolve(caller, parentOf(path));
  }

  /** Records an entry that came with a lookup, and pins it. */
  @MustBeClosed
  Node put(String path, Entry entry) {
    Attributes attributes = entry.attributes();
    List<Node> forgotten = new ArrayList<>();
    Node node;
    synchronized (this) {
      Node known = nodes.get(path);
      if (known != null && known.inode == attributes.inode()) {
        known.lookups++;
        known.pins++;
        return known;
      }
      if (known != null) {
        drop(path, forgotten);
      }
      node = new Node(path, attributes.inode(), attributes.isDirectory(), 1);
      node.pins = 1;
      nodes.put(path, node);
      evict(forgotten);
    }
    forget(forgotten);
    return node;
  }

  /** Records an entry that came with a lookup. */
  void add(String path, Entry entry) {
    @SuppressWarnings("MustBeClosedChecker") // unpinned below
    Node node = put(path, entry);
    unpin(node);
  }

  /** Removes a path, and everything below it if it is a directory. */
  void remove(String path) {
    List<Node> forgotten = new ArrayList<>();
    synchronized (this) {
      drop(path, forgotten);
    }
    forget(forgotten);
  }

  /** Gives all lookups back, whoever still holds a node. */
  void forgetAll() {
    List<Node> forgotten;
    synchronized (this) {
      forgotten = new ArrayList<>(nodes.values());
      nodes.clear();
      for (Node node : forgotten) {
        node.gone = true;
      }
    }
    forget(forgotten);
  }

  private synchronized @Nullable Node pin(String path) {
    Node node = path.equals("/") ? root : nodes.get(path);
    if (node != null) {
      node.pins++;
    }
    return node;
  }

  /** Pins a node once more, unless nobody held it and it was forgotten; then returns null. */
  @MustBeClosed
  synchronized @Nullable Node pinAgain(Node node) {
    if (node.gone && node.pins == 0) {
      return null;
    }
    node.pins++;
    return node;
  }

  private void unpin(Node node) {
    synchronized (this) {
      node.pins--;
      if (node.pins > 0 || !node.gone) {
        return;
      }
    }
    forget(List.of(node));
  }

  @GuardedBy("this")
  private void drop(String path, List<Node> forgotten) {
    Node node = nodes.remove(path);
    if (node == null) {
      return;
    }
    retire(node, forgotten);
    if (node.directory) {
      String prefix = path + "/";
      for (Iterator<Node> all = nodes.values().iterator(); all.hasNext(); ) {
        Node below = all.next();
        if (below.path.startsWith(prefix)) {
          all.remove();
          retire(below, forgotten);
        }
      }
    }
  }

  @GuardedBy("this")
  private void evict(List<Node> forgotten) {
    Iterator<Node> eldest = nodes.values().iterator();
    while (nodes.size() > capacity) {
      Node node = eldest.next();
      eldest.remove();
      retire(node, forgotten);
    }
  }

  @GuardedBy("this")
  private void retire(Node node, List<Node> forgotten) {
    node.gone = true;
    if (node.pins == 0) {
      forgotten.add(node);
    }
  }

  /** Gives lookups back, without the lock: these nodes are out of the table and unused. */
  private void forget(List<Node> forgotten) {
    for (Node node : forgotten) {
      long lookups;
      synchronized (this) {
        lookups = node.lookups;
        node.lookups = 0;
      }
      if (lookups > 0) {
        operations.forget(node.inode, lookups);
      }
    }
  }

  static String parentOf(String path) {
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  static String nameOf(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
