// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.net.SyslogAppender;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.util.FileSize;
import io.sluicefs.kernel.config.LogSettings;
import io.sluicefs.kernel.metrics.AccessLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.logging.LogManager;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Sets Logback up without a file to parse. Until a verb says otherwise only errors are logged, to
 * the error stream; what the libraries of plugins log comes through java.util.logging.
 */
public final class Logging extends ContextAwareBase implements Configurator {
  // Names of objects and words of stores may hold line ends and terminal sequences.
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0}: %replace(%msg){'\\p{Cc}','?'}%n";
  private static final String OWN = "io.sluicefs";
  // Complain at every start that Java is closed to reflection; nothing of theirs that is used needs
  // it.
  private static final List<String> COMPLAINERS =
      List.of(
          "net.openhft.chronicle.core.cleaner.CleanerServiceLocator",
          "net.openhft.chronicle.core.internal.ClassUtil");
  private static final long MOST_BYTES = 16L << 20;
  private static final int FILES = 3;

  private static volatile boolean started;
  private static volatile boolean toFile;

  /** Called by Logback when the first logger is made. */
  public Logging() {}

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    setUp(context, Level.ERROR, Level.ERROR, console(context, pattern(PATTERN)));
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  /** Logs as the configuration says from now on, to a file or the error stream. */
  static void start(LogSettings settings, Optional<Path> file, Path mountpoint) throws IOException {
    start(settings.level(), settings.format(), file);
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    if (settings.journal().isPresent()) {
      root.addAppender(
          datagrams(context, settings.journal().get(), new JournalEntry(mountpoint.toString())));
    }
    if (settings.syslog().isPresent()) {
      root.addAppender(syslog(context, settings.syslog().get()));
    }
    settings.operations().ifPresent(path -> setUpAccessLog(context, AccessLog.OPERATIONS, path));
    settings.requests().ifPresent(path -> setUpAccessLog(context, AccessLog.REQUESTS, path));
  }

  private static Appender<ILoggingEvent> syslog(LoggerContext context, String target)
      throws IOException {
    if (target.startsWith("/")) {
      return datagrams(context, Path.of(target), new SyslogLine());
    }
    int colon = target.lastIndexOf(':');
    SyslogAppender appender = new SyslogAppender();
    appender.setSyslogHost(target.substring(0, colon));
    appender.setPort(Integer.parseInt(target.substring(colon + 1)));
    appender.setFacility("DAEMON");
    appender.setSuffixPattern(
        "sluice[%d]: %%replace(%%msg){'\\p{Cc}','?'}".formatted(ProcessHandle.current().pid()));
    // A stack trace would be as many events; the log has it.
    appender.setThrowableExcluded(true);
    appender.setContext(context);
    appender.start();
    return appender;
  }

  private static Appender<ILoggingEvent> datagrams(
      LoggerContext context, Path target, Function<ILoggingEvent, byte[]> format)
      throws IOException {
    DatagramAppender appender = new DatagramAppender(target, format);
    appender.setContext(context);
    appender.start();
    return appender;
  }

  /** Logs text at a level from now on, to a file or the error stream. */
  static void start(LogSettings.Level level, Optional<Path> file) {
    start(level, LogSettings.Format.TEXT, file);
  }

  private static void start(
      LogSettings.Level level, LogSettings.Format format, Optional<Path> file) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    setUp(
        context,
        own(level),
        others(level),
        file.<Appender<ILoggingEvent>>map(path -> rolling(context, path, encoder(format)))
            .orElseGet(() -> console(context, encoder(format))));
    started = true;
    toFile = file.isPresent();
    LogManager.getLogManager().reset();
    SLF4JBridgeHandler.install();
    java.util.logging.Logger.getLogger("").setLevel(julLevel(others(level)));
  }

  /** Logs at another level from now on, to where it did before. */
  static void setLevel(LogSettings.Level level) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(others(level));
    context.getLogger(OWN).setLevel(own(level));
    java.util.logging.Logger.getLogger("").setLevel(julLevel(others(level)));
  }

  private static Level own(LogSettings.Level level) {
    return switch (level) {
      case ERROR -> Level.ERROR;
      case WARNING -> Level.WARN;
      case INFO -> Level.INFO;
      case DEBUG -> Level.DEBUG;
      case TRACE -> Level.TRACE;
    };
  }

  /** Libraries are chatty at INFO, and at DEBUG they log what is sent, credentials included. */
  private static Level others(LogSettings.Level level) {
    return switch (level) {
      case ERROR -> Level.ERROR;
      case WARNING, INFO -> Level.WARN;
      case DEBUG, TRACE -> Level.INFO;
    };
  }

  /** Logs nothing from now on: for what is made to fail on purpose. */
  static void silence() {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).setLevel(Level.OFF);
    LogManager.getLogManager().reset();
  }

  /**
   * Logs a failure whose message the user was told, with its stack, where only the log shows it.
   */
  static void failed(Exception failure) {
    if (toFile) {
      LoggerFactory.getLogger(Logging.class).error("failed", failure);
    } else if (started) {
      LoggerFactory.getLogger(Logging.class).debug("failed", failure);
    }
  }

  private static void setUp(
      LoggerContext context, Level own, Level others, Appender<ILoggingEvent> appender) {
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(others);
    root.addAppender(appender);
    context.getLogger(OWN).setLevel(own);
    // Off unless they have a file of their own, whatever the level is.
    context.getLogger(AccessLog.OPERATIONS).setLevel(Level.OFF);
    context.getLogger(AccessLog.REQUESTS).setLevel(Level.OFF);
    COMPLAINERS.forEach(name -> context.getLogger(name).setLevel(Level.OFF));
  }

  private static java.util.logging.Level julLevel(Level level) {
    return switch (level.toInt()) {
      case Level.ERROR_INT -> java.util.logging.Level.SEVERE;
      case Level.WARN_INT -> java.util.logging.Level.WARNING;
      default -> java.util.logging.Level.INFO;
    };
  }

  private static void setUpAccessLog(LoggerContext context, String name, Path file) {
    Logger logger = context.getLogger(name);
    logger.setAdditive(false);
    logger.setLevel(Level.INFO);
    logger.addAppender(rolling(context, file, pattern("%msg%n")));
  }

  private static Appender<ILoggingEvent> console(
      LoggerContext context, Encoder<ILoggingEvent> encoder) {
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setTarget("System.err");
    if (JournalStream.isErrorStream()) {
      encoder.setContext(context);
      return start(context, appender, new JournalStream(encoder));
    }
    return start(context, appender, encoder);
  }

  private static Appender<ILoggingEvent> rolling(
      LoggerContext context, Path file, Encoder<ILoggingEvent> encoder) {
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setFile(file.toString());
    FixedWindowRollingPolicy window = new FixedWindowRollingPolicy();
    window.setContext(context);
    window.setParent(appender);
    window.setFileNamePattern(file + ".%i");
    window.setMinIndex(1);
    window.setMaxIndex(FILES - 1);
    window.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
    size.setContext(context);
    size.setMaxFileSize(new FileSize(MOST_BYTES));
    size.start();
    appender.setRollingPolicy(window);
    appender.setTriggeringPolicy(size);
    return start(context, appender, encoder);
  }

  private static Encoder<ILoggingEvent> encoder(LogSettings.Format format) {
    return switch (format) {
      case TEXT -> pattern(PATTERN);
      case JSON -> {
        JsonEncoder json = new JsonEncoder();
        json.setWithFormattedMessage(true);
        json.setWithMessage(false);
        json.setWithArguments(false);
        json.setWithContext(false);
        json.setWithMDC(false);
        json.setWithSequenceNumber(false);
        json.setWithNanoseconds(false);
        yield json;
      }
    };
  }

  private static Encoder<ILoggingEvent> pattern(String pattern) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setPattern(pattern);
    return encoder;
  }

  private static Appender<ILoggingEvent> start(
      LoggerContext context,
      OutputStreamAppender<ILoggingEvent> appender,
      Encoder<ILoggingEvent> encoder) {
    encoder.setContext(context);
    encoder.start();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.start();
    return appender;
  }
}
