// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.Transport;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What LIST requests brought of one directory, a page at a time, packed into about 60 bytes for a
 * name. Entries are numbered from 0 in the order they became known; an entry keeps its number.
 * Thread-safe; one request under way at a time, however many read.
 *
 * <p>Keys that no path can name are left out and counted. Where both {@code a} and {@code a/}
 * exist, the directory stands for the name. As {@code a-1} comes between the two, an object is held
 * back while its directory may still follow; should a store list in another order, the entry
 * becomes a directory in place. A listing is whole or it fails: a page without progress or a token
 * seen before is an error, never an end.
 */
final class Listing {
  /** Most pages in a row that bring nothing new before the listing counts as broken. */
  private static final int PAGES_WITHOUT_PROGRESS = 20;

  private final Directory directory;
  private final String prefix;
  private final Transport transport;
  private final LongSupplier clock;
  private final ListingMemory memory;
  private final boolean vouchesForAbsence;
  private final SingleFlight<Integer, Listing> flights = new SingleFlight<>();

  @GuardedBy("this")
  private final PackedEntries entries = new PackedEntries();

  /** Objects whose directory may still follow. */
  @GuardedBy("this")
  private Map<String, ListedEntry> heldBack = new LinkedHashMap<>();

  @GuardedBy("this")
  private int requests;

  @GuardedBy("this")
  private boolean complete;

  @GuardedBy("this")
  private boolean announced;

  @GuardedBy("this")
  private long startedAt;

  @GuardedBy("this")
  private @Nullable String token;

  /** An earlier token, to notice a store that goes round in circles: moved at powers of two. */
  @GuardedBy("this")
  private @Nullable String landmark;

  @GuardedBy("this")
  private String last = "";

  @GuardedBy("this")
  private int idlePages;

  @GuardedBy("this")
  private @Nullable Long markerMillis;

  @GuardedBy("this")
  private int hidden;

  @GuardedBy("this")
  private int shadowed;

  @GuardedBy("this")
  private String example = "";

  @GuardedBy("this")
  private @Nullable CapacityException tooLarge;

  /**
   * Creates a listing; sends nothing.
   *
   * @param vouchesForAbsence whether names it does not hold, once it is complete, are absent for a
   *     while
   */
  Listing(
      Directory directory,
      String prefix,
      Transport transport,
      LongSupplier clock,
      ListingMemory memory,
      boolean vouchesForAbsence) {
    this.directory = directory;
    this.prefix = prefix;
    this.transport = transport;
    this.clock = clock;
    this.memory = memory;
    this.vouchesForAbsence = vouchesForAbsence;
  }

  boolean vouchesForAbsence() {
    return vouchesForAbsence;
  }

  Directory directory() {
    return directory;
  }

  String prefix() {
    return prefix;
  }

  /** Returns the number of entries known so far. */
  synchronized int size() {
    return entries.size();
  }

  synchronized boolean isComplete() {
    return complete;
  }

  /** Returns whether a request was answered. */
  synchronized boolean hasBegun() {
    return requests > 0;
  }

  /** Returns when the first request was sent; means nothing before. */
  synchronized long startedAt() {
    return startedAt;
  }

  /** Returns the time of the marker object, or null if there is none, once complete. */
  synchronized @Nullable Long markerMillis() {
    return markerMillis;
  }

  /** Returns how many keys no path can name. */
  synchronized int hidden() {
    return hidden;
  }

  /** Returns how many objects a directory of the same name stands before. */
  synchronized int shadowed() {
    return shadowed;
  }

  /** Returns one key that is hidden or shadowed. */
  synchronized String example() {
    return example;
  }

  /**
   * Waits until entry {@code number} is known or the listing is complete; returns true to one
   * caller, once, after it completed.
   */
  boolean await(int number) throws StorageException {
    while (true) {
      int page;
      synchronized (this) {
        if (number < entries.size() || complete) {
          boolean first = complete && !announced;
          announced = complete;
          return first;
        }
        page = requests;
      }
      flights.join(page, () -> fetch(page));
    }
  }

  private Listing fetch(int page) throws StorageException {
    ListRequest request = ListRequest.directory(prefix);
    synchronized (this) {
      if (tooLarge != null) {
        throw tooLarge;
      }
      if (requests != page) {
        return this;
      }
      if (token != null) {
        request = request.after(token);
      }
    }
    long asOf = clock.getAsLong();
    ListPage answer = transport.list(request);
    append(answer, asOf);
    return this;
  }

  private synchronized void append(ListPage answer, long asOf) throws StorageException {
    boolean whole = answer.nextToken() == null;
    int before = entries.size();
    String end = endOf(answer);
    checkProgress(answer, end);
    if (requests == 0) {
      startedAt = asOf;
    }
    addEntries(answer, end, whole, asOf);
    idlePages = entries.size() > before || KeyNames.compare(end, last) > 0 ? 0 : idlePages + 1;
    last = end;
    token = answer.nextToken();
    requests++;
    if (Integer.bitCount(requests) == 1) {
      landmark = token;
    }
    complete = whole;
  }

  @GuardedBy("this")
  private void checkProgress(ListPage answer, String end) throws StorageException {
    String next = answer.nextToken();
    boolean circles = next != null && (next.equals(token) || next.equals(landmark));
    boolean stands =
        next != null && idlePages >= PAGES_WITHOUT_PROGRESS && KeyNames.compare(end, last) <= 0;
    if (circles || stands) {
      throw new StorageException(
          Kind.CORRUPT,
          "the listing of "
              + prefix
              + " at "
              + transport.location()
              + " repeats itself after "
              + requests
              + " pages");
    }
  }

  /** Returns how far a page has come, never less than the pages before. */
  @GuardedBy("this")
  private String endOf(ListPage answer) {
    String end = last;
    List<ObjectStat> objects = answer.objects();
    if (!objects.isEmpty()) {
      String key = objects.getLast().id().key();
      end = KeyNames.compare(key, end) > 0 ? key : end;
    }
    List<String> prefixes = answer.commonPrefixes();
    if (!prefixes.isEmpty()) {
      String key = prefixes.getLast();
      end = KeyNames.compare(key, end) > 0 ? key : end;
    }
    return end;
  }

  @GuardedBy("this")
  private void addEntries(ListPage answer, String end, boolean whole, long asOf) {
    entries.beginPage(asOf, answer.objects().size());
    for (String common : answer.commonPrefixes()) {
      String name = segment(common, 1);
      if (name != null) {
        addDirectory(name);
      }
    }
    Map<String, ListedEntry> held = heldBack;
    heldBack = new LinkedHashMap<>();
    for (ListedEntry entry : held.values()) {
      addObject(entry, end, whole);
    }
    for (ObjectStat stat : answer.objects()) {
      if (stat.id().key().equals(prefix)) {
        markerMillis = stat.lastModified().toEpochMilli();
        continue;
      }
      String name = segment(stat.id().key(), 0);
      if (name != null) {
        FileKind kind = FileKind.of(stat.type());
        addObject(new ListedEntry(name, kind, ObjectVersion.of(stat), asOf, true), end, whole);
      }
    }
    try {
      memory.grow(this, entries.endPage());
    } catch (CapacityException e) {
      tooLarge = e;
      throw e;
    }
  }

  @GuardedBy("this")
  private void addDirectory(String name) {
    if (heldBack.remove(name) != null) {
      shadow(name);
    }
    int known = entries.find(name);
    if (known < 0) {
      entries.add(name, FileKind.DIRECTORY, null);
    } else if (entries.kind(known) != FileKind.DIRECTORY) {
      entries.becomeDirectory(known);
      shadow(name);
    }
  }

  @GuardedBy("this")
  private void addObject(ListedEntry entry, String end, boolean whole) {
    String name = entry.name();
    int known = entries.find(name);
    if (known >= 0) {
      if (entries.kind(known) == FileKind.DIRECTORY) {
        shadow(name);
      }
    } else if (!whole && KeyNames.directoryMayFollow(prefix.concat(name), end)) {
      heldBack.put(name, entry);
    } else {
      entries.add(name, entry.kind(), entry.version());
    }
  }

  @GuardedBy("this")
  private void shadow(String name) {
    shadowed++;
    example = prefix + name;
  }

  /** Returns the name a key leads to, or null, counted, if none does. */
  @GuardedBy("this")
  private @Nullable String segment(String key, int delimiterLength) {
    if (key.startsWith(prefix)) {
      int end = key.length() - delimiterLength;
      String name = end < prefix.length() ? "" : key.substring(prefix.length(), end);
      if (KeyNames.isName(name)) {
        return name;
      }
    }
    hidden++;
    example = key;
    return null;
  }

  /** Writes it down; no request of it is under way. */
  synchronized void write(DataOutput to, long now) throws IOException {
    to.writeUTF(prefix);
    to.writeBoolean(vouchesForAbsence);
    entries.write(to, now);
    to.writeInt(heldBack.size());
    for (ListedEntry entry : heldBack.values()) {
      to.writeLong(now - entry.asOf());
      entry.write(to);
    }
    to.writeInt(requests);
    to.writeBoolean(complete);
    to.writeBoolean(announced);
    to.writeLong(now - startedAt);
    writeOptional(to, token);
    writeOptional(to, landmark);
    to.writeUTF(last);
    to.writeInt(idlePages);
    to.writeBoolean(markerMillis != null);
    to.writeLong(markerMillis == null ? 0 : markerMillis);
    to.writeInt(hidden);
    to.writeInt(shadowed);
    to.writeUTF(example);
  }

  /** Reads what {@link #write} wrote, into a listing that counts in {@link ListingMemory}. */
  @SuppressWarnings("GuardedBy") // nobody else knows it yet
  static Listing read(
      DataInput from,
      long now,
      Directory directory,
      Transport transport,
      LongSupplier clock,
      ListingMemory memory)
      throws IOException {
    String prefix = from.readUTF();
    Listing listing = new Listing(directory, prefix, transport, clock, memory, from.readBoolean());
    memory.open(listing);
    memory.grow(listing, listing.entries.read(from, now));
    for (int left = from.readInt(); left > 0; left--) {
      ListedEntry entry = ListedEntry.read(from, now - from.readLong());
      listing.heldBack.put(entry.name(), entry);
    }
    listing.requests = from.readInt();
    listing.complete = from.readBoolean();
    listing.announced = from.readBoolean();
    listing.startedAt = now - from.readLong();
    listing.token = readOptional(from);
    listing.landmark = readOptional(from);
    listing.last = from.readUTF();
    listing.idlePages = from.readInt();
    boolean hasMarker = from.readBoolean();
    long marker = from.readLong();
    listing.markerMillis = hasMarker ? marker : null;
    listing.hidden = from.readInt();
    listing.shadowed = from.readInt();
    listing.example = from.readUTF();
    return listing;
  }

  private static void writeOptional(DataOutput to, @Nullable String text) throws IOException {
    to.writeBoolean(text != null);
    if (text != null) {
      to.writeUTF(text);
    }
  }

  private static @Nullable String readOptional(DataInput from) throws IOException {
    return from.readBoolean() ? from.readUTF() : null;
  }

  /** Returns what is known of an entry. */
  synchronized ListedEntry get(int number) {
    return entries.get(number);
  }

  /** Returns the entry of a name, or null if none is known so far. */
  synchronized @Nullable ListedEntry find(String name) {
    int number = entries.find(name);
    return number < 0 ? null : entries.get(number);
  }

  /** The store was asked for this name later and had the last word. */
  synchronized void distrust(String name) {
    int number = entries.find(name);
    if (number >= 0) {
      entries.distrust(number);
    }
  }
}
