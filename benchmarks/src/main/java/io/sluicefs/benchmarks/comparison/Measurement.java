// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Runs works on mounts and measures them. */
final class Measurement {
  private static final long LOOK_AGAIN_MILLIS = 2;

  private final ObjectServer server;
  private final Duration patience;

  /**
   * Creates measurements.
   *
   * @param patience longest time for one work
   */
  Measurement(ObjectServer server, Duration patience) {
    this.server = server;
    this.patience = patience;
  }

  /**
   * Runs a work once.
   *
   * @throws IOException if a program fails, or does not end in time and was killed
   */
  Sample run(Work work, MountedCandidate mount) throws IOException, InterruptedException {
    List<Program.Running> running = new ArrayList<>();
    try {
      List<Program> programs = work.programs().on(mount.mountpoint());
      for (Program program : programs) {
        if (program.signalled()) {
          running.add(program.start());
        }
      }
      DaemonUsage usage = mount.usage();
      server.resetCounters();
      usage.resetPeak();
      double cpu = usage.cpuSeconds();
      long start = System.nanoTime();
      for (Program.Running ready : running) {
        ready.signal();
      }
      for (Program program : programs) {
        if (!program.signalled()) {
          running.add(program.start());
        }
      }
      await(running, work, start + patience.toNanos());
      double seconds = (System.nanoTime() - start) / 1e9;
      cpu = usage.cpuSeconds() - cpu;
      OptionalLong micros =
          running.size() == 1 ? running.getFirst().medianMicros() : OptionalLong.empty();
      return new Sample(seconds, cpu, server.served(), usage.peakResidentBytes(), micros);
    } finally {
      running.forEach(Program.Running::close);
      server.delete(work.leaves());
    }
  }

  private void await(List<Program.Running> running, Work work, long deadline)
      throws IOException, InterruptedException {
    for (Program.Running program : running) {
      if (!program.await(deadline - System.nanoTime())) {
        throw new IOException("not done in " + patience.toSeconds() + " s");
      }
    }
    // Some let programs go before the store has what they wrote.
    while (work.uploads() > 0 && server.served().bytesIn() < work.uploads()) {
      if (System.nanoTime() > deadline) {
        throw new IOException("not in the store in " + patience.toSeconds() + " s");
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
  }
}
