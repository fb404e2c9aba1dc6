// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;

/**
 * What a program works on while requests go wrong: files in a folder of its own.
 *
 * @param mount the mountpoint
 * @param folder below it, and in front of the keys
 * @param size of its content
 * @param seed of its content
 */
record FaultedFile(
    Path mount, EmulatorProcess emulator, String bucket, String folder, int size, long seed) {
  static final String NAME = "file";

  Path path(String name) {
    return mount.resolve(folder).resolve(name);
  }

  String key(String name) {
    return folder + "/" + name;
  }

  /** Returns the bytes of the file. */
  byte[] content() {
    return random(seed);
  }

  /** Returns the bytes it has before it is overwritten. */
  byte[] formerContent() {
    return random(~seed);
  }

  private byte[] random(long from) {
    byte[] bytes = new byte[size];
    new Random(from).nextBytes(bytes);
    return bytes;
  }

  void put(String name, byte[] content) {
    emulator.put(bucket, key(name), content);
  }

  /** Returns whether the store has just these bytes under a name. */
  boolean isStored(String name, byte[] content) {
    return stored(name).equals(Optional.of(sha256(content)));
  }

  /** Returns the hash of what the store has under a name. */
  Optional<String> stored(String name) {
    return emulator.findSha256(bucket, key(name));
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  static boolean isBeginning(byte[] whole, byte[] part, int length) {
    return length <= whole.length
        && Arrays.equals(Arrays.copyOf(whole, length), Arrays.copyOf(part, length));
  }
}
