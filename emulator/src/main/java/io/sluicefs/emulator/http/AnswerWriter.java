// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelProgressiveFuture;
import io.netty.channel.ChannelProgressiveFutureListener;
import io.netty.channel.ChannelProgressivePromise;
import io.netty.handler.codec.http.LastHttpContent;
import io.sluicefs.emulator.Conditions;
import io.sluicefs.emulator.Counters;
import io.sluicefs.emulator.store.Pieces;
import java.io.IOException;
import java.lang.System.Logger;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Writes the body of one answer in pieces, as fast as the socket and the pace allow, and counts
 * what the socket takes. Runs on the connection's event loop only.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write shows as a closed connection
final class AnswerWriter {
  private static final Logger LOG = System.getLogger(AnswerWriter.class.getName());

  /** Handed to the socket at once. */
  private static final int PIECE = 512 << 10;

  /** Handed to the channel and not yet taken by the socket, at most. */
  private static final int IN_FLIGHT = 1 << 20;

  /** Written in one go before other connections of the same event loop get their turn. */
  private static final int TURN = 8 << 20;

  private final Channel channel;
  private final Counters counters;
  private final Pace pace;
  private final boolean sendfile;
  private final boolean counted;
  private final Pieces body;
  private final Delivery.Ending ending;
  private final Runnable done;
  private final Consumer<Delivery.Ending> broken;
  private int inFlight;
  private boolean pumping;
  private boolean waiting;
  private boolean ended;
  private boolean closed;

  /**
   * @param done called when the last piece of a whole answer was handed to the channel
   * @param broken called when the socket has taken all that is to come of one that ends before
   */
  AnswerWriter(
      Channel channel,
      Counters counters,
      Conditions conditions,
      boolean sendfile,
      Answer answer,
      Runnable done,
      Consumer<Delivery.Ending> broken) {
    this.channel = channel;
    this.counters = counters;
    long rate = answer.delivery().bytesPerSecond();
    this.pace = new Pace(rate > 0 ? () -> rate : conditions::bytesPerSecondPerConnection);
    this.sendfile = sendfile;
    this.counted = answer.counted();
    this.body = ChangedPieces.cut(answer.body(), answer.delivery().bytes());
    this.ending = answer.delivery().ending();
    this.done = done;
    this.broken = broken;
  }

  /** Writes what can be written now and comes back by itself for the rest. */
  void pump() {
    if (pumping || waiting || closed) {
      return;
    }
    pumping = true;
    try {
      int turn = 0;
      boolean more = !ended;
      while (more && turn < TURN) {
        int written = fill();
        turn += written;
        channel.flush();
        more = written > 0 && inFlight < IN_FLIGHT && !waiting && !closed;
      }
      if (more) {
        comeBack(0);
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Logger.Level.WARNING, "cannot read the object to send, connection closed: " + e);
      close();
      channel.close();
    } finally {
      pumping = false;
    }
    end();
  }

  private int fill() throws IOException {
    int written = 0;
    while (body.remaining() > 0 && inFlight < IN_FLIGHT) {
      long now = System.nanoTime();
      int allowed = pace.allowed(now, PIECE);
      if (allowed == 0) {
        comeBack(pace.nanosUntilNext(now));
        break;
      }
      int length = (int) Math.min(allowed, body.remaining());
      long before = body.remaining();
      Object piece = body.next(length, sendfile);
      length = (int) (before - body.remaining());
      pace.spent(length);
      inFlight += length;
      written += length;
      ChannelProgressivePromise promise = channel.newProgressivePromise();
      promise.addListener(new PieceListener(length));
      channel.write(piece, promise);
    }
    return written;
  }

  private void comeBack(long nanos) {
    waiting = true;
    Runnable again =
        () -> {
          waiting = false;
          pump();
        };
    if (nanos == 0) {
      channel.eventLoop().execute(again);
    } else {
      channel.eventLoop().schedule(again, nanos, TimeUnit.NANOSECONDS);
    }
  }

  private void end() {
    if (!ended && !closed && body.remaining() == 0) {
      ended = true;
      if (ending == Delivery.Ending.WHOLE) {
        channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
        done.run();
      }
    }
    if (ended && inFlight == 0 && !closed) {
      close();
      if (ending != Delivery.Ending.WHOLE) {
        broken.accept(ending);
      }
    }
  }

  /** The connection is gone, or everything is written. */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      body.close();
    } catch (IOException e) {
      LOG.log(Logger.Level.DEBUG, "cannot close the file of an object: " + e);
    }
  }

  private final class PieceListener implements ChannelProgressiveFutureListener {
    private final int length;
    private int counting;

    PieceListener(int length) {
      this.length = length;
    }

    @Override
    public void operationProgressed(ChannelProgressiveFuture future, long progress, long total) {
      count((int) progress);
    }

    @Override
    public void operationComplete(ChannelProgressiveFuture future) {
      if (future.isSuccess()) {
        count(length);
      }
      inFlight -= length;
      if (future.isSuccess()) {
        pump();
      } else {
        close();
      }
    }

    private void count(int progress) {
      if (counted && progress > counting) {
        counters.sent(progress - counting);
        counting = progress;
      }
    }
  }
}
