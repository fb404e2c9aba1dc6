// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A program that prints credentials as JSON, as ossutil and ossfs know it. */
final class CredentialProcess implements RenewedCredentials.Fetch {
  private static final int TIMEOUT_SECONDS = 60;
  private static final int MAX_OUTPUT = 64 << 10;

  private final String command;

  CredentialProcess(String command) {
    this.command = command;
  }

  @Override
  public AccessKey fetch() throws StorageException {
    Process process;
    try {
      process =
          new ProcessBuilder("/bin/sh", "-c", command)
              .redirectInput(Redirect.from(new File("/dev/null")))
              .redirectError(Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw new StorageException(Kind.BAD_CREDENTIALS, this + " does not start: " + e, e);
    }
    try {
      return CredentialJson.parse(this, output(process), null);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private String output(Process process) throws StorageException {
    FutureTask<byte[]> reading = new FutureTask<>(() -> read(process));
    Thread.ofVirtual().name("credential-process").start(reading);
    try {
      byte[] output = reading.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new TimeoutException();
      }
      if (process.exitValue() != 0) {
        throw failure("ended with exit status " + process.exitValue());
      }
      if (output.length > MAX_OUTPUT) {
        throw failure("printed more than " + MAX_OUTPUT + " bytes");
      }
      return new String(output, StandardCharsets.UTF_8);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, this + ": interrupted", e);
    } catch (TimeoutException e) {
      throw failure("did not end within " + TIMEOUT_SECONDS + " s");
    } catch (ExecutionException e) {
      throw failure("cannot be read: " + e.getCause());
    }
  }

  private static byte[] read(Process process) throws IOException {
    try (InputStream out = process.getInputStream()) {
      return out.readNBytes(MAX_OUTPUT + 1);
    }
  }

  private StorageException failure(String problem) {
    return new StorageException(
        Kind.BAD_CREDENTIALS, this + " " + problem + "; run it by hand to see why");
  }

  @Override
  public String toString() {
    return "the command of transport.oss.credential-process";
  }
}
