// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.sluicefs.emulator.StoreException;
import java.io.IOException;
import java.lang.System.Logger;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection: one request after the other. All fields belong to the connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write shows as a closed connection
final class ExchangeHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = System.getLogger(ExchangeHandler.class.getName());

  private final Dialect dialect;
  private final Surroundings surroundings;
  private @Nullable RequestHead head;
  private @Nullable Reception reception;
  private @Nullable Answer early;
  private @Nullable AnswerWriter writer;
  private boolean answering;
  private boolean keepAlive;

  ExchangeHandler(Dialect dialect, Surroundings surroundings) {
    this.dialect = dialect;
    this.surroundings = surroundings;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if (message instanceof HttpRequest request) {
        begin(context, request);
      }
      if (message instanceof HttpContent content && head != null && !answering) {
        take(context, content.content());
        if (message instanceof LastHttpContent) {
          finish(context, head);
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(ChannelHandlerContext context, HttpRequest request) {
    if (head != null) {
      LOG.log(Logger.Level.DEBUG, "pipelined request, connection closed");
      context.close();
      return;
    }
    RequestHead begun = RequestHead.of(request.method().name(), request.uri(), request.headers());
    head = begun;
    keepAlive = HttpUtil.isKeepAlive(request);
    if (request.decoderResult().isFailure()) {
      keepAlive = false;
      early =
          dialect.refusal(
              begun,
              new StoreException(400, "BadRequest", "Not an HTTP request that can be read."));
      answer(context, begun, early);
      return;
    }
    try {
      reception = dialect.begin(begun);
    } catch (IOException | RuntimeException e) {
      early = dialect.refusal(begun, e);
    }
    if (HttpUtil.is100ContinueExpected(request)) {
      if (early == null) {
        context.writeAndFlush(
            new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
      } else {
        // The body may or may not follow; only a new connection is unambiguous.
        keepAlive = false;
        answer(context, begun, early);
      }
    }
  }

  private void take(ChannelHandlerContext context, ByteBuf bytes) {
    RequestHead current = head;
    if (current == null || early != null || reception == null) {
      return;
    }
    try {
      for (ByteBuffer buffer : bytes.nioBuffers()) {
        if (buffer.hasRemaining()) {
          reception.accept(buffer);
        }
      }
    } catch (BrokenConnectionException e) {
      abandon();
      breakOff(context, Delivery.Ending.RESET);
    } catch (IOException | RuntimeException e) {
      early = dialect.refusal(current, e);
      abandon();
    }
  }

  private void finish(ChannelHandlerContext context, RequestHead current) {
    Reception complete = reception;
    if (early != null || complete == null) {
      answer(
          context,
          current,
          early == null
              ? dialect.refusal(current, new IllegalStateException("no reception"))
              : early);
    } else if (complete.slow()) {
      answering = true;
      // All of it is here: a client that leaves now does not undo it.
      reception = null;
      surroundings
          .slowTasks()
          .execute(
              () -> {
                Answer answer = outcome(current, complete);
                context.executor().execute(() -> answer(context, current, answer));
              });
    } else {
      answer(context, current, outcome(current, complete));
    }
  }

  private Answer outcome(RequestHead current, Reception complete) {
    try {
      return complete.finish();
    } catch (IOException | RuntimeException e) {
      complete.abandon();
      return dialect.refusal(current, e);
    }
  }

  private void answer(ChannelHandlerContext context, RequestHead current, Answer answer) {
    answering = true;
    reception = null;
    long nanos = surroundings.conditions().latency().plus(answer.delivery().delay()).toNanos();
    if (nanos == 0) {
      write(context, current, answer);
    } else {
      context
          .executor()
          .schedule(() -> write(context, current, answer), nanos, TimeUnit.NANOSECONDS);
    }
  }

  private void write(ChannelHandlerContext context, RequestHead current, Answer answer) {
    if (answer.delivery().isNothing()) {
      breakOff(context, answer.delivery().ending());
      return;
    }
    HttpResponse response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()));
    HttpHeaders headers = response.headers();
    answer.headers().forEach(field -> headers.add(field.getKey(), field.getValue()));
    dialect.decorate(headers);
    if (!keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    if (answer.status() >= 400) {
      surroundings.counters().error(answer.status());
    }
    Answer sent = current.method().equals("HEAD") ? answer.withoutBody() : answer;
    boolean sendfile = !surroundings.tls();
    writer =
        new AnswerWriter(
            context.channel(),
            surroundings.counters(),
            surroundings.conditions(),
            sendfile,
            sent,
            () -> next(context),
            ending -> breakOff(context, ending));
    context.write(response);
    writer.pump();
  }

  private static void breakOff(ChannelHandlerContext context, Delivery.Ending ending) {
    switch (ending) {
      case CLOSE -> context.close();
      case RESET -> {
        context.channel().config().setOption(ChannelOption.SO_LINGER, 0);
        context.close();
      }
      case STALL, WHOLE -> {
        // The client closes it.
      }
    }
  }

  private void next(ChannelHandlerContext context) {
    head = null;
    early = null;
    answering = false;
    if (!keepAlive) {
      context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private void abandon() {
    if (reception != null) {
      reception.abandon();
      reception = null;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    abandon();
    if (writer != null) {
      writer.close();
    }
    context.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.log(Logger.Level.DEBUG, "connection closed: " + cause);
    context.close();
  }
}
