// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of a staging folder: {@code <area>.lock}, locked by the daemon while it lives, and
 * {@code <area>-<number>.data} and {@code .journal} for each staged file. No part of a key is in a
 * name.
 *
 * @param area the part of the name all files of one daemon share
 * @param kind the part after the dot
 * @param id what people call the staged file; empty for a lock
 */
record StagedNames(String area, String kind, String id) {
  static final String LOCK = ".lock";
  static final String DATA = ".data";
  static final String JOURNAL = ".journal";

  /** Follows the name of a journal while it is written afresh. */
  static final String FRESH = ".new";

  private static final Pattern ID = Pattern.compile("([0-9a-f]{8})-[0-9a-f]+");
  private static final Pattern NAME =
      Pattern.compile("([0-9a-f]{8})(-[0-9a-f]+)?(\\.lock|\\.data|\\.journal(?:\\.new)?)");

  /** Returns what a file is by its name, or nothing if it is none of these. */
  static Optional<StagedNames> of(Path file) {
    Matcher matcher = NAME.matcher(String.valueOf(file.getFileName()));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String number = matcher.group(2);
    boolean lock = matcher.group(3).equals(LOCK);
    if (lock != (number == null)) {
      return Optional.empty();
    }
    return Optional.of(
        new StagedNames(matcher.group(1), matcher.group(3), lock ? "" : matcher.group(1) + number));
  }

  /** Returns the part of an identifier that names its daemon; nothing if it is no identifier. */
  static Optional<String> areaOf(String id) {
    Matcher matcher = ID.matcher(id);
    return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
  }
}
