// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a store could answer to a LIST that a well-behaved one does not. */
@Timeout(30)
class ListingTest {
  private final ListingMemory memory = new ListingMemory(1 << 20);
  private int requests;

  private Listing listing(IntFunction<ListPage> pages) {
    Transport store =
        new Transport() {
          @Override
          public String location() {
            return "test://bucket";
          }

          @Override
          public TransportCapabilities capabilities() {
            return TransportCapabilities.readOnly();
          }

          @Override
          public ObjectStat head(String key) throws StorageException {
            throw new StorageException(Kind.NOT_FOUND, key);
          }

          @Override
          public ListPage list(ListRequest request) {
            return pages.apply(requests++);
          }

          @Override
          public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress p) {}

          @Override
          public void close() {}
        };
    Listing made = new Listing(new Directory(0), "d/", store, System::nanoTime, memory, true);
    memory.open(made);
    return made;
  }

  private static ListPage page(List<String> keys, List<String> prefixes, String token) {
    return new ListPage(
        keys.stream()
            .map(
                key ->
                    new ObjectStat(
                        new ObjectId(key, "e"), 1, Instant.EPOCH, ObjectStat.Type.DATA, Map.of()))
            .toList(),
        prefixes,
        token.isEmpty() ? null : token);
  }

  private static void readAll(Listing listing) throws StorageException {
    while (!listing.isComplete()) {
      listing.await(listing.size());
    }
  }

  private void assertBroken(IntFunction<ListPage> pages) {
    Listing listing = listing(pages);
    assertEquals(Kind.CORRUPT, assertThrows(StorageException.class, () -> readAll(listing)).kind());
    assertFalse(listing.isComplete());
    assertTrue(requests < 100, requests + " requests");
  }

  @Test
  void aTokenThatComesBackAtOnceIsAnError() {
    assertBroken(i -> page(List.of("d/" + i), List.of(), "same"));
  }

  @Test
  void tokensThatGoRoundInACircleAreAnError() {
    assertBroken(i -> page(List.of("d/" + i), List.of(), "token" + i % 5));
  }

  @Test
  void thePageThatComesAgainAndAgainUnderNewTokensIsAnError() {
    assertBroken(i -> page(List.of("d/a", "d/b"), List.of("d/c/"), "token" + i));
  }

  @Test
  void emptyPagesWithoutEndAreAnError() {
    assertBroken(i -> page(List.of(), List.of(), "token" + i));
  }

  @Test
  void hiddenKeysThatComeAgainAndAgainAreAnError() {
    assertBroken(i -> page(List.of("d/."), List.of("d//"), "token" + i));
  }

  @Test
  void anEmptyPageInBetweenIsNot() throws Exception {
    Listing listing =
        listing(
            i ->
                i % 2 == 0
                    ? page(List.of(), List.of(), "token" + i)
                    : page(List.of("d/" + i), List.of(), i == 9 ? "" : "token" + i));
    readAll(listing);
    assertEquals(5, listing.size());
  }

  @Test
  void aStoreThatListsInAnotherOrderGivesEveryNameOnce() throws Exception {
    List<ListPage> pages =
        List.of(
            page(List.of("d/z", "d/a"), List.of(), "1"),
            page(List.of("d/m"), List.of("d/a/"), "2"),
            page(List.of("d/c"), List.of("d/b/"), "3"),
            page(List.of("d/b"), List.of("d/z/"), ""));
    Listing listing = listing(pages::get);
    readAll(listing);
    List<String> names =
        IntStream.range(0, listing.size()).mapToObj(i -> listing.get(i).name()).sorted().toList();
    assertEquals(List.of("a", "b", "c", "m", "z"), names);
    for (String name : List.of("a", "b", "z")) {
      ListedEntry entry = listing.find(name);
      assertNotNull(entry);
      assertEquals(FileKind.DIRECTORY, entry.kind());
    }
    assertEquals(3, listing.shadowed());
  }

  @Test
  void keysOutsideTheDirectoryAreHidden() throws Exception {
    Listing listing = listing(i -> page(List.of("e/a", "d/a", "d"), List.of("f/"), ""));
    readAll(listing);
    assertEquals(1, listing.size());
    assertEquals(3, listing.hidden());
  }

  @Test
  void whatTheStoreWasAskedForLaterIsNotTrusted() throws Exception {
    Listing listing = listing(i -> page(List.of("d/a", "d/b"), List.of("d/c/"), ""));
    readAll(listing);
    for (String name : List.of("a", "c")) {
      listing.distrust(name);
      ListedEntry entry = listing.find(name);
      assertNotNull(entry);
      assertFalse(entry.trusted());
    }
    ListedEntry other = listing.find("b");
    assertNotNull(other);
    assertTrue(other.trusted());
  }
}
