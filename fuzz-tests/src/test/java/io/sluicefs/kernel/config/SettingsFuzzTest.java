// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.sluicefs.fuzz.Lines;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A file that is to be a configuration is one, or an error of one line. */
class SettingsFuzzTest {
  private static Path file;

  @BeforeAll
  static void makeFile() throws IOException {
    file =
        Files.createTempFile(
            "sluice-fuzz",
            ".conf",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  @AfterAll
  static void removeFile() throws IOException {
    Files.delete(file);
  }

  @FuzzTest
  void aFileIsAConfigurationOrAnErrorOfOneLine(byte[] text) throws IOException {
    Files.write(file, text);
    try {
      Configuration _ = Configuration.load(file, List.of());
    } catch (SettingException e) {
      Lines.check(e.getMessage());
    }
  }
}
