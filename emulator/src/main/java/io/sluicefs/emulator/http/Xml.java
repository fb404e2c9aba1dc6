// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes an XML document. */
public final class Xml {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private final StringBuilder text =
      new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  private final Deque<String> open = new ArrayDeque<>();

  private Xml() {}

  public static Xml root(String name) {
    return new Xml().begin(name);
  }

  public static Xml root(String name, String namespace) {
    Xml xml = new Xml();
    xml.text.append('<').append(name).append(" xmlns=\"").append(namespace).append("\">");
    xml.open.push(name);
    return xml;
  }

  public Xml begin(String name) {
    text.append('<').append(name).append('>');
    open.push(name);
    return this;
  }

  public Xml end() {
    text.append("</").append(open.pop()).append('>');
    return this;
  }

  public Xml leaf(String name, String value) {
    text.append('<').append(name).append('>');
    escape(value);
    text.append("</").append(name).append('>');
    return this;
  }

  public Xml leaf(String name, long value) {
    return leaf(name, Long.toString(value));
  }

  public Xml leaf(String name, boolean value) {
    return leaf(name, Boolean.toString(value));
  }

  public Xml leaf(String name, Instant value) {
    return leaf(name, TIME.format(value));
  }

  /** Text of the element that is open. */
  public Xml text(String value) {
    escape(value);
    return this;
  }

  /** The document; whatever is open is ended. */
  public String document() {
    while (!open.isEmpty()) {
      end();
    }
    return text.toString();
  }

  private void escape(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '&' -> text.append("&amp;");
        case '<' -> text.append("&lt;");
        case '>' -> text.append("&gt;");
        case '"' -> text.append("&quot;");
        default -> {
          if (c < ' ') {
            text.append("&#x").append(Integer.toHexString(c)).append(';');
          } else {
            text.append(c);
          }
        }
      }
    }
  }
}
