// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * A trace as a file of text, described in {@code docs/traces.md}: a line that says what it is, for
 * each object a line with size, etag and key and one for each run, and a line that says that it is
 * whole.
 */
final class TraceFile {
  /** Most runs of all objects together. */
  static final int MOST_RUNS = 1 << 18;

  private static final String KIND = "sluice-trace";
  private static final int VERSION = 1;
  private static final String OBJECT = "object";
  private static final String END = "end";
  private static final long LARGEST = 64L << 20;

  /**
   * What was found in a file.
   *
   * @param objects in order
   * @param damage what is wrong with it from some line on; empty if it is whole
   */
  record Content(List<ObjectTrace> objects, String damage) {}

  private TraceFile() {}

  /**
   * Writes a file and puts it in the place of the one before, which is whole until then.
   *
   * @param objects in order
   */
  static void write(Path file, List<ObjectTrace> objects) throws IOException {
    Path next =
        file.resolveSibling(
            ".%s.%d.tmp".formatted(file.getFileName(), ProcessHandle.current().pid()));
    try {
      try (FileChannel channel =
              FileChannel.open(
                  next,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE);
          BufferedWriter out =
              new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8))) {
        write(out, objects);
        out.flush();
        channel.force(true);
      }
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  private static void write(Writer out, List<ObjectTrace> objects) throws IOException {
    out.write(KIND + " " + VERSION + "\n");
    for (ObjectTrace object : objects) {
      out.write(
          "%s %d %s %s\n"
              .formatted(OBJECT, object.size(), encoded(object.etag()), encoded(object.key())));
      for (int run = 0; run < object.runs(); run++) {
        out.write(object.start(run) + " " + object.count(run) + "\n");
      }
    }
    out.write(END + "\n");
  }

  /**
   * Reads a file. One that is damaged is read up to the damage.
   *
   * @throws TraceException if it is no trace at all, or of another version
   * @throws IOException if it cannot be read
   */
  static Content read(Path file) throws TraceException, IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] kind = in.readNBytes(KIND.length() + 1);
      if (!new String(kind, StandardCharsets.US_ASCII).equals(KIND + " ")) {
        throw new TraceException(file + " is no trace; prefetch.record writes one");
      }
      if (Files.size(file) > LARGEST) {
        throw new TraceException(file + " is larger than any trace");
      }
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      String version = lines.readLine();
      if (!Integer.toString(VERSION).equals(version)) {
        throw new TraceException(
            "%s is a trace of version %s, and this Sluice knows %d; record it anew"
                .formatted(file, version, VERSION));
      }
      return new Lines(lines).read();
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** The lines after the first. */
  private static final class Lines {
    private final BufferedReader lines;
    private final List<ObjectTrace> objects = new ArrayList<>();
    private int number = 1;
    private int room = MOST_RUNS;

    private String key = "";
    private String etag = "";
    private long size = -1;
    private int[] starts = new int[64];
    private int[] counts = new int[64];
    private int runs;
    private BitSet seen = new BitSet();

    Lines(BufferedReader lines) {
      this.lines = lines;
    }

    Content read() throws IOException {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        number++;
        if (line.equals(END)) {
          endObject();
          return new Content(objects, "");
        }
        try {
          take(line.split(" ", -1));
        } catch (IllegalArgumentException e) {
          endObject();
          return new Content(objects, "is damaged in line " + number);
        }
      }
      endObject();
      return new Content(objects, "is cut off after line " + number);
    }

    private void take(String[] words) {
      if (words.length == 4 && words[0].equals(OBJECT)) {
        endObject();
        size = Long.parseLong(words[1]);
        etag = URLDecoder.decode(words[2], StandardCharsets.UTF_8);
        key = URLDecoder.decode(words[3], StandardCharsets.UTF_8);
        if (size < 0 || size > Granules.LARGEST || etag.isEmpty()) {
          throw new IllegalArgumentException("no object");
        }
      } else if (words.length == 2 && size >= 0) {
        addRun(Integer.parseInt(words[0]), Integer.parseInt(words[1]));
      } else {
        throw new IllegalArgumentException("no line of a trace");
      }
    }

    private void addRun(int start, int count) {
      int most = Granules.after(size);
      boolean isWithin = start >= 0 && count > 0 && count <= most && start <= most - count;
      int next = isWithin ? seen.nextSetBit(start) : -1;
      if (!isWithin || (next >= 0 && next < start + count)) {
        throw new IllegalArgumentException("no run of this object, or one there already");
      }
      if (room == 0) {
        throw new IllegalArgumentException("more runs than are recorded");
      }
      room--;
      seen.set(start, start + count);
      if (runs == starts.length) {
        starts = Arrays.copyOf(starts, 2 * runs);
        counts = Arrays.copyOf(counts, 2 * runs);
      }
      starts[runs] = start;
      counts[runs] = count;
      runs++;
    }

    private void endObject() {
      if (runs > 0) {
        objects.add(
            new ObjectTrace(
                key, etag, size, Arrays.copyOf(starts, runs), Arrays.copyOf(counts, runs)));
      }
      runs = 0;
      seen = new BitSet();
    }
  }
}
