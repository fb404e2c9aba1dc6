// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A port on which one dialect is spoken. */
public final class Listener implements AutoCloseable {
  private final Channel channel;

  private Listener(Channel channel) {
    this.channel = channel;
  }

  /**
   * Answers as soon as this returns.
   *
   * @param address of this host
   * @param port 0 = any free one
   * @param tls null = plain HTTP
   */
  public static Listener open(
      EventLoopGroup loops,
      String address,
      int port,
      Dialect dialect,
      Surroundings surroundings,
      @Nullable SslContext tls)
      throws IOException {
    HttpDecoderConfig limits =
        new HttpDecoderConfig()
            .setMaxInitialLineLength(32 << 10)
            .setMaxHeaderSize(64 << 10)
            .setMaxChunkSize(256 << 10);
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    if (tls != null) {
                      connection.pipeline().addLast(tls.newHandler(connection.alloc()));
                    }
                    connection
                        .pipeline()
                        .addLast(
                            new HttpServerCodec(limits),
                            new ExchangeHandler(dialect, surroundings));
                  }
                });
    try {
      return new Listener(bootstrap.bind(address, port).syncUninterruptibly().channel());
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      // Netty rethrows the checked cause of a failed bind without declaring it.
      throw new IOException("cannot listen on " + address + ":" + port + ": " + e.getMessage(), e);
    }
  }

  public int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  @Override
  public void close() {
    channel.close().syncUninterruptibly();
  }
}
