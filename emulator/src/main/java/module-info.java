// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** An object store on loopback that speaks S3 and OSS. */
@NullMarked
module io.sluicefs.emulator {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires info.picocli;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.handler;
  requires io.netty.transport;
  requires java.xml;
  requires typesafe.config;

  exports io.sluicefs.emulator;

  // The command line is read into the fields of EmulatorCommand.
  opens io.sluicefs.emulator to
      info.picocli;
}
