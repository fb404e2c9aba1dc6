// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.spi.transport.TransportProvider;
import io.sluicefs.transport.oss.OssTransportProvider;
import org.jspecify.annotations.NullMarked;

/** Talks to Aliyun OSS. */
@NullMarked
module io.sluicefs.transport.oss {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.http;
  requires io.sluicefs.spi;
  requires java.xml;

  provides TransportProvider with
      OssTransportProvider;
}
