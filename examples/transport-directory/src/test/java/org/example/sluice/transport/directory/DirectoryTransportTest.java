// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.transport.directory;

import io.sluicefs.spi.testkit.transport.TransportContract;
import io.sluicefs.spi.transport.TransportProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

class DirectoryTransportTest extends TransportContract {
  private static final int LONGEST_NAME = 255;

  @TempDir static Path root;

  @BeforeAll
  static void makeTheBucket() throws IOException {
    Files.createDirectory(root.resolve("models"));
  }

  @Override
  protected TransportProvider provider() {
    return new DirectoryTransportProvider();
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("root", root.toString(), "bucket", "models");
  }

  @Override
  protected void store(String key, byte[] content) throws IOException {
    Path file = root.resolve("models").resolve(key);
    Files.createDirectories(file.getParent());
    Path written = Files.write(root.resolve("written"), content);
    Files.move(written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  protected void remove(String key) throws IOException {
    Files.delete(root.resolve("models").resolve(key));
  }

  @Override
  protected String refusal(String key) {
    for (String name : key.split("/", -1)) {
      if (name.isEmpty() || name.equals(".") || name.equals("..")) {
        return "no file has the name '" + name + "'";
      }
      if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
        return "no file has so long a name";
      }
    }
    try {
      Path parent = root.resolve("models").resolve(key).getParent();
      for (; !parent.equals(root); parent = parent.getParent()) {
        if (Files.isRegularFile(parent)) {
          return "what is a file is no directory";
        }
      }
    } catch (InvalidPathException e) {
      return "the locale has no such file names";
    }
    return null;
  }
}
