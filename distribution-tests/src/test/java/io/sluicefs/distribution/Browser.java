// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Chromium without a window, driven by its DevTools protocol. One page. */
final class Browser implements AutoCloseable, WebSocket.Listener {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern TARGET =
      Pattern.compile("\"webSocketDebuggerUrl\": *\"(ws://[^\"]*/page/[^\"]*)\"");

  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<Integer, CompletableFuture<Config>> answers = new ConcurrentHashMap<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final StringBuilder message = new StringBuilder();
  private WebSocket socket;
  private int asked;

  private Browser(Process process) {
    this.process = process;
  }

  static boolean isInstalled() {
    return Files.isExecutable(Path.of("/usr/bin/chromium"));
  }

  /** Starts it with a folder of its own. */
  static Browser start(Path folder) throws IOException, InterruptedException {
    Path profile = Files.createDirectories(folder.resolve("browser"));
    Process process =
        new ProcessBuilder(
                "/usr/bin/chromium",
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--window-size=1200,1000",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("browser.out").toFile())
            .start();
    Browser browser = new Browser(process);
    browser.connect(profile.resolve("DevToolsActivePort"));
    return browser;
  }

  private void connect(Path portFile) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(portFile) || Files.size(portFile) == 0) {
      if (System.nanoTime() - deadline > 0 || !process.isAlive()) {
        throw new AssertionError("the browser does not start");
      }
      Thread.sleep(20);
    }
    String list =
        "http://127.0.0.1:%s/json/list".formatted(Files.readAllLines(portFile).getFirst());
    Matcher target = TARGET.matcher(get(list));
    while (!target.find()) {
      target = TARGET.matcher(get(list));
    }
    socket = http.newWebSocketBuilder().buildAsync(URI.create(target.group(1)), this).join();
    call("Runtime.enable", Map.of());
    call("Log.enable", Map.of());
    call("Page.enable", Map.of());
  }

  private String get(String url) throws IOException, InterruptedException {
    return http.send(
            java.net.http.HttpRequest.newBuilder(URI.create(url)).build(),
            java.net.http.HttpResponse.BodyHandlers.ofString())
        .body();
  }

  void open(String url) {
    call("Page.navigate", Map.of("url", url));
  }

  /** Returns what an expression gives, as text. */
  String evaluate(String expression) {
    Config answer = call("Runtime.evaluate", Map.of("expression", "String(" + expression + ")"));
    return answer.getString("result.value");
  }

  /** Waits until an expression is true. */
  void await(String expression) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!evaluate("Boolean(" + expression + ")").equals("true")) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("never true: " + expression + "; " + complaints);
      }
      Thread.sleep(20);
    }
  }

  void press(String key) {
    Map<String, Object> what =
        key.equals("Tab")
            ? Map.of("key", "Tab", "code", "Tab", "windowsVirtualKeyCode", 9)
            : Map.of("key", "Enter", "code", "Enter", "windowsVirtualKeyCode", 13, "text", "\r");
    for (String type : List.of("keyDown", "keyUp")) {
      Map<String, Object> event = new java.util.HashMap<>(what);
      event.put("type", type);
      call("Input.dispatchKeyEvent", event);
    }
  }

  void prefer(String colors) {
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colors))));
  }

  void screenshot(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(
        file,
        Base64.getDecoder()
            .decode(
                call("Page.captureScreenshot", Map.of("captureBeyondViewport", true))
                    .getString("data")));
  }

  /** Returns errors and warnings of the page. */
  List<String> complaints() {
    return new ArrayList<>(complaints);
  }

  private Config call(String method, Map<String, Object> parameters) {
    int id = ++asked;
    CompletableFuture<Config> answer = new CompletableFuture<>();
    answers.put(id, answer);
    socket
        .sendText(
            ConfigValueFactory.fromMap(Map.of("id", id, "method", method, "params", parameters))
                .render(ConfigRenderOptions.concise()),
            true)
        .join();
    try {
      Config message = answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (message.hasPath("error")) {
        throw new AssertionError(method + ": " + message);
      }
      return message.getConfig("result");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(method, e);
    }
  }

  @Override
  public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
    message.append(data);
    if (last) {
      String text = message.toString();
      message.setLength(0);
      Config received = ConfigFactory.parseString(text);
      if (received.hasPath("id")) {
        answers.remove(received.getInt("id")).complete(received);
      } else {
        String method = received.getString("method");
        boolean isConsole = method.equals("Runtime.consoleAPICalled");
        if (isConsole
            || method.equals("Runtime.exceptionThrown")
            || method.equals("Log.entryAdded")) {
          complaints.add(text);
        }
      }
    }
    webSocket.request(1);
    return null;
  }

  @Override
  public void close() {
    socket.abort();
    http.shutdownNow();
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    process.onExit().join();
  }
}
