// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.Transport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a transport must list, and what it must take for a key. */
abstract class ListingSuite extends TransportSuite {
  private static final int LONGEST_KEY = 1024;

  @Test
  void listOfNothingIsEmpty() throws Exception {
    ListPage page = transport.list(ListRequest.directory(prefix + "nothing/"));
    assertEquals(List.of(), page.objects());
    assertEquals(List.of(), page.commonPrefixes());
    assertNull(page.nextToken());
  }

  @Test
  void listAgreesWithHead() throws Exception {
    store(prefix + "object", content(777, 1));
    ListPage page = transport.list(ListRequest.directory(prefix));
    assertEquals(1, page.objects().size());
    ObjectStat listed = page.objects().getFirst();
    ObjectStat head = transport.head(prefix + "object");
    assertEquals(head.id(), listed.id());
    assertEquals(head.size(), listed.size());
    assertEquals(head.storageClass(), listed.storageClass());
    assertTrue(Duration.between(head.lastModified(), listed.lastModified()).abs().toSeconds() <= 1);
  }

  @Test
  void listRollsUpWhatIsBehindTheDelimiter() throws Exception {
    for (String key : List.of("a", "a/b", "a/c/d", "b/", "b/x", "c.txt", "d/e/f/g")) {
      storeOrSkip(prefix + key, key);
    }
    ListPage top = transport.list(ListRequest.directory(prefix));
    assertEquals(Set.of("a", "c.txt"), names(top));
    assertEquals(Set.of("a/", "b/", "d/"), prefixes(top));
    ListPage b = transport.list(ListRequest.directory(prefix + "b/"));
    assertEquals(Set.of("b/", "b/x"), names(b));
    ListPage all = transport.list(new ListRequest(prefix, "", null, ListRequest.MAX_KEYS));
    assertEquals(Set.of("a", "a/b", "a/c/d", "b/", "b/x", "c.txt", "d/e/f/g"), names(all));
    assertEquals(List.of(), all.commonPrefixes());
    ListPage half = transport.list(new ListRequest(prefix + "a", "/", null, ListRequest.MAX_KEYS));
    assertEquals(Set.of("a"), names(half));
    assertEquals(Set.of("a/"), prefixes(half));
  }

  @Test
  void listGivesEveryEntryOnceOverPages() throws Exception {
    Set<String> expected = new LinkedHashSet<>();
    for (int i = 0; i < 1105; i++) {
      String name = "entry-%04d".formatted(i);
      store(prefix + name, new byte[1]);
      expected.add(name);
    }
    List<String> seen = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    ListRequest request = ListRequest.directory(prefix);
    for (ListPage page = transport.list(request); ; page = transport.list(request)) {
      names(page).forEach(seen::add);
      sizes.add(page.objects().size());
      String next = page.nextToken();
      if (next == null) {
        break;
      }
      request = request.after(next);
    }
    assertEquals(expected.size(), seen.size());
    assertEquals(expected, new LinkedHashSet<>(seen));
    assertTrue(sizes.stream().allMatch(size -> size <= ListRequest.MAX_KEYS), sizes.toString());
    assertTrue(sizes.size() <= 3, "pages of " + sizes);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void listGivesEveryPrefixOnceOverSmallPages(int maxKeys) throws Exception {
    String flaw = flawOfSmallPages();
    if (flaw != null) {
      abort(flaw);
    }
    Set<String> objects = Set.of("b", "d", "f");
    Set<String> folders = Set.of("a/", "c/", "e/");
    for (String object : objects) {
      store(prefix + object, new byte[1]);
    }
    for (String folder : folders) {
      store(prefix + folder + "x", new byte[1]);
      store(prefix + folder + "y", new byte[1]);
    }
    List<String> seen = new ArrayList<>();
    ListRequest request = new ListRequest(prefix, "/", null, maxKeys);
    for (int pages = 0; pages < 20; pages++) {
      ListPage page = transport.list(request);
      assertTrue(page.objects().size() + page.commonPrefixes().size() <= maxKeys);
      seen.addAll(names(page));
      seen.addAll(prefixes(page));
      String next = page.nextToken();
      if (next == null) {
        break;
      }
      request = request.after(next);
    }
    assertEquals(6, seen.size(), seen.toString());
    Set<String> expected = new HashSet<>(objects);
    expected.addAll(folders);
    assertEquals(expected, new HashSet<>(seen));
  }

  @Test
  void listOfAMissingBucketSaysSo() throws Exception {
    assumeTrue(
        provider().descriptor().settings().stream()
            .anyMatch(setting -> setting.name().equals(bucketSetting())),
        () -> "no setting " + bucketSetting() + " names the bucket");
    Map<String, String> settings = new HashMap<>(settings());
    settings.put(bucketSetting(), "no-such-bucket-7f3a9c");
    try (Transport other = provider().open(TestContext.of(provider(), settings, memory))) {
      StorageException failure =
          assertFails(Kind.NO_SUCH_BUCKET, () -> other.list(ListRequest.directory("")));
      assertTrue(message(failure).contains("no-such-bucket-7f3a9c"), message(failure));
    }
  }

  static List<String> oddKeys() {
    return List.of(
        "with space",
        " leading and trailing ",
        "plus+plus",
        "100%",
        "%41%2f%25",
        "amp&equals=question?hash#semicolon;",
        "quotes'\"back\\slash",
        "<xml>&amp;</xml>",
        "~*()!$,:@[]{}|^`",
        "\u00fcn\u00efc\u00f6d\u00e9/\u65e5\u672c\u8a9e",
        "e\u0301 is not \u00e9",
        "\ud83d\ude00",
        "new\nline\ttab",
        "a//b",
        "/leading slash",
        "//two",
        "./dot",
        "a/./b",
        "a/../b",
        "../up",
        "..",
        "trailing/",
        "trailing//",
        "UPPER and lower");
  }

  @ParameterizedTest
  @MethodSource("oddKeys")
  void takesKeysAsTheyAre(String name) throws Exception {
    assertKeyWorks(prefix + name);
  }

  @Test
  void takesTheLongestKey() throws Exception {
    assertKeyWorks(prefix + "k".repeat(LONGEST_KEY - prefix.length()));
  }

  @Test
  void takesTheLongestKeyOfManyBytesACharacter() throws Exception {
    String start = prefix + "x".repeat((LONGEST_KEY - prefix.length()) % 3);
    assertKeyWorks(start + "\u65e5".repeat((LONGEST_KEY - start.length()) / 3));
  }

  @Test
  void tellsAnObjectFromAPrefixOfTheSameName() throws Exception {
    storeOrSkip(prefix + "a", "one");
    storeOrSkip(prefix + "a/b", "two");
    assertArrayEquals(bytes("one"), readAll(prefix + "a"));
    assertArrayEquals(bytes("two"), readAll(prefix + "a/b"));
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "a/"));
  }

  private void assertKeyWorks(String key) throws Exception {
    storeOrSkip(key, key);
    ObjectStat head = transport.head(key);
    assertEquals(key, head.id().key());
    assertArrayEquals(bytes(key), readAll(key));
    ListPage page = transport.list(new ListRequest(prefix, "", null, ListRequest.MAX_KEYS));
    assertEquals(List.of(key), page.objects().stream().map(object -> object.id().key()).toList());
    assertEquals(head.id(), page.objects().getFirst().id());
    ListPage exact = transport.list(new ListRequest(key, "", null, ListRequest.MAX_KEYS));
    assertEquals(1, exact.objects().size());
  }
}
