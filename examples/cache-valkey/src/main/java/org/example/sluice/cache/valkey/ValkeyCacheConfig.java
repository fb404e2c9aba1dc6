// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Secret;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The settings.
 *
 * @param name of the server, for messages
 * @param address where it is, with the user's name and password
 * @param blockSize bytes of a block
 * @param memory bytes for blocks that are read without a cache above
 * @param timeout how long an answer may take
 * @param expireAfter how long the server keeps a block; empty to leave that to the server
 */
record ValkeyCacheConfig(
    String name,
    RedisURI address,
    int blockSize,
    long memory,
    Duration timeout,
    Optional<Duration> expireAfter) {
  private static final long MOST_BLOCK = 16 << 20;
  private static final int LEAST_BLOCKS = 4;

  private static final Setting<String> ADDRESS =
      Setting.of(
              "address",
              "a URL such as redis://cache.example.com:6379, without a password",
              "Where the server is; rediss:// for TLS.",
              ValkeyCacheConfig::parseAddress)
          .required();
  private static final Setting<String> USER =
      Setting.string("user", "The user to log in as; the server's default user when not given.");
  private static final Setting<Secret> PASSWORD =
      Setting.secret("password", "The user's password; there is no logging in without.");
  private static final Setting<Long> BLOCK_SIZE =
      Setting.size(
              "block-size",
              "64KiB",
              "Bytes of a block, the unit of keeping, a power of two; best that of cache.memory.")
          .withDefault("128KiB");
  private static final Setting<Long> MEMORY =
      Setting.size(
              "memory",
              "256KiB",
              "Memory for blocks that are read without a cache above; taken when the first is.")
          .withDefault("8MiB");
  private static final Setting<Duration> TIMEOUT =
      Setting.duration(
              "timeout",
              "How long the server may take for an answer; then it is passed by for a while.")
          .withDefault("1s");
  private static final Setting<Duration> EXPIRE_AFTER =
      Setting.duration(
          "expire-after",
          "How long the server keeps a block; until it needs the memory when not given.");

  /** All of them. */
  static final List<Setting<?>> SETTINGS =
      List.of(ADDRESS, USER, PASSWORD, BLOCK_SIZE, MEMORY, TIMEOUT, EXPIRE_AFTER);

  static ValkeyCacheConfig of(PluginSettings settings) throws SettingException {
    long size = settings.get(BLOCK_SIZE);
    if (size > MOST_BLOCK || Long.bitCount(size) != 1) {
      throw settings.error(BLOCK_SIZE, "expected a power of two up to 16MiB");
    }
    int blockSize = (int) size;
    long memory = settings.get(MEMORY) / blockSize * blockSize;
    if (memory < (long) LEAST_BLOCKS * blockSize) {
      throw settings.error(MEMORY, "expected at least %d blocks".formatted(LEAST_BLOCKS));
    }
    if (settings.find(USER).isPresent() && settings.find(PASSWORD).isEmpty()) {
      throw settings.error(USER, "expected a password too");
    }
    RedisURI address = RedisURI.create(settings.get(ADDRESS));
    address.setTimeout(settings.get(TIMEOUT));
    address.setClientName("sluice");
    settings
        .find(PASSWORD)
        .ifPresent(
            password -> {
              String user = settings.find(USER).orElse(null);
              char[] characters = password.reveal(char[]::clone);
              address.setCredentialsProvider(
                  RedisCredentialsProvider.from(() -> RedisCredentials.just(user, characters)));
            });
    return new ValkeyCacheConfig(
        settings.get(ADDRESS),
        address,
        blockSize,
        memory,
        settings.get(TIMEOUT),
        settings.find(EXPIRE_AFTER));
  }

  private static String parseAddress(String text) {
    if (text.contains("@")) {
      throw new IllegalArgumentException("a password would be seen in messages");
    }
    RedisURI.create(text);
    return text;
  }
}
