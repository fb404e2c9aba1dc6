// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import java.util.regex.Pattern;

/**
 * A small XML document whose elements hold text and are there once, as errors and the answers to
 * copies are: nothing needs to be parsed, nor expanded, nor trusted.
 */
record FlatDocument(String xml) {
  /** Returns whether the outermost element has a name. */
  boolean isA(String root) {
    return Pattern.compile("<" + root + "[ />]").matcher(xml).find();
  }

  /** Returns the text of an element without blanks around it; empty if there is none. */
  String element(String name) {
    int start = xml.indexOf("<" + name + ">");
    int end = start < 0 ? -1 : xml.indexOf("</" + name + ">", start);
    return end < 0
        ? ""
        : xml.substring(start + name.length() + 2, end)
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&#34;", "\"")
            .replace("&amp;", "&")
            .strip();
  }
}
