// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.sluicefs.emulator.StoreException;
import java.io.ByteArrayInputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/** A small XML document as a tree; names without namespaces, no DTD. */
public final class XmlElement {
  private final String name;
  private final StringBuilder text = new StringBuilder();
  private final List<XmlElement> children = new ArrayList<>();

  private XmlElement(String name) {
    this.name = name;
  }

  /** The root of a document that must have the given name. */
  public static XmlElement parse(byte[] document, String root) {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    try {
      XmlElement element =
          parse(factory.createXMLStreamReader(new ByteArrayInputStream(document), "UTF-8"));
      if (element.name.equals(root)) {
        return element;
      }
    } catch (XMLStreamException e) {
      throw malformed();
    }
    throw malformed();
  }

  private static XmlElement parse(XMLStreamReader reader) throws XMLStreamException {
    XmlElement document = new XmlElement("");
    Deque<XmlElement> open = new ArrayDeque<>(List.of(document));
    while (reader.hasNext()) {
      switch (reader.next()) {
        case XMLStreamConstants.START_ELEMENT -> {
          XmlElement element = new XmlElement(reader.getLocalName());
          open.element().children.add(element);
          open.push(element);
        }
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA ->
            open.element().text.append(reader.getText());
        case XMLStreamConstants.END_ELEMENT -> open.pop();
        default -> {}
      }
    }
    return document.children.getFirst();
  }

  public List<XmlElement> children(String childName) {
    return children.stream().filter(child -> child.name.equals(childName)).toList();
  }

  public @Nullable XmlElement child(String childName) {
    return children(childName).stream().findFirst().orElse(null);
  }

  /** Text of a child; null when there is none. */
  public @Nullable String text(String childName) {
    XmlElement child = child(childName);
    return child == null ? null : child.text.toString();
  }

  /** Text of a child that must be there. */
  public String required(String childName) {
    String value = text(childName);
    if (value == null) {
      throw malformed();
    }
    return value;
  }

  private static StoreException malformed() {
    return new StoreException(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema.");
  }
}
