// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The tree of names below one prefix of a bucket: finds what a name leads to with as few requests
 * as possible, and believes it for as long as the options say. Thread-safe.
 */
public final class Namespace {
  private static final System.Logger LOG = System.getLogger("io.sluicefs.kernel.namespace");

  /**
   * How long a whole listing vouches for the absence of names it did not hold, however long
   * attributes are believed: a program that waits for a file to appear may have listed before.
   */
  static final Duration LISTED_ABSENCE = Duration.ofSeconds(10);

  /**
   * How long a program that was told a name is absent has to create it before the store is asked
   * again: looking up and creating come together.
   */
  static final Duration JUST_ABSENT = Duration.ofSeconds(1);

  private static final int JUST_ABSENT_NAMES = 10_000;

  private final Transport transport;
  private final LongSupplier clock;
  private final long mountedMillis;
  private volatile long ttlNanos;
  private volatile long listedAbsenceNanos;
  private final ListingMemory listings;
  private final InodeTable inodes;
  private final EntryCache entries;
  private final NegativeCache absent;
  private final NegativeCache justAbsent =
      new NegativeCache(JUST_ABSENT.toNanos(), JUST_ABSENT_NAMES);
  private final HiddenKeys hiddenKeys = new HiddenKeys();
  private final LocalChanges changes;
  private final KeyResolver resolver;
  private final boolean keepsAttributes;
  private final boolean linksAreListedAsEmpty;
  private final SingleFlight<String, ObjectStat> heads = new SingleFlight<>();
  private final LongAdder hidden = new LongAdder();
  private final LongAdder shadowed = new LongAdder();

  /**
   * Creates the tree below {@code prefix}; sends nothing.
   *
   * @param transport of the bucket, with retries and limits; borrowed
   * @param prefix start of all keys, empty or ending with a slash
   */
  public Namespace(Transport transport, String prefix, NamespaceOptions options) {
    this(transport, prefix, options, System::nanoTime, InstantSource.system());
  }

  /** As above, with the clocks that times to live and the root's time go by. */
  public Namespace(
      Transport transport,
      String prefix,
      NamespaceOptions options,
      LongSupplier clock,
      InstantSource wallClock) {
    if (!prefix.isEmpty() && !prefix.endsWith("/")) {
      throw new IllegalArgumentException("the prefix " + prefix + " does not end with a slash");
    }
    this.transport = transport;
    this.clock = clock;
    this.mountedMillis = wallClock.instant().toEpochMilli();
    this.ttlNanos = options.attributeTtl().toNanos();
    this.listedAbsenceNanos = listedAbsence(options.attributeTtl(), options.negativeTtl());
    this.listings = new ListingMemory(options.limits().listingBytes());
    this.inodes = new InodeTable(options.limits(), listings, prefix, new Directory(mountedMillis));
    this.entries = new EntryCache(options);
    this.absent = new NegativeCache(options.negativeTtl().toNanos(), options.negativeCapacity());
    this.keepsAttributes = options.keepAttributes();
    this.linksAreListedAsEmpty = transport.capabilities().has(Feature.SYMLINKS_LISTED_AS_EMPTY);
    this.changes = new LocalChanges(this, inodes, listings, absent, justAbsent, hiddenKeys, clock);
    this.resolver = new KeyResolver(transport, clock, hiddenKeys, options.keepAttributes());
  }

  private static long listedAbsence(Duration attribute, Duration negative) {
    return Math.max(negative.toNanos(), Math.min(attribute.toNanos(), LISTED_ABSENCE.toNanos()));
  }

  /** Believes for other times from now on what is known and what will be. */
  public void setTtls(Duration attribute, Duration negative) {
    ttlNanos = attribute.toNanos();
    listedAbsenceNanos = listedAbsence(attribute, negative);
    entries.setTtl(attribute);
    absent.setTtl(negative.toNanos());
  }

  /** Returns what changes the names. */
  public LocalChanges changes() {
    return changes;
  }

  /** Returns the inode of a number, or null if it was given up. */
  public @Nullable Inode inode(long number) {
    return inodes.get(number);
  }

  /** Returns the root. */
  public Inode root() {
    return inodes.root();
  }

  /** Returns the counts. */
  public NamespaceStats stats() {
    return new NamespaceStats(inodes.size(), listings.used(), hidden.sum(), shadowed.sum());
  }

  /**
   * Finds a name in a directory, with at most one request in nearly all cases.
   *
   * @return the inode, held once for the caller, or null if there is no such name
   */
  public @Nullable Inode lookup(Inode parent, String name) throws StorageException {
    Directory directory = parent.directory();
    if (isHidden(parent, name)) {
      return null;
    }
    long now = clock.getAsLong();
    Inode child = directory.children().get(name);
    if (child != null && isFresh(child, now) && child.tryHold()) {
      return child;
    }
    Listing listing = directory.listing();
    if (listing != null) {
      boolean whole = listing.isComplete();
      ListedEntry entry = listing.find(name);
      if (entry != null && mayBelieve(parent, entry) && now - entry.asOf() < ttlNanos) {
        return holdListed(parent, entry, now);
      }
      if (entry == null && whole && vouchesForAbsence(directory, name, listing, now)) {
        return null;
      }
    }
    return ask(parent, name, now);
  }

  private @Nullable Inode holdListed(Inode parent, ListedEntry entry, long now)
      throws StorageException {
    return isListedInPart(entry)
        ? describe(parent, entry, now)
        : hold(parent, entry.name(), entry.kind(), entry.version(), entry.asOf());
  }

  private boolean vouchesForAbsence(Directory directory, String name, Listing listing, long now) {
    return listing.vouchesForAbsence()
        && now - listing.startedAt() < listedAbsenceNanos
        && directory.believes(name, listing.startedAt());
  }

  private boolean mayBelieve(Inode parent, ListedEntry entry) {
    return entry.trusted()
        && parent.directory().believes(entry.name(), entry.asOf())
        && (hiddenKeys.isEmpty()
            || entry.kind() != FileKind.DIRECTORY
            || hiddenKeys.countBelow(parent.key() + entry.name() + "/") == 0);
  }

  private boolean isListedInPart(ListedEntry entry) {
    return mayBeLink(entry) || (keepsAttributes && entry.kind() == FileKind.FILE);
  }

  /** Returns whether a listed file may be a link, which only the store can tell. */
  public boolean mayBeLink(ListedEntry entry) {
    ObjectVersion version = entry.version();
    return linksAreListedAsEmpty
        && entry.kind() == FileKind.FILE
        && version != null
        && version.size() == 0;
  }

  private @Nullable Inode ask(Inode parent, String name, long now) throws StorageException {
    if (!KeyNames.isName(name)) {
      return null;
    }
    String key = parent.key().concat(name);
    if (absent.isAbsent(key, now)) {
      return null;
    }
    Directory directory = parent.directory();
    LookupTally lookups = directory.lookups(now);
    if (ttlNanos > 0 && lookups.beginPage(now, ttlNanos)) {
      ListedEntry entry;
      try {
        entry = listOnAndFind(parent, name, now);
      } finally {
        lookups.endPage();
      }
      if (entry != null && mayBelieve(parent, entry)) {
        return holdListed(parent, entry, now);
      }
    }
    KeyResolver.Answer answer = resolve(directory, name, key);
    directory.distrust(name);
    if (answer.shadowed()) {
      shadowed.increment();
      report(directory, parent.key(), 0, 1, key);
    }
    if (answer.kind() == null) {
      Inode known = directory.children().get(name);
      if (known != null && directory.isLocal(known) && known.tryHold()) {
        mayBePresent(key);
        return known;
      }
      detachOlder(parent, name, answer.asOf());
      return null;
    }
    absent.remove(key);
    lookups.found();
    return hold(parent, name, answer.kind(), answer);
  }

  /** Asks the store what a key is, until nothing changed here meanwhile, and notes its absence. */
  private KeyResolver.Answer resolve(Directory directory, String name, String key)
      throws StorageException {
    while (true) {
      KeyResolver.Answer answer = resolver.resolve(key);
      if (answer.kind() == null) {
        absent.add(key, answer.asOf());
        justAbsent.add(key, answer.asOf());
      }
      // Not before: a change takes the note back, if it does not come before this.
      if (directory.believes(name, answer.asOf())) {
        return answer;
      }
      mayBePresent(key);
    }
  }

  private void mayBePresent(String key) {
    absent.remove(key);
    justAbsent.remove(key);
  }

  /**
   * Lists a page of a directory, the next one or the first, for the lookups that will follow.
   *
   * @return what it says of {@code name}; null if it says nothing, or could not be had
   */
  private @Nullable ListedEntry listOnAndFind(Inode parent, String name, long now) {
    Directory directory = parent.directory();
    Listing current = directory.listing();
    boolean young = current != null && current.hasBegun() && now - current.startedAt() < ttlNanos;
    if (current != null && young && current.isComplete()) {
      return null;
    }
    Listing listing =
        current != null && young ? reopened(directory, current) : begun(parent, false);
    if (listing == null) {
      return null;
    }
    try {
      if (listing.await(listing.size())) {
        completed(listing);
      }
      return listing.find(name);
    } catch (StorageException | CapacityException e) {
      // The name alone may well be had; if not, asking for it says why.
      return null;
    } finally {
      listings.close(listing);
    }
  }

  /** Asks the store for what its listing does not say of a file. */
  private @Nullable Inode describe(Inode parent, ListedEntry entry, long now)
      throws StorageException {
    String name = entry.name();
    KeyResolver.Answer answer = resolver.describe(parent.key().concat(name));
    ObjectVersion listed = entry.version();
    ObjectVersion version = answer.version();
    FileKind kind = answer.kind();
    boolean same = listed != null && version != null && version.hasBytesOf(listed);
    return kind != null && same && parent.directory().believes(name, answer.asOf())
        ? hold(parent, name, kind, answer)
        : ask(parent, name, now);
  }

  private Inode hold(Inode parent, String name, FileKind kind, KeyResolver.Answer answer) {
    Inode found = hold(parent, name, kind, answer.version(), answer.asOf());
    if (keepsAttributes && !isLocal(found) && found.kind() == FileKind.FILE) {
      found.setAttributes(answer.attributes());
    }
    return found;
  }

  private void detachOlder(Inode parent, String name, long asOf) {
    Children children = parent.directory().children();
    synchronized (children) {
      Inode known = children.get(name);
      if (known != null && asOf - known.verified() > 0) {
        children.remove(known);
        known.detach();
      }
    }
  }

  /**
   * Returns the inode of a listed name, held once for the caller; null if the listing is not to be
   * believed any more and nothing better is known.
   */
  public @Nullable Inode lookup(Inode parent, ListedEntry entry) {
    if (isListedInPart(entry) || !mayBelieve(parent, entry)) {
      return null;
    }
    return hold(parent, entry.name(), entry.kind(), entry.version(), entry.asOf());
  }

  /** Returns the number of the inode a listed name leads to if one is known, or 0. */
  public long knownNumber(Inode parent, String name) {
    Inode child = parent.directory().children().get(name);
    return child == null ? 0 : child.number();
  }

  /** Holds the inode that {@code name} led to at {@code asOf}, the known one or a new one. */
  Inode hold(Inode parent, String name, FileKind kind, @Nullable ObjectVersion version, long asOf) {
    Children children = parent.directory().children();
    while (true) {
      synchronized (children) {
        Inode known = children.get(name);
        if (known != null) {
          boolean same = isLocal(known) || known.isStill(kind, version);
          boolean knownBetter = asOf - known.verified() < 0;
          if ((same || knownBetter) && known.tryHold()) {
            if (same && !isLocal(known)) {
              known.verify(version, asOf);
            }
            return known;
          }
          children.remove(known);
          known.detach();
        }
        Directory directory = kind == FileKind.DIRECTORY ? new Directory(mountedMillis) : null;
        Inode made = inodes.add(parent, name, kind, directory, version, asOf);
        if (made != null) {
          children.put(made);
          return made;
        }
      }
      if (!inodes.makeRoom()) {
        throw tooManyInodes();
      }
    }
  }

  CapacityException tooManyInodes() {
    return new CapacityException(
        "the Linux kernel knows " + inodes.size() + " inodes, as many as this Java heap allows");
  }

  /** Holds an inode once, for the Linux kernel's sake; false if it was given up. */
  public boolean tryHold(Inode inode) {
    return inode.tryHold();
  }

  /** Takes back {@code count} holds of an inode. */
  public void forget(Inode inode, long count) {
    inodes.release(inode, count);
  }

  /** Returns the entry of an inode that was just found. */
  public Entry entry(Inode inode) {
    return entries.entry(inode, inode == inodes.root(), clock.getAsLong());
  }

  /**
   * Returns the attributes of an inode, asking the store if they are older than they may be. A
   * directory's need no request; those of an open file are the ones of the version it was opened
   * with.
   *
   * @throws StorageException {@link Kind#PRECONDITION_FAILED} if the name leads elsewhere by now
   */
  public Entry attributes(Inode inode) throws StorageException {
    long now = clock.getAsLong();
    if (inode.isDirectory() || inode.isOpen() || inode.content() != null) {
      return entries.entry(inode, true, now);
    }
    if (inode.isDetached() || !isFresh(inode, now)) {
      revalidate(inode);
      now = clock.getAsLong();
    }
    return entries.entry(inode, false, now);
  }

  /**
   * Fixes the version of a file that is being opened, asking the store if it was not asked lately,
   * and counts it open until {@link #closed}.
   *
   * @throws StorageException {@link Kind#PRECONDITION_FAILED} if the name leads elsewhere by now:
   *     looked up again it leads to another inode
   */
  public ObjectId open(Inode inode) throws StorageException {
    if (inode.isDetached() || !isFresh(inode, clock.getAsLong())) {
      revalidate(inode);
    }
    ObjectId id = object(inode);
    countOpen(inode);
    return id;
  }

  /** Returns the version of the object an inode stands for now. */
  public ObjectId object(Inode inode) {
    return new ObjectId(inode.key(), inode.version().etag());
  }

  /** Returns what is known of the object an inode stands for, metadata apart. */
  public ObjectStat stat(Inode inode) {
    ObjectVersion version = inode.version();
    return new ObjectStat(
        object(inode),
        version.size(),
        Instant.ofEpochMilli(version.modifiedMillis()),
        ObjectStat.Type.DATA,
        Map.of());
  }

  /** Returns whether the store has the object an inode stands for. */
  public boolean isStored(Inode inode) {
    return inode.version().isStored();
  }

  /** Counts a file open that is being written, until {@link #closed}; asks nobody. */
  public void openLocal(Inode inode) {
    countOpen(inode);
  }

  private static void countOpen(Inode inode) {
    if (!inode.tryHold()) {
      throw new IllegalStateException(inode + " was given up while in use");
    }
    inode.countOpen(1);
  }

  /** Takes back one {@link #open} or {@link #openDirectory}. */
  public void closed(Inode inode) {
    inode.countOpen(-1);
    inodes.release(inode, 1);
  }

  /** The version an inode stands for is not in the store any more: looks up anew from now on. */
  public void outdated(Inode inode) {
    Inode parent = inode.parent();
    Directory directory = parent.directory();
    inode.detach();
    directory.children().remove(inode);
    directory.distrust(inode.name());
  }

  private void revalidate(Inode inode) throws StorageException {
    String key = inode.key();
    if (!inode.isDetached()) {
      long asOf = clock.getAsLong();
      ObjectVersion newest = newest(inode, key);
      if (newest != null && inode.isStill(inode.kind(), newest)) {
        inode.verify(newest, asOf);
        return;
      }
      outdated(inode);
    }
    throw new StorageException(Kind.PRECONDITION_FAILED, key + " is another version by now");
  }

  private @Nullable ObjectVersion newest(Inode inode, String key) throws StorageException {
    if (inode.kind() == FileKind.SYMLINK) {
      // HEAD answers for what it points to.
      KeyResolver.Answer answer = resolver.resolve(key);
      return answer.kind() == FileKind.SYMLINK ? answer.version() : null;
    }
    try {
      return ObjectVersion.of(heads.join(key, () -> transport.head(key)));
    } catch (StorageException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  boolean isFresh(Inode inode, long now) {
    return now - inode.verified() < ttlNanos || isLocal(inode);
  }

  /** Returns whether this mount knows better than the store what an inode is. */
  private static boolean isLocal(Inode inode) {
    return inode.content() != null || inode.parent().directory().isLocal(inode);
  }

  /**
   * Returns whether a name is absent, without a request if the store has just said so.
   *
   * @return false if there is such a name
   */
  public boolean isAbsent(Inode parent, String name) throws StorageException {
    Directory directory = parent.directory();
    long now = clock.getAsLong();
    Inode child = directory.children().get(name);
    if ((child == null || !isFresh(child, now))
        && justAbsent.isAbsent(parent.key().concat(name), now)) {
      return true;
    }
    Inode found = lookup(parent, name);
    if (found != null) {
      forget(found, 1);
    }
    return found == null;
  }

  /** Notes what a symbolic link that was just made points to. */
  public void setTarget(Inode inode, String target) {
    inode.setTarget(target);
  }

  /** Returns what a symbolic link points to, asking the store once. */
  public String target(Inode inode) throws StorageException {
    String known = inode.target();
    if (known == null) {
      known = transport.readSymlink(inode.key());
      inode.setTarget(known);
    }
    return known;
  }

  private boolean isHidden(Inode parent, String name) {
    return !hiddenKeys.isEmpty() && hiddenKeys.contains(parent.key().concat(name));
  }

  /**
   * Returns whether a listed name leads nowhere: its key was {@linkplain LocalChanges#hide hidden},
   * or those of all there is in the directory, or it was removed here after the store was asked.
   */
  public boolean isGone(Inode parent, ListedEntry entry) throws StorageException {
    String name = entry.name();
    Directory directory = parent.directory();
    Inode known = directory.children().get(name);
    if (!directory.believes(name, entry.asOf())) {
      return known == null && isAbsent(parent, name);
    }
    if (hiddenKeys.isEmpty()) {
      return false;
    }
    return entry.kind() == FileKind.DIRECTORY
        ? (known == null || !isLocal(known)) && resolver.holdsOnlyHidden(parent.key() + name + "/")
        : isHidden(parent, name);
  }

  /** Returns the inodes of a directory the store may not have yet. */
  public List<Inode> local(Inode inode) {
    LocalNames local = inode.directory().local();
    return local == null ? List.of() : local.present();
  }

  /**
   * Sets attributes for as long as the inode is known; null leaves one as it is.
   *
   * @param permissions bits of the mode
   */
  public void setAttributes(
      Inode inode,
      @Nullable Integer permissions,
      @Nullable Integer uid,
      @Nullable Integer gid,
      @Nullable Long modifiedMillis) {
    SetAttributes before = inode.setAttributes();
    SetAttributes newer = new SetAttributes(permissions, uid, gid, modifiedMillis);
    inode.setAttributes(before == null ? newer : before.with(newer));
  }

  /** Returns whether attributes are kept in the store. */
  public boolean keepsAttributes() {
    return keepsAttributes;
  }

  /** Returns the metadata in which the attributes of a file are kept. */
  public Map<String, String> metadata(Inode inode) {
    SetAttributes set = keepsAttributes ? inode.setAttributes() : null;
    return set == null ? Map.of() : set.metadata();
  }

  /** A write has made a time that was set wrong. */
  public void modified(Inode inode) {
    SetAttributes before = inode.setAttributes();
    if (before != null && before.modifiedMillis() != null) {
      inode.setAttributes(before.withoutTime());
    }
  }

  /** Counts a directory open until {@link #closed}: its time does not change meanwhile. */
  public void openDirectory(Inode inode) {
    countOpen(inode);
  }

  /** Starts listing a directory; one that is being started by somebody else is shared. */
  public DirectoryReader list(Inode inode) {
    return new DirectoryReader(this, begun(inode, true));
  }

  /** Returns a listing that has no page yet, one reader of it counted for the caller. */
  private Listing begun(Inode inode, boolean vouchesForAbsence) {
    Directory directory = inode.directory();
    while (true) {
      Listing current = directory.listing();
      if (current != null && !current.hasBegun()) {
        if (reopened(directory, current) != null) {
          return current;
        }
        continue;
      }
      Listing fresh =
          new Listing(directory, inode.key(), transport, clock, listings, vouchesForAbsence);
      listings.open(fresh);
      if (directory.replace(current, fresh)) {
        if (current != null) {
          listings.drop(current);
        }
        return fresh;
      }
      listings.drop(fresh);
      listings.close(fresh);
    }
  }

  /** Counts one more reader of a listing; null if its directory has another one by now. */
  private @Nullable Listing reopened(Directory directory, Listing listing) {
    listings.open(listing);
    if (directory.listing() == listing) {
      return listing;
    }
    listings.close(listing);
    return null;
  }

  /** Writes down everything but what can be asked for again, for another process to go on with. */
  public void write(DataOutput to) throws IOException {
    NamespaceForm.write(to, inodes, hiddenKeys, mountedMillis, clock.getAsLong());
  }

  /**
   * Returns the tree another process has written down.
   *
   * @param since how long ago that was
   * @throws IOException if that cannot be read, or does not fit into this heap
   */
  public static Namespace read(
      DataInput from, Duration since, Transport transport, String prefix, NamespaceOptions options)
      throws IOException {
    long mounted = from.readLong();
    Namespace namespace =
        new Namespace(
            transport,
            prefix,
            options,
            System::nanoTime,
            InstantSource.fixed(Instant.ofEpochMilli(mounted)));
    NamespaceForm.read(from, namespace.inodes, namespace.hiddenKeys, namespace.before(since));
    return namespace;
  }

  private long before(Duration since) {
    return clock.getAsLong() - since.toNanos();
  }

  /** Visits every inode that is known. */
  public void forEach(Consumer<Inode> visitor) {
    inodes.forEach(visitor);
  }

  /** Counts an inode open as often as the handles that another process had; they hold it. */
  public void reopened(Inode inode) {
    inode.countOpen(1);
  }

  /** Writes down the listing of an open directory. */
  public void write(DirectoryReader reader, DataOutput to) throws IOException {
    Listing listing = reader.listing();
    to.writeBoolean(listing.directory().listing() == listing);
    listing.write(to, clock.getAsLong());
  }

  /** Returns the reader of a listing that {@link #write(DirectoryReader, DataOutput)} wrote. */
  public DirectoryReader readReader(Inode inode, Duration since, DataInput from)
      throws IOException {
    boolean current = from.readBoolean();
    Directory directory = inode.directory();
    Listing listing = Listing.read(from, before(since), directory, transport, clock, listings);
    if (!current || !directory.replace(null, listing)) {
      listings.drop(listing);
    }
    return new DirectoryReader(this, listing);
  }

  void close(Listing listing) {
    listings.close(listing);
  }

  void completed(Listing listing) {
    Long marker = listing.markerMillis();
    listing.directory().markerIs(marker == null ? mountedMillis : marker);
    hidden.add(listing.hidden());
    shadowed.add(listing.shadowed());
    if (listing.hidden() + listing.shadowed() > 0) {
      report(
          listing.directory(),
          listing.prefix(),
          listing.hidden(),
          listing.shadowed(),
          listing.example());
    }
  }

  private static void report(
      Directory directory, String prefix, int hidden, int shadowed, String example) {
    if (directory.firstReport()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "below {0}: {1} keys that no path can name are hidden, {2} objects have the name of a"
              + " directory and are hidden by it; one of them is {3}",
          prefix.isEmpty() ? "the root of the bucket" : prefix,
          hidden,
          shadowed,
          example);
    }
  }
}
