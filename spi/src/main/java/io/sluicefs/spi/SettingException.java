// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

/**
 * A setting is unknown, missing or not usable. The message is one line for the person who wrote the
 * configuration: which setting, where it stands, what is wrong, what would be right.
 */
public final class SettingException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Creates an exception; control characters, as of a damaged file, become blanks. */
  public SettingException(String message) {
    super(OneLine.of(message));
  }
}
