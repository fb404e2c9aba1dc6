// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;

/**
 * A wire with TLS: records are decrypted into the caller's memory and encrypted from it. A record
 * that does not fit what the caller has left goes on in {@link #spill}, which the next read takes
 * from first.
 */
final class TlsWire implements Wire {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** Records of a body that are sent at once. */
  private static final int RECORDS = 4;

  private final SocketChannel channel;
  private final SSLEngine engine;

  /** Encrypted bytes that came and were not decrypted yet, between position and limit. */
  private final ByteBuffer received;

  /** Decrypted bytes nobody took yet, between position and limit. */
  private final ByteBuffer spill;

  /** Room for one record, or for several once a body was sent. */
  private ByteBuffer sending;

  private final ByteBuffer[] targets = new ByteBuffer[MAX_SCATTER + 1];
  private final ByteBuffer[] single = new ByteBuffer[1];

  private TlsWire(SocketChannel channel, SSLEngine engine) {
    this.channel = channel;
    this.engine = engine;
    int packet = engine.getSession().getPacketBufferSize();
    // On the heap: the JDK's ciphers are at their best on arrays.
    received = ByteBuffer.allocate(2 * packet).limit(0);
    sending = ByteBuffer.allocate(packet);
    spill = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize()).limit(0);
  }

  /** Shakes hands over a connected channel and checks that the certificate is the host's. */
  static TlsWire handshake(
      SocketChannel channel, Endpoint endpoint, TrustedCertificates certificates)
      throws IOException {
    SSLEngine engine = certificates.context().createSSLEngine(endpoint.host(), endpoint.port());
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    engine.setSSLParameters(parameters);
    TlsWire wire = new TlsWire(channel, engine);
    engine.beginHandshake();
    wire.proceed(engine.getHandshakeStatus());
    return wire;
  }

  /** Does what the engine asks for until it has nothing more to negotiate. */
  private void proceed(HandshakeStatus first) throws IOException {
    HandshakeStatus status = first;
    while (status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED) {
      status =
          switch (status) {
            case NEED_TASK -> runTasks();
            case NEED_WRAP -> send(NOTHING).getHandshakeStatus();
            case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> receiveHandshake();
            case NOT_HANDSHAKING, FINISHED -> status;
          };
    }
  }

  private HandshakeStatus runTasks() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
    return engine.getHandshakeStatus();
  }

  private HandshakeStatus receiveHandshake() throws IOException {
    spill.clear();
    SSLEngineResult result = engine.unwrap(received, spill);
    spill.flip();
    if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
      if (!receive()) {
        throw new SSLHandshakeException("the server closed the connection during the handshake");
      }
    } else if (result.getStatus() != Status.OK) {
      throw new SSLHandshakeException("the handshake ended with " + result.getStatus());
    }
    return result.getHandshakeStatus() == HandshakeStatus.FINISHED
        ? HandshakeStatus.FINISHED
        : engine.getHandshakeStatus();
  }

  /** Waits for encrypted bytes. Returns whether the connection still brings any. */
  private boolean receive() throws IOException {
    received.compact();
    try {
      return channel.read(received) >= 0;
    } finally {
      received.flip();
    }
  }

  private SSLEngineResult send(ByteBuffer plain) throws IOException {
    sending.clear();
    SSLEngineResult result = engine.wrap(plain, sending);
    if (result.getStatus() != Status.OK) {
      throw new SSLException("the TLS connection ended: " + result.getStatus());
    }
    sending.flip();
    while (sending.hasRemaining()) {
      channel.write(sending);
    }
    return result;
  }

  @Override
  public int read(ByteBuffer buffer) throws IOException {
    single[0] = buffer;
    return (int) read(single, 0, 1);
  }

  @Override
  public long read(ByteBuffer[] buffers, int first, int count) throws IOException {
    if (spill.hasRemaining()) {
      return takeSpilled(buffers, first, count);
    }
    System.arraycopy(buffers, first, targets, 0, count);
    targets[count] = spill;
    try {
      return decrypt(count);
    } finally {
      Arrays.fill(targets, null);
    }
  }

  private long decrypt(int count) throws IOException {
    while (true) {
      spill.clear();
      SSLEngineResult result;
      try {
        result = engine.unwrap(received, targets, 0, count + 1);
      } finally {
        spill.flip();
      }
      switch (result.getStatus()) {
        case OK -> answerRecord(result.getHandshakeStatus());
        case BUFFER_UNDERFLOW -> {
          if (!receive()) {
            return -1;
          }
        }
        case CLOSED -> {
          return -1;
        }
        case BUFFER_OVERFLOW -> throw new SSLException("a TLS record is larger than allowed");
      }
      if (result.bytesProduced() > 0) {
        return (long) result.bytesProduced() - spill.remaining();
      }
    }
  }

  /** Answers a record that was no data, such as an update of the keys. */
  private void answerRecord(HandshakeStatus first) throws IOException {
    HandshakeStatus status = first;
    while (status == HandshakeStatus.NEED_TASK || status == HandshakeStatus.NEED_WRAP) {
      status =
          status == HandshakeStatus.NEED_TASK ? runTasks() : send(NOTHING).getHandshakeStatus();
    }
  }

  private long takeSpilled(ByteBuffer[] buffers, int first, int count) {
    long taken = 0;
    for (int i = first; i < first + count && spill.hasRemaining(); i++) {
      int length = Math.min(spill.remaining(), buffers[i].remaining());
      buffers[i].put(buffers[i].position(), spill, spill.position(), length);
      buffers[i].position(buffers[i].position() + length);
      spill.position(spill.position() + length);
      taken += length;
    }
    return taken;
  }

  @Override
  public long write(ByteBuffer[] buffers, int first, int count) throws IOException {
    int packet = engine.getSession().getPacketBufferSize();
    if (sending.capacity() < RECORDS * packet) {
      sending = ByteBuffer.allocate(RECORDS * packet);
    }
    sending.clear();
    long taken = 0;
    boolean more = true;
    while (more && sending.remaining() >= packet) {
      SSLEngineResult result = engine.wrap(buffers, first, count, sending);
      if (result.getStatus() != Status.OK) {
        throw new SSLException("the TLS connection ended: " + result.getStatus());
      }
      taken += result.bytesConsumed();
      more = result.bytesConsumed() > 0 && hasRemaining(buffers, first, count);
      if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
        runTasks();
      }
    }
    sending.flip();
    while (sending.hasRemaining()) {
      channel.write(sending);
    }
    return taken;
  }

  private static boolean hasRemaining(ByteBuffer[] buffers, int first, int count) {
    for (int i = first; i < first + count; i++) {
      if (buffers[i].hasRemaining()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void write(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      send(buffer);
    }
  }

  @Override
  public boolean isIdleAndOpen() throws IOException {
    if (spill.hasRemaining()) {
      return false;
    }
    // Session tickets may come at any time, so bytes are no bad sign here; they wait in received.
    channel.configureBlocking(false);
    try {
      return receive();
    } finally {
      channel.configureBlocking(true);
    }
  }
}
