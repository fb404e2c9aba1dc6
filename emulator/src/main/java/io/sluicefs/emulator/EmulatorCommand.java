// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.System.Logger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The emulator as a process: prints where it listens as one line of JSON, then serves until it is
 * ended.
 */
@Command(
    name = "sluice-emulator",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "An object store that speaks S3 and OSS, on 127.0.0.1.",
    footer = {
      "",
      "Example: sluice-emulator --s3-port 9000 --bucket models --synthetic models/weights.bin=4GiB",
      "The secret is read from the variable EMULATOR_SECRET or the file; without either it is emulator-secret."
    })
public final class EmulatorCommand implements Callable<Integer> {
  private static final Logger LOG = System.getLogger(EmulatorCommand.class.getName());
  private static final Pattern SYNTHETIC =
      Pattern.compile("([^/]+)/(.+)=([0-9]+)([KMGT]i?B?)?(?::(-?[0-9]+))?");

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  @Option(
      names = "--address",
      defaultValue = "127.0.0.1",
      description = "Address of this host to listen on, the admin endpoint too.")
  private String address = "";

  @Option(
      names = "--s3-port",
      defaultValue = "0",
      description = "Port of the S3 dialect; 0 = any free one.")
  private int s3Port;

  @Option(
      names = "--oss-port",
      defaultValue = "0",
      description = "Port of the OSS dialect; 0 = any free one.")
  private int ossPort;

  @Option(
      names = "--admin-port",
      defaultValue = "0",
      description = "Port of counters and conditions; 0 = any free one.")
  private int adminPort;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "Keep objects there; else in memory.")
  private @Nullable Path directory;

  @Option(
      names = "--latency",
      defaultValue = "0",
      paramLabel = "MS",
      description = "Milliseconds before the first byte of every answer.")
  private long latency;

  @Option(
      names = "--bandwidth",
      defaultValue = "0",
      paramLabel = "BYTES",
      description = "Bytes a second on one connection; 0 = unlimited.")
  private long bandwidth;

  @Option(
      names = "--access-key-id",
      defaultValue = "emulator",
      paramLabel = "ID",
      description = "The one identity.")
  private String accessKeyId = "emulator";

  @Option(
      names = "--access-key-secret-file",
      paramLabel = "FILE",
      description = "File that holds its secret.")
  private @Nullable Path secretFile;

  @Option(
      names = "--bucket",
      paramLabel = "NAME",
      description = "Make this bucket; may be repeated.")
  private List<String> buckets = List.of();

  @Option(
      names = "--synthetic",
      paramLabel = "BUCKET/KEY=SIZE[:SEED]",
      description =
          "Make an object of computed content, such as models/a.bin=4GiB:7; may be repeated.")
  private List<String> synthetics = List.of();

  @Option(
      names = "--tls",
      description = "Serve both dialects over TLS with a certificate made at start.")
  private boolean tls;

  @Option(
      names = "--tls-certificate-file",
      paramLabel = "PEM",
      description = "Write the certificate made at start there, for clients to trust.")
  private @Nullable Path certificateFile;

  @Option(names = "--anonymous", description = "Accept unsigned requests too.")
  private boolean anonymous;

  /** Settings come from the command line. */
  public EmulatorCommand() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new EmulatorCommand()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(asked, ended), "end"));
    try (Emulator emulator = Emulator.start(options())) {
      fill(emulator);
      PrintWriter out = spec.commandLine().getOut();
      out.println(line(emulator));
      out.flush();

      asked.await();
    } finally {
      ended.countDown();
    }
    return 0;
  }

  /** A signal has come: has everything closed before the process is gone. */
  private static void end(CountDownLatch asked, CountDownLatch ended) {
    asked.countDown();
    try {
      if (!ended.await(5, TimeUnit.SECONDS)) {
        LOG.log(Logger.Level.WARNING, "connections did not close within 5 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private EmulatorOptions options() throws IOException {
    EmulatorOptions options =
        EmulatorOptions.defaults()
            .withAddress(address)
            .withPorts(s3Port, ossPort, adminPort)
            .withCredentials(accessKeyId, secret())
            .withLatency(Duration.ofMillis(latency))
            .withBytesPerSecondPerConnection(bandwidth);
    if (directory != null) {
      options = options.withDirectory(directory);
    }
    if (anonymous) {
      options = options.withAnonymousAccess();
    }
    return tls ? options.withTls() : options;
  }

  private String secret() throws IOException {
    if (secretFile != null) {
      return Files.readString(secretFile).strip();
    }
    String variable = System.getenv("EMULATOR_SECRET");
    return variable == null ? EmulatorOptions.defaults().accessKeySecret() : variable;
  }

  private void fill(Emulator emulator) throws IOException {
    buckets.forEach(emulator.store()::createBucket);
    for (String synthetic : synthetics) {
      Matcher form = SYNTHETIC.matcher(synthetic);
      if (!form.matches()) {
        throw new ParameterException(
            spec.commandLine(), "--synthetic is '" + synthetic + "', give BUCKET/KEY=SIZE[:SEED]");
      }
      emulator.store().createBucket(form.group(1));
      long seed = form.group(5) == null ? 0 : Long.parseLong(form.group(5));
      emulator
          .store()
          .putSynthetic(form.group(1), form.group(2), size(form.group(3), form.group(4)), seed);
    }
    if (certificateFile != null && emulator.certificate() != null) {
      Files.writeString(certificateFile, Pem.of(emulator.certificate()));
    }
  }

  private static long size(String number, @Nullable String unit) {
    int power = unit == null ? 0 : 1 + "KMGT".indexOf(unit.toUpperCase(Locale.ROOT).charAt(0));
    return Math.multiplyExact(Long.parseLong(number), 1L << (10 * power));
  }

  private static String line(Emulator emulator) {
    return "{\"s3\":\"%s\",\"oss\":\"%s\",\"admin\":\"%s\",\"pid\":%d}"
        .formatted(
            emulator.s3Endpoint(),
            emulator.ossEndpoint(),
            emulator.adminEndpoint(),
            ProcessHandle.current().pid());
  }
}
