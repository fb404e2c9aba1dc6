// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/** Ends the answers to control requests where no honest one is that long. */
final class CappedAnswers implements ExecutionInterceptor {
  private final long limit;

  CappedAnswers(long limit) {
    this.limit = limit;
  }

  @Override
  public Optional<InputStream> modifyHttpResponseContent(
      Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
    return context.responseBody().map(CappedStream::new);
  }

  private final class CappedStream extends FilterInputStream {
    private long left = limit;

    CappedStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int read = super.read();
      count(read < 0 ? 0 : 1);
      return read;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = super.read(bytes, offset, length);
      count(Math.max(read, 0));
      return read;
    }

    private void count(int read) {
      left -= read;
      if (left < 0) {
        throw new IllegalStateException("it exceeds " + limit + " bytes");
      }
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
