// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import jnr.ffi.Runtime;
import org.jspecify.annotations.Nullable;

/**
 * Loads the native parts of lmdbjava and jnr-ffi from the plugin's folder. Left alone they unpack
 * themselves into the shared temporary folder and stay there when the process is killed. Properties
 * that name them already are taken as they are.
 */
final class LmdbLibrary {
  private static final String LMDB = "lmdbjava.native.lib";
  private static final String JFFI = "jffi.boot.library.path";

  private static boolean loaded;

  private LmdbLibrary() {}

  /**
   * Loads them, once a process.
   *
   * @throws IOException if they cannot be loaded
   */
  static synchronized void load() throws IOException {
    if (loaded) {
      return;
    }
    Path folder = folder();
    if (folder != null) {
      boolean arm = System.getProperty("os.arch", "").equals("aarch64");
      String processor = arm ? "aarch64" : "x86_64";
      name(LMDB, folder.resolve("org/lmdbjava/native/" + processor + "-linux-gnu.so"));
      boolean named = name(JFFI, folder.resolve("jni/" + processor + "-Linux"));
      try {
        initialize();
      } finally {
        if (named) {
          // Another plugin with jnr-ffi must load a copy of its own: one file, one class loader.
          System.clearProperty(JFFI);
        }
      }
    } else {
      initialize();
    }
    loaded = true;
  }

  private static void initialize() throws IOException {
    try {
      Runtime.getSystemRuntime();
    } catch (LinkageError e) {
      throw new IOException("jnr-ffi's native library cannot be loaded: " + e.getMessage(), e);
    }
  }

  private static boolean name(String property, Path library) {
    if (System.getProperty(property) != null || !Files.exists(library)) {
      return false;
    }
    System.setProperty(property, library.toString());
    return true;
  }

  /** Returns where the libraries are: beside the plugin's jar, or beside its classes in a build. */
  private static @Nullable Path folder() throws IOException {
    CodeSource source = LmdbLibrary.class.getProtectionDomain().getCodeSource();
    if (source == null) {
      return null;
    }
    try {
      Path parent = Path.of(source.getLocation().toURI()).toAbsolutePath().getParent();
      if (parent == null) {
        return null;
      }
      Path installed = parent.resolve("natives");
      return Files.isDirectory(installed) ? installed : parent.resolve("plugin").resolve("natives");
    } catch (URISyntaxException e) {
      throw new IOException("the plugin's folder cannot be named: " + e.getMessage(), e);
    }
  }
}
