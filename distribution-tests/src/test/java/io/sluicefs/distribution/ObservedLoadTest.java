// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** One mount that eight processes load from, asked in every way there is. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ObservedLoadTest {
  private static final long LOADED = 256L << 20;

  private static final long SHARD = 64L << 20;
  private static final long PACE = 20_000_000;
  private static final int PROCESSES = 8;
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

  private Installation installation;
  private EmulatorProcess emulator;
  private BucketMount mount;
  private String page;

  @BeforeAll
  void loadByEightProcesses() throws Exception {
    installation = Installation.open(getClass());
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "llama/a.bin", LOADED, 1);
    emulator.putSynthetic("models", "llama/b.bin", SHARD, 2);
    emulator.putSynthetic("models", "llama/c.bin", SHARD, 3);
    emulator.resetCounters();
    mount =
        BucketMount.observed(
            installation,
            emulator,
            Store.S3,
            """
            log { format = json, operations = "%1$s/operations.log", requests = "%1$s/requests.log" }
            """
                .formatted(installation.work()));
    page = status().getString("page");
    // As a store far away: of a request that is given up, nothing waits in the sockets of loopback.
    emulator.slowDown(PACE);
    load("llama/a.bin", 0, LOADED);
  }

  @AfterAll
  void unmount() throws IOException {
    try {
      mount.unmount();
    } finally {
      mount.close();
      emulator.close();
    }
    Mountpoints.cleanUnder(installation.work());
  }

  /**
   * Lets all processes read at once.
   *
   * @param distance bytes between where one and the next begin; 0 if all read the same, as the
   *     ranks of a server do. Where each has a share, read-ahead beyond its end is given up, and
   *     the store counts what it sent of that
   * @param length bytes each of them reads
   */
  private void load(String file, long distance, long length)
      throws IOException, InterruptedException {
    List<Process> readers = new ArrayList<>();
    for (int i = 0; i < PROCESSES; i++) {
      readers.add(
          new ProcessBuilder(
                  "dd",
                  "if=" + mount.path().resolve(file),
                  "of=/dev/null",
                  "bs=1M",
                  "status=none",
                  "skip=" + i * (distance >> 20),
                  "count=" + (length >> 20))
              .inheritIO()
              .start());
    }
    for (Process reader : readers) {
      assertEquals(0, reader.waitFor());
    }
  }

  private Config status() {
    Command status = installation.sluice("status", "--json");
    return mine(status);
  }

  private Config stats(String... words) {
    List<String> all = new ArrayList<>(List.of("stats", "--json"));
    all.addAll(List.of(words));
    Command stats = installation.sluice(all.toArray(String[]::new));
    assertEquals(0, stats.status(), stats::toString);
    return mine(stats);
  }

  /** Returns what a mount of this test says; others of this user may be there too. */
  private Config mine(Command command) {
    return ConfigFactory.parseString("mounts = " + command.out()).getConfigList("mounts").stream()
        .filter(one -> one.getString("mountpoint").equals(mount.path().toString()))
        .findFirst()
        .orElseThrow(() -> new AssertionError(command));
  }

  private static String get(String url) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void theSocketPrometheusThePageAndTheStoreAgreeOnTheBytesDownloaded() throws Exception {
    long store = emulator.counters().getLong("bytes-out");
    long socket = stats(mount.path().toString()).getLong("downloaded_bytes");
    Matcher metric =
        Pattern.compile("(?m)^sluice_downloaded_bytes_total\\{[^}]*} (\\S+)$")
            .matcher(get(page + "metrics"));
    assertTrue(metric.find());
    long prometheus = (long) Double.parseDouble(metric.group(1));
    long shown = ConfigFactory.parseString(get(page + "stats.json")).getLong("downloaded_bytes");

    assertTrue(store >= LOADED, "downloaded " + store);
    for (long other : List.of(socket, prometheus, shown)) {
      assertTrue(
          Math.abs(store - other) <= store / 100,
          () -> "the store says %d, another %d".formatted(store, other));
    }
  }

  @Test
  void theStatusSaysWhatIsMountedAndHowItIs() {
    Config status = status();

    assertTrue(status.getString("source").endsWith("/models"), status::toString);
    assertTrue(status.getStringList("plugins").contains("transport.s3"), status::toString);
    assertEquals(256L << 20, status.getLong("memory.limit"));
    assertTrue(status.getLong("memory.resident") < 256L << 20, status::toString);
    assertEquals(0, status.getLong("errors.operations"));
  }

  @Test
  void anOpenFileIsShownWithItsReadersAndWhatIsHeldOfIt() throws IOException {
    Path file = mount.path().resolve("llama/c.bin");
    try (var open = Files.newInputStream(file)) {
      assertEquals(4 << 20, open.readNBytes(4 << 20).length);
      Config shown = stats(file.toString()).getConfigList("files").getFirst();

      assertEquals("llama/c.bin", shown.getString("path"));
      assertEquals(SHARD, shown.getLong("size"));
      // Linux reads ahead too.
      long read = shown.getLong("read_bytes");
      assertTrue(read >= 4 << 20 && read <= 8 << 20, shown::toString);
      assertTrue(shown.getList("held").size() > 0, shown::toString);
      Config reader = shown.getConfigList("readers").getFirst();
      assertEquals("read in order", reader.getString("pattern"));
      assertEquals(0, stats(mount.path().resolve("llama/none").toString()).getList("files").size());
    }
  }

  @Test
  void aLoadIsExplainedAfterItsFilesAreClosed() {
    Command explain =
        installation.sluice("explain", mount.path().resolve("llama/a.bin").toString());

    assertEquals(0, explain.status(), explain::toString);
    assertTrue(explain.out().startsWith("llama/a.bin\n  256.0 MiB, opened "), explain::toString);
    assertTrue(explain.out().contains("\n  - "), explain::toString);
  }

  @Test
  void settingsThatMayChangeAreSetLiveAndShownAndOthersRefused() {
    String place = mount.path().toString();
    for (String setting :
        List.of(
            "log.level=debug",
            "log.level=info",
            "metadata.attribute-ttl=59s",
            "prefetch.sequential.requests=65")) {
      Command set = installation.sluice("set", setting, place);
      assertEquals(0, set.status(), set::toString);
    }
    assertEquals("65", status().getString("set.\"prefetch.sequential.requests\""));
    Command show = installation.sluice("config", "show", "--origin", place);
    assertTrue(
        show.out().matches("(?s).*metadata.attribute-ttl = \"59s\" +# sluice set\n.*"),
        show::toString);
    assertTrue(show.out().contains("transport.s3.bucket = \"models\""), show::toString);

    Command refused = installation.sluice("set", "mount.read-only=true", place);
    assertEquals(1, refused.status());
    assertTrue(
        refused.err().startsWith("sluice: mount.read-only cannot be changed while mounted"),
        refused::toString);
  }

  @Test
  void theTableOfTheDocumentationIsWhatTheEndpointShows() throws Exception {
    Set<String> shown =
        get(page + "metrics")
            .lines()
            .filter(line -> line.startsWith("# TYPE "))
            .map(line -> line.split(" ", -1)[2] + " " + line.split(" ", -1)[3])
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> documented = new TreeSet<>();
    Matcher row =
        Pattern.compile(
                "(?m)^\\| `(sluice_[a-z_]+)` \\| (counter|gauge|histogram)"
                    + " \\|(?!.*`cache.disk-lmdb`)")
            .matcher(Files.readString(REPOSITORY.resolve("docs/operations.md")));
    while (row.find()) {
      documented.add(row.group(1) + " " + row.group(2));
    }

    // Those of plugins are there when the plugin is.
    documented.removeIf(name -> name.startsWith("sluice_cache_events_total"));
    assertEquals(documented, shown);
  }

  @Test
  void whatWasDoneIsInTheAccessLogsAndTheLogIsJson() throws IOException {
    List<Config> operations = lines(installation.work().resolve("operations.log"));
    List<Config> requests = lines(installation.work().resolve("requests.log"));

    assertTrue(
        operations.stream()
            .anyMatch(
                line ->
                    line.getString("operation").equals("lookup")
                        && line.getString("name").equals("a.bin")),
        "the lookup of a.bin");
    assertTrue(
        operations.stream()
            .anyMatch(
                line ->
                    line.getString("operation").equals("read")
                        && line.getLong("length") > 0
                        && line.getDouble("seconds") > 0),
        "a read");
    assertTrue(
        requests.stream()
            .anyMatch(
                line ->
                    line.getString("request").equals("read")
                        && line.getString("target").startsWith("llama/a.bin ")),
        "a request");
    List<Config> log = lines(Path.of(status().getString("log")));
    assertTrue(
        log.stream().anyMatch(line -> line.getString("formattedMessage").startsWith("mounted ")),
        log::toString);
  }

  private static List<Config> lines(Path file) throws IOException {
    return Files.readAllLines(file).stream().map(ConfigFactory::parseString).toList();
  }

  @Test
  void thePageIsNotServedUnderAnotherHostsName() throws Exception {
    Command curl =
        Command.run(
            "curl",
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "-H",
            "Host: evil.example",
            page);
    assumeTrue(curl.status() == 0, "curl is not installed");
    assertEquals("403", curl.out());
  }

  @Test
  void theAlertRulesAreGoodAndUseOnlyWhatIsShown() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/promtool")), "promtool is not installed");
    Path rules = REPOSITORY.resolve("distribution/src/monitoring/prometheus-alerts.yml");
    Command check = Command.run("promtool", "check", "rules", rules.toString());
    assertEquals(0, check.status(), check::toString);

    Command metrics =
        Command.run("sh", "-c", "curl -s " + page + "metrics | promtool check metrics");
    assertEquals(0, metrics.status(), metrics::toString);
  }

  @Test
  void theDashboardAsksForNothingThatIsNotShown() throws Exception {
    String shown = get(page + "metrics");
    Path folder = REPOSITORY.resolve("distribution/src/monitoring");
    String all =
        Files.readString(folder.resolve("grafana-dashboard.json"))
            + Files.readString(folder.resolve("prometheus-alerts.yml"));
    // It is JSON.
    assertTrue(
        ConfigFactory.parseFile(folder.resolve("grafana-dashboard.json").toFile())
            .hasPath("panels"));
    Matcher name = Pattern.compile("sluice_[a-z_]+").matcher(all);
    while (name.find()) {
      assertTrue(shown.contains(name.group()), name.group());
    }
  }

  @Test
  void thePageLoadsAndUpdatesAndIsUsedByKeyboard() throws Exception {
    assumeTrue(Browser.isInstalled(), "chromium is not installed");
    Path file = mount.path().resolve("llama/b.bin");
    try (Browser browser = Browser.start(installation.work());
        var open = Files.newInputStream(file)) {
      browser.open(page);
      browser.await("document.body && Number(document.body.dataset.updates) >= 2");
      assertEquals(8 << 20, open.readNBytes(8 << 20).length);
      browser.await("document.querySelector('#files details svg rect')");
      load("llama/b.bin", SHARD / PROCESSES, SHARD / PROCESSES);
      long downloaded = stats(mount.path().toString()).getLong("downloaded_bytes");
      browser.await("Number(document.body.dataset.downloaded) >= " + downloaded);

      for (int i = 0; i < 2; i++) {
        browser.press("Tab");
      }
      assertEquals("llama/b.bin", browser.evaluate("document.activeElement.dataset.path"));
      browser.press("Enter");
      browser.await("document.querySelector('#files details').open");
      long updates = Long.parseLong(browser.evaluate("document.body.dataset.updates"));
      browser.await("Number(document.body.dataset.updates) > " + updates);
      assertEquals("true", browser.evaluate("document.querySelector('#files details').open"));
      assertEquals("llama/b.bin", browser.evaluate("document.activeElement.dataset.path"));

      String light = browser.evaluate("getComputedStyle(document.body).backgroundColor");
      browser.screenshot(screenshot("light"));
      browser.prefer("dark");
      assertTrue(
          !light.equals(browser.evaluate("getComputedStyle(document.body).backgroundColor")));
      browser.screenshot(screenshot("dark"));
      assertEquals(List.of(), browser.complaints());
    }
  }

  private static Path screenshot(String colors) {
    return Path.of(System.getProperty("sluice.work"))
        .resolveSibling("status-page-%s.png".formatted(colors));
  }
}
