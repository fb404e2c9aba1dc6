// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import jnr.ffi.Runtime;

/**
 * Loads jnr-ffi's native part. Left alone it unpacks its library into the shared temporary folder
 * and leaves it there when the process is killed. Here it goes into a folder only this user can
 * enter, and is removed as soon as it is loaded. A library installed with the program, named by
 * {@code jffi.boot.library.path}, is taken as it is.
 */
final class JnrFfi {
  private static final String INSTALLED = "jffi.boot.library.path";
  private static final String UNPACK_INTO = "jffi.extract.dir";

  private static boolean loaded;

  private JnrFfi() {}

  /**
   * Loads the library, once a process.
   *
   * @throws IOException if it cannot be unpacked or loaded; the message says what to do
   */
  static synchronized void load() throws IOException {
    if (!loaded) {
      loadOnce();
      loaded = true;
    }
  }

  private static void loadOnce() throws IOException {
    if (System.getProperty(INSTALLED) != null || System.getProperty(UNPACK_INTO) != null) {
      initialize();
      return;
    }
    Path folder =
        Files.createTempDirectory(
            "sluice-jffi-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    System.setProperty(UNPACK_INTO, folder.toString());
    try {
      initialize();
    } finally {
      System.clearProperty(UNPACK_INTO);
      delete(folder);
    }
  }

  private static void initialize() throws IOException {
    try {
      Runtime.getSystemRuntime();
    } catch (LinkageError e) {
      throw new IOException(
          "jnr-ffi's native library cannot be loaded ("
              + e.getMessage()
              + "); if the temporary folder is mounted noexec, set -Djava.io.tmpdir to another",
          e);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
