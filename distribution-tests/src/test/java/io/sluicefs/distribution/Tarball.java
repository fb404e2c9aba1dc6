// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.nio.file.Path;

/** The tarball, where it was built. */
final class Tarball {
  private Tarball() {}

  static Path file() {
    return Path.of(System.getProperty("sluice.tarball")).normalize();
  }

  /** Returns the folder the packages lie in, the tarball among them. */
  static Path folder() {
    return file().getParent();
  }

  /** Unpacks it and returns the folder it was packed from. */
  static Path unpack(Path into) {
    Command.output("tar", "-xzf", file().toString(), "-C", into.toString());
    return into.resolve(file().getFileName().toString().replaceFirst("\\.tar\\.gz$", ""));
  }
}
