// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/**
 * Sentences that say why Sluice is behind another system in a work, from {@code
 * reasons.properties}: {@code small-files.speed} says why it is slower, {@code small-files.cpu} why
 * its daemon uses more CPU.
 */
final class Reasons {
  private static final String FILE = "reasons.properties";

  private final Properties sentences;

  private Reasons(Properties sentences) {
    this.sentences = sentences;
  }

  static Reasons read() {
    Properties sentences = new Properties();
    try (InputStream bytes = Reasons.class.getResourceAsStream(FILE);
        Reader text =
            new InputStreamReader(
                bytes == null ? InputStream.nullInputStream() : bytes, StandardCharsets.UTF_8)) {
      sentences.load(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Reasons(sentences);
  }

  String slower(Work work) {
    return sentence(work, "speed");
  }

  String costlier(Work work) {
    return sentence(work, "cpu");
  }

  private String sentence(Work work, String figure) {
    String name = work.name().replace(' ', '-') + "." + figure;
    return sentences.getProperty(name, "(" + FILE + " does not say why: " + name + ")");
  }
}
