// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks the store what a key is, file, directory or nothing, with one LIST of the key as prefix: it
 * brings the object itself first and {@code key/} rolled up to one entry. Between the two come
 * {@code key-1}, {@code key.txt} and the like; only if those fill the page a second request asks
 * for {@code key/}.
 */
final class KeyResolver {
  /** Most empty pages in a row to follow. */
  private static final int EMPTY_PAGES = 20;

  /**
   * What a key is.
   *
   * @param kind null if it is nothing
   * @param version of the object; null for a directory
   * @param attributes what the object's metadata says, if it was asked for
   * @param shadowed whether there is an object beside the directory
   * @param asOf when the store was asked
   */
  record Answer(
      @Nullable FileKind kind,
      @Nullable ObjectVersion version,
      @Nullable SetAttributes attributes,
      boolean shadowed,
      long asOf) {}

  private final Transport transport;
  private final LongSupplier clock;
  private final HiddenKeys hidden;
  private final boolean linksAreListedAsEmpty;
  private final boolean keepsAttributes;
  private final SingleFlight<String, Answer> flights = new SingleFlight<>();

  /**
   * Creates a resolver.
   *
   * @param hidden keys that count as absent
   * @param keepsAttributes whether the metadata of files is wanted, which takes a HEAD of each
   */
  KeyResolver(Transport transport, LongSupplier clock, HiddenKeys hidden, boolean keepsAttributes) {
    this.transport = transport;
    this.clock = clock;
    this.hidden = hidden;
    this.keepsAttributes = keepsAttributes;
    this.linksAreListedAsEmpty = transport.capabilities().has(Feature.SYMLINKS_LISTED_AS_EMPTY);
  }

  /** Returns what a key is; identical questions at one time are one request. */
  Answer resolve(String key) throws StorageException {
    return flights.join(key, () -> ask(key));
  }

  /** Returns what the object of a key is that was listed: one HEAD, unless it is gone. */
  Answer describe(String key) throws StorageException {
    return flights.join(
        key,
        () -> {
          long asOf = clock.getAsLong();
          ObjectStat object = head(key);
          return object == null ? ask(key) : answer(object, asOf);
        });
  }

  private Answer ask(String key) throws StorageException {
    long asOf = clock.getAsLong();
    String directoryKey = key.concat("/");
    ListPage page = firstPage(ListRequest.directory(key));
    List<ObjectStat> objects = page.objects();
    List<String> prefixes = page.commonPrefixes();
    ObjectStat object = null;
    for (ObjectStat stat : objects) {
      if (stat.id().key().equals(key) && !hidden.contains(key)) {
        object = stat;
      }
    }
    boolean directory = prefixes.contains(directoryKey);
    if (!directory && page.nextToken() != null && mayFollow(key, page)) {
      ListPage below = firstPage(new ListRequest(directoryKey, "", null, 1));
      directory = !isEmpty(below);
    }
    if (directory && !holdsOnlyHidden(directoryKey)) {
      return new Answer(FileKind.DIRECTORY, null, null, object != null, asOf);
    }
    if (object != null && isListedInPart(object)) {
      object = head(key);
    }
    return object == null ? new Answer(null, null, null, false, asOf) : answer(object, asOf);
  }

  private Answer answer(ObjectStat object, long asOf) {
    return new Answer(
        FileKind.of(object.type()),
        ObjectVersion.of(object),
        keepsAttributes ? SetAttributes.of(object.metadata()) : null,
        false,
        asOf);
  }

  /** Returns whether all keys that begin with a directory's are hidden. */
  boolean holdsOnlyHidden(String directoryKey) throws StorageException {
    int count = hidden.countBelow(directoryKey);
    if (count == 0) {
      return false;
    }
    ListRequest request =
        new ListRequest(directoryKey, "", null, Math.min(count + 1, ListRequest.MAX_KEYS));
    while (true) {
      ListPage page = transport.list(request);
      for (ObjectStat stat : page.objects()) {
        if (!hidden.contains(stat.id().key())) {
          return false;
        }
      }
      String token = page.nextToken();
      if (token == null) {
        return true;
      }
      request = request.after(token);
    }
  }

  private boolean isListedInPart(ObjectStat object) {
    return object.type() == ObjectStat.Type.DATA
        && (keepsAttributes || (object.size() == 0 && linksAreListedAsEmpty));
  }

  private @Nullable ObjectStat head(String key) throws StorageException {
    try {
      return transport.head(key);
    } catch (StorageException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  private static boolean mayFollow(String key, ListPage page) {
    String object = page.objects().isEmpty() ? key : page.objects().getLast().id().key();
    String prefix = page.commonPrefixes().isEmpty() ? key : page.commonPrefixes().getLast();
    return KeyNames.directoryMayFollow(key, object) && KeyNames.directoryMayFollow(key, prefix);
  }

  /** Returns the first page that holds something, or the last of all. */
  private ListPage firstPage(ListRequest request) throws StorageException {
    ListPage page = transport.list(request);
    for (int i = 0; i < EMPTY_PAGES; i++) {
      String token = page.nextToken();
      if (token == null || !isEmpty(page)) {
        return page;
      }
      page = transport.list(request.after(token));
    }
    throw new StorageException(
        Kind.CORRUPT,
        "the listing of " + request.prefix() + " at " + transport.location() + " does not end");
  }

  private static boolean isEmpty(ListPage page) {
    return page.objects().isEmpty() && page.commonPrefixes().isEmpty();
  }
}
