// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import java.io.InputStream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Reads a store's XML in one pass, without document types and entities of its own: those a hostile
 * answer would use have no place in the protocol.
 */
final class XmlDocument implements AutoCloseable {
  private final XMLStreamReader reader;

  /** Opens a document whose root element must have the given name. */
  XmlDocument(InputStream in, String root) throws XMLStreamException {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    reader = factory.createXMLStreamReader(in);
    int event = nextEvent();
    while (event != XMLStreamConstants.START_ELEMENT) {
      event = nextEvent();
    }
    if (!reader.getLocalName().equals(root)) {
      throw new XMLStreamException("<" + reader.getLocalName() + "> where <" + root + "> belongs");
    }
  }

  /**
   * Moves to the next child of the element whose start was last read, or past its end.
   *
   * @return whether there is a child, whose name is {@link #name}
   */
  boolean nextChild() throws XMLStreamException {
    while (true) {
      int event = nextEvent();
      if (event == XMLStreamConstants.START_ELEMENT) {
        return true;
      }
      if (event == XMLStreamConstants.END_ELEMENT) {
        return false;
      }
    }
  }

  /** Returns the name of the current element, without prefix. */
  String name() {
    return reader.getLocalName();
  }

  /** Returns the current element's text and moves past its end; it must have no children. */
  String text() throws XMLStreamException {
    StringBuilder text = new StringBuilder();
    while (true) {
      switch (nextEvent()) {
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE ->
            text.append(reader.getText());
        case XMLStreamConstants.END_ELEMENT -> {
          return text.toString();
        }
        case XMLStreamConstants.START_ELEMENT ->
            throw new XMLStreamException("<" + reader.getLocalName() + "> inside a text");
        default -> {}
      }
    }
  }

  /** Moves past the end of the current element. */
  void skip() throws XMLStreamException {
    int depth = 1;
    while (depth > 0) {
      int event = nextEvent();
      if (event == XMLStreamConstants.START_ELEMENT) {
        depth++;
      } else if (event == XMLStreamConstants.END_ELEMENT) {
        depth--;
      }
    }
  }

  /** Reads to the end, so that what follows the root must be well-formed too. */
  void end() throws XMLStreamException {
    while (reader.hasNext()) {
      nextEvent();
    }
  }

  private int nextEvent() throws XMLStreamException {
    int event;
    try {
      event = reader.next();
    } catch (RuntimeException e) {
      // The JDK's parser has no words for some of what it meets, and fails looking for them.
      throw new XMLStreamException("it is not well-formed", e);
    }
    if (event == XMLStreamConstants.DTD || event == XMLStreamConstants.ENTITY_REFERENCE) {
      throw new XMLStreamException("a document type or an entity");
    }
    return event;
  }

  @Override
  public void close() throws XMLStreamException {
    reader.close();
  }
}
