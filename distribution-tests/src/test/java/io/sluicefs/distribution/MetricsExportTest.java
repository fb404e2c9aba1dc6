// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A mount that sends its figures to a collector, and is measured by {@code sluice bench}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MetricsExportTest {
  private static final long SIZE = 8L << 20;

  private Installation installation;
  private EmulatorProcess emulator;
  private MetricsCollector collector;
  private Path configuration;
  private Path mountpoint;

  @BeforeAll
  void mount() throws IOException {
    installation = Installation.open(getClass());
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "a.bin", SIZE, 1);
    emulator.putSynthetic("models", "empty/small", 1, 1);
    collector = MetricsCollector.start();
    configuration =
        installation.configuration(
            Store.S3.transport(emulator, "models")
                + """
                memory.limit = 256MiB
                write.staging.path = "%s"
                metrics.otlp { endpoint = "%s", interval = 1s, headers = ${COLLECTOR_KEY} }
                """
                    .formatted(installation.mountpoint("staging"), collector.url()));
    mountpoint = installation.mountpoint("mnt");
    Command mount =
        installation.sluice(
            Map.of("COLLECTOR_KEY", "x-key=of the collector"),
            "mount",
            "-c",
            configuration.toString(),
            mountpoint.toString());
    assertEquals(0, mount.status(), mount::toString);
  }

  @AfterAll
  void unmount() throws IOException {
    installation.sluice("umount", mountpoint.toString());
    collector.close();
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void aCollectorIsSentTheFiguresWithTheirNamesAndValues() throws Exception {
    assertEquals(SIZE, Files.readAllBytes(mountpoint.resolve("a.bin")).length);
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (value("sluice.read.bytes") < SIZE
        || !collector.metrics().containsKey("sluice.request")) {
      assertTrue(System.nanoTime() < deadline, () -> collector.metrics().keySet().toString());
      TimeUnit.MILLISECONDS.sleep(20);
    }

    assertTrue(value("sluice.downloaded.bytes") >= SIZE);
    assertEquals(256L << 20, value("sluice.memory.limit.bytes"));
    assertEquals("of the collector", collector.key());
    assertEquals("sluice", collector.resource().get("service.name"));
    assertTrue(collector.resource().get("sluice.source").endsWith("/models"));
    Metric read = collector.metrics().get("sluice.read.bytes");
    assertTrue(read.getSum().getIsMonotonic());
    assertEquals(
        mountpoint.toString(),
        MetricsCollector.attributes(read.getSum().getDataPoints(0).getAttributesList())
            .get("mountpoint"));
    assertTrue(
        collector.metrics().get("sluice.request").getHistogram().getDataPointsList().stream()
            .anyMatch(point -> point.getCount() > 0 && point.getSum() > 0));
    assertTrue(collector.metrics().containsKey("sluice.plugin.opened.connections"));
  }

  private long value(String name) {
    Metric metric = collector.metrics().get(name);
    if (metric == null) {
      return 0;
    }
    List<NumberDataPoint> points =
        metric.hasSum()
            ? metric.getSum().getDataPointsList()
            : metric.getGauge().getDataPointsList();
    return (long) points.getFirst().getAsDouble();
  }

  @Test
  void theStoreIsMeasuredWithoutAMount() {
    Command bench =
        installation.sluice(
            Map.of("COLLECTOR_KEY", "x"),
            "bench",
            "store",
            "-c",
            configuration.toString(),
            "--seconds",
            "1",
            "--connections",
            "4",
            "--json");
    assertEquals(0, bench.status(), bench::toString);
    assertEquals("", bench.err(), "it is quiet when nobody looks");
    Config said = ConfigFactory.parseString(bench.out());
    assertTrue(said.getString("object").endsWith("/models/a.bin"), bench::toString);
    assertEquals(SIZE, said.getLong("size"));
    assertEquals(4, said.getInt("connections"));
    for (String figure :
        List.of("latency_seconds.median", "one_connection_bytes_per_second", "bytes_per_second")) {
      assertTrue(said.getDouble(figure) > 0, figure);
    }
  }

  @Test
  void aMountIsMeasuredAndNothingIsLeftBehind() throws IOException {
    Command bench =
        installation.sluice(
            "bench", "mount", "--size", "4MiB", "--write", "--json", mountpoint.toString());
    assertEquals(0, bench.status(), bench::toString);
    Config said = ConfigFactory.parseString(bench.out());
    assertEquals(4L << 20, said.getLong("read_bytes"));
    assertEquals(4L << 20, said.getLong("written_bytes"));
    assertTrue(said.getLong("read_bytes_per_second") > 0);
    assertTrue(said.getLong("written_bytes_per_second") > 0);
    assertEquals(List.of("a.bin", "empty/small"), emulator.keys("models"));
    assertEquals(List.of(), emulator.pendingUploads("models"));
    try (Stream<Path> entries = Files.list(mountpoint)) {
      assertEquals(2, entries.count());
    }
  }

  @Test
  void linesOnAnErrorStreamThatIsTheJournalHaveTheirLevel() throws Exception {
    Path place = installation.mountpoint("journal");
    Path stream = Files.writeString(installation.work().resolve("daemon.out"), "");
    Process daemon =
        installation.startProgram(
            "env",
            "COLLECTOR_KEY=x",
            "JOURNAL_STREAM=%s:%s"
                .formatted(
                    Files.getAttribute(stream, "unix:dev"), Files.getAttribute(stream, "unix:ino")),
            installation.home().resolve("bin/sluice").toString(),
            "mount",
            "-f",
            "-c",
            configuration.toString(),
            place.toString());
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (!Files.readString(stream).contains("mounted ")) {
      assertTrue(daemon.isAlive() && System.nanoTime() < deadline, Files.readString(stream));
      TimeUnit.MILLISECONDS.sleep(20);
    }
    assertEquals(0, installation.sluice("umount", place.toString()).status());
    assertEquals(0, daemon.waitFor());
    for (String line : Files.readAllLines(stream)) {
      assertTrue(line.matches("<[3467]>.*"), line);
    }
    assertTrue(Files.readString(stream).contains("<6>"), "information");
  }

  @Test
  void whatSaysNothingIsNotMeasured() {
    assertRefused(2, "--connections: expected", "store", "--connections", "0");
    assertRefused(2, "--seconds: expected", "store", "--seconds", "-1");
    assertRefused(1, "too few to measure", "store", "--key", "empty/small");
    assertRefused(1, "of memory, and memory.limit leaves", "store", "--connections", "1000");
    Command small = installation.sluice("bench", "mount", "--size", "1KiB", mountpoint.toString());
    assertEquals(2, small.status(), small::toString);
    Command elsewhere = installation.sluice("bench", "mount", installation.work().toString());
    assertEquals(1, elsewhere.status(), elsewhere::toString);
    assertTrue(elsewhere.err().contains("is in no mount of this user"), elsewhere::toString);
  }

  private void assertRefused(int status, String reason, String verb, String... options) {
    String[] words =
        Stream.concat(Stream.of("bench", verb, "-c", configuration.toString()), Stream.of(options))
            .toArray(String[]::new);
    Command bench = installation.sluice(Map.of("COLLECTOR_KEY", "x"), words);
    assertEquals(status, bench.status(), bench::toString);
    assertTrue(bench.err().contains(reason), bench::toString);
    assertEquals(1, bench.err().lines().count(), bench::toString);
  }
}
