// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;

/**
 * The server, over one connection that all threads share. It answers in time or is passed by: for a
 * second, then longer, up to a minute. Nothing it does makes a read fail.
 */
final class ValkeyServer implements AutoCloseable {
  private static final Logger LOGGER = System.getLogger(ValkeyServer.class.getName());
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final int THREADS = 2;

  private final BlockCodec codec = new BlockCodec();
  private final ValkeyCacheConfig config;
  private final ClientResources resources;
  private final RedisClient client;
  private final StatefulRedisConnection<byte[], BorrowedBytes> connection;
  private final LongAdder corrupt = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private Duration pause = Duration.ZERO;
  private long passedByUntil;

  private ValkeyServer(ValkeyCacheConfig config) throws IOException {
    this.config = config;
    this.resources =
        DefaultClientResources.builder()
            .ioThreadPoolSize(THREADS)
            .computationThreadPoolSize(THREADS)
            .build();
    this.client = RedisClient.create(resources, config.address());
    client.setOptions(
        ClientOptions.builder()
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .socketOptions(SocketOptions.builder().connectTimeout(config.timeout()).build())
            .build());
    try {
      this.connection = client.connect(codec);
    } catch (RedisException e) {
      close(client, resources);
      throw new IOException(config.name() + ": " + reason(e), e);
    }
  }

  /**
   * Connects.
   *
   * @throws IOException if the server cannot be reached, or does not let the user in
   */
  static ValkeyServer connect(ValkeyCacheConfig config) throws IOException {
    return new ValkeyServer(config);
  }

  /**
   * Reads blocks, and returns the numbers of those that were there, whose memory is filled: none if
   * the server is passed by.
   *
   * @throws InterruptedException if interrupted; the memory is then not touched any more
   */
  BitSet read(List<byte[]> keys, List<BorrowedBytes> targets) throws InterruptedException {
    if (isPassedBy()) {
      return new BitSet();
    }
    BlocksOutput output = new BlocksOutput(codec, targets);
    AsyncCommand<byte[], BorrowedBytes, BitSet> command =
        new AsyncCommand<>(
            new Command<>(CommandType.MGET, output, new CommandArgs<>(codec).addKeys(keys)));
    boolean answered = false;
    try {
      connection.dispatch(command);
      BitSet found = command.get(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
      corrupt.add(output.corrupt());
      answered = true;
      answered();
      return found;
    } catch (ExecutionException | TimeoutException | RedisException e) {
      failed(e);
      return new BitSet();
    } finally {
      if (!answered) {
        command.cancel();
        targets.forEach(BorrowedBytes::giveUp);
      }
    }
  }

  /**
   * Keeps blocks, as far as the server takes them, and returns how many it took. Returns when their
   * memory is not read any more; an interrupt makes that soon, and stays set.
   */
  int write(List<byte[]> keys, List<BorrowedBytes> blocks) {
    if (isPassedBy()) {
      return 0;
    }
    List<AsyncCommand<byte[], BorrowedBytes, String>> commands = new ArrayList<>();
    int kept = 0;
    try {
      for (int i = 0; i < keys.size(); i++) {
        commands.add(set(keys.get(i), blocks.get(i)));
        connection.dispatch(commands.getLast());
      }
      long deadline = System.nanoTime() + config.timeout().toNanos();
      for (AsyncCommand<byte[], BorrowedBytes, String> command : commands) {
        command.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        kept++;
      }
      answered();
    } catch (ExecutionException | TimeoutException | RedisException e) {
      failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (kept < keys.size()) {
        commands.forEach(AsyncCommand::cancel);
        blocks.forEach(BorrowedBytes::giveUp);
      }
    }
    return kept;
  }

  private AsyncCommand<byte[], BorrowedBytes, String> set(byte[] key, BorrowedBytes block) {
    CommandArgs<byte[], BorrowedBytes> arguments =
        new CommandArgs<>(codec).addKey(key).addValue(block);
    config.expireAfter().ifPresent(time -> arguments.add("PX").add(Math.max(1, time.toMillis())));
    return new AsyncCommand<>(new Command<>(CommandType.SET, new StatusOutput<>(codec), arguments));
  }

  /** Removes blocks; those that are not there are no error. */
  void remove(List<byte[]> keys) {
    AsyncCommand<byte[], BorrowedBytes, Long> command =
        new AsyncCommand<>(
            new Command<>(
                CommandType.UNLINK,
                new IntegerOutput<>(codec),
                new CommandArgs<>(codec).addKeys(keys)));
    try {
      connection.dispatch(command);
      command.get(config.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | RedisException e) {
      failed(e);
      LOGGER.log(
          Level.WARNING,
          "{0} may keep blocks that are not the store''s; empty it with FLUSHDB",
          config.name());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized boolean isPassedBy() {
    return !pause.isZero() && System.nanoTime() - passedByUntil < 0;
  }

  private synchronized void answered() {
    if (!pause.isZero()) {
      LOGGER.log(Level.INFO, "{0} answers again", config.name());
    }
    pause = Duration.ZERO;
  }

  private synchronized void failed(Exception failure) {
    failures.increment();
    if (pause.isZero()) {
      LOGGER.log(
          Level.WARNING,
          "{0} is passed by: {1}",
          config.name(),
          failure instanceof TimeoutException
              ? "no answer in " + config.timeout().toMillis() + " ms"
              : reason(failure));
      pause = FIRST_PAUSE;
    } else if (System.nanoTime() - passedByUntil >= 0) {
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0
              ? pause.multipliedBy(2)
              : LONGEST_PAUSE;
    }
    passedByUntil = System.nanoTime() + pause.toNanos();
  }

  private static String reason(Throwable failure) {
    Throwable inner = failure;
    while (inner.getCause() != null) {
      inner = inner.getCause();
    }
    return String.valueOf(inner.getMessage()).strip();
  }

  /** Returns how many values were not what was once sent. */
  long corrupt() {
    return corrupt.sum();
  }

  /** Returns how many requests were not answered. */
  long failures() {
    return failures.sum();
  }

  @Override
  public void close() {
    close(client, resources);
  }

  private static void close(RedisClient client, ClientResources resources) {
    client
        .shutdownAsync(0, 0, TimeUnit.SECONDS)
        .whenComplete((done, failure) -> resources.shutdown(0, 0, TimeUnit.SECONDS));
  }
}
