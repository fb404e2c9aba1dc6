// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.spi.Setting;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a time as the configuration has it: {@code 12h}. */
final class AgeConverter implements ITypeConverter<Duration> {
  private static final Setting<Duration> AGE = Setting.duration("age", "How long ago.");

  @Override
  public Duration convert(String text) {
    try {
      return AGE.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("expected " + AGE.expected() + ", not '" + text + "'");
    }
  }
}
