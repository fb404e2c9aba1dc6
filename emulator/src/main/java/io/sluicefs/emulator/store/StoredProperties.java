// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoredObject;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** The description of an object as a file of properties. */
final class StoredProperties {
  private static final String HEADER = "header.";
  private static final String METADATA = "metadata.";
  private static final String TAG = "tag.";
  private static final String CHECKSUM = "checksum.";

  private StoredProperties() {}

  /** Whether the content is described by few numbers and bytes, so that it needs no file. */
  static boolean isSynthetic(Content content) {
    return content instanceof SyntheticContent
        || (content instanceof ConcatenatedContent whole
            && whole.parts().size() == 2
            && whole.parts().get(0) instanceof MemoryContent
            && whole.parts().get(1) instanceof SyntheticContent);
  }

  static void write(StoredObject object, Path file) throws IOException {
    Properties properties = new Properties();
    properties.setProperty("key", object.key());
    properties.setProperty("etag", object.etag());
    properties.setProperty("modified", object.lastModified().toString());
    properties.setProperty("type", object.type().name());
    if (object.linkTarget() != null) {
      properties.setProperty("link", object.linkTarget());
    }
    object.headers().forEach((name, value) -> properties.setProperty(HEADER + name, value));
    object.metadata().forEach((name, value) -> properties.setProperty(METADATA + name, value));
    object.tags().forEach((name, value) -> properties.setProperty(TAG + name, value));
    object.checksums().forEach((name, value) -> properties.setProperty(CHECKSUM + name, value));
    content(object.content(), properties);
    try (Writer writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      properties.store(writer, null);
    }
  }

  private static void content(Content content, Properties properties) throws IOException {
    switch (RememberedCrc.bare(content)) {
      case FileContent file -> {
        properties.setProperty("file", file.path().getFileName().toString());
        properties.setProperty("size", Long.toString(file.size()));
        properties.setProperty("crc64", Long.toUnsignedString(content.crc64()));
      }
      case SyntheticContent synthetic -> synthetic(new byte[0], synthetic, properties);
      case ConcatenatedContent whole -> {
        byte[] head = new byte[(int) whole.parts().get(0).size()];
        whole.read(0, ByteBuffer.wrap(head));
        synthetic(head, (SyntheticContent) whole.parts().get(1), properties);
      }
      default ->
          throw new IOException("a content of " + content.size() + " bytes is not in a file");
    }
  }

  private static void synthetic(byte[] head, SyntheticContent rest, Properties properties) {
    properties.setProperty("head", Base64.getEncoder().encodeToString(head));
    properties.setProperty("ring", Integer.toString(rest.start()));
    properties.setProperty("size", Long.toString(rest.size()));
  }

  static StoredObject read(String bucket, Path file, Path data) throws IOException {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    }
    try {
      return new StoredObject(
          bucket,
          required(properties, "key"),
          required(properties, "etag"),
          Instant.parse(required(properties, "modified")),
          StoredObject.Type.valueOf(required(properties, "type")),
          all(properties, HEADER),
          all(properties, METADATA),
          all(properties, TAG),
          all(properties, CHECKSUM),
          properties.getProperty("link"),
          content(properties, data));
    } catch (RuntimeException e) {
      throw new IOException(
          "cannot read the description " + file + " of an object: " + e.getMessage(), e);
    }
  }

  private static Content content(Properties properties, Path data) {
    long size = Long.parseLong(required(properties, "size"));
    String name = properties.getProperty("file");
    if (name != null) {
      long crc = Long.parseUnsignedLong(required(properties, "crc64"));
      return new RememberedCrc(new FileContent(data.resolve(name), 0, size), crc);
    }
    byte[] head = Base64.getDecoder().decode(required(properties, "head"));
    Content rest = new SyntheticContent(Integer.parseInt(required(properties, "ring")), size);
    Content whole =
        head.length == 0
            ? rest
            : ConcatenatedContent.of(List.of(new MemoryContent(ByteBuffer.wrap(head)), rest));
    return new RememberedCrc(whole, null);
  }

  private static String required(Properties properties, String name) {
    String value = properties.getProperty(name);
    if (value == null) {
      throw new IllegalArgumentException("it has no " + name);
    }
    return value;
  }

  private static Map<String, String> all(Properties properties, String prefix) {
    Map<String, String> all = new HashMap<>();
    for (String name : properties.stringPropertyNames()) {
      if (name.startsWith(prefix)) {
        all.put(name.substring(prefix.length()), properties.getProperty(name));
      }
    }
    return all;
  }
}
