// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluicefs.spi.fuse.OpenFile;
import org.junit.jupiter.api.Test;

class PageOwnersTest {
  private static final long PATH = 7;
  private static final long OLD = 100;
  private static final long NEW = 101;

  private final PageOwners owners = new PageOwners();

  @Test
  void theFirstOpenDropsWhateverPagesThereAre() {
    assertEquals(
        new OpenFile(1, false, false), owners.opened(PATH, OLD, new OpenFile(1, true, false)));
  }

  @Test
  void pagesOfTheSameInodeAreKept() {
    owners.opened(PATH, OLD, new OpenFile(1, false, false));
    owners.released(1);
    assertEquals(
        new OpenFile(2, true, false), owners.opened(PATH, OLD, new OpenFile(2, true, false)));
  }

  @Test
  void aNewVersionBesideAnOpenOldOneBypassesThePages() {
    owners.opened(PATH, OLD, new OpenFile(1, false, false));
    assertEquals(
        new OpenFile(2, true, true), owners.opened(PATH, NEW, new OpenFile(2, false, false)));
    assertEquals(
        new OpenFile(3, true, false), owners.opened(PATH, OLD, new OpenFile(3, true, false)));
  }

  @Test
  void aVersionThatBypassedThePagesDoesNotKeepThoseOfTheOther() {
    owners.opened(PATH, OLD, new OpenFile(1, false, false));
    owners.opened(PATH, NEW, new OpenFile(2, false, false));
    owners.released(2);
    owners.released(1);
    assertEquals(
        new OpenFile(3, false, false), owners.opened(PATH, NEW, new OpenFile(3, true, false)));
  }

  @Test
  void whatBypassesThePagesAnywayIsLeftAlone() {
    owners.opened(PATH, OLD, new OpenFile(1, false, false));
    OpenFile direct = new OpenFile(2, false, true);
    assertEquals(direct, owners.opened(PATH, NEW, direct));
  }
}
