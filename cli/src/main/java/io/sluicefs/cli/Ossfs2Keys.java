// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

/** An access key as ossfs2 has it in its configuration. */
final class Ossfs2Keys {
  private final String id;
  private final String secret;

  Ossfs2Keys(String id, String secret) {
    this.id = id;
    this.secret = secret;
  }

  /**
   * Writes the key as the profile file that transport-oss reads, for this user alone.
   *
   * @throws SettingException if there is such a file or it cannot be made
   */
  void writeProfile(Path file) throws SettingException {
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(
          file,
          "[default]\noss_access_key_id = %s\noss_secret_access_key = %s\n".formatted(id, secret));
    } catch (FileAlreadyExistsException e) {
      throw new SettingException(file + ": is there already; remove it or name another file");
    } catch (IOException e) {
      throw new SettingException(
          "%s: cannot be written: %s"
              .formatted(file, Objects.requireNonNullElse(e.getMessage(), e.toString())));
    }
  }

  @Override
  public String toString() {
    return "an access key";
  }
}
