// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** What a daemon leaves that was killed: a mount of FUSE whose device nobody has open. */
@SuppressWarnings("restricted") // tests may call mount(2)
final class DeadMount {
  private DeadMount() {}

  /** Mounts at a path with a device that is closed at once; skips the test without the right to. */
  static void leave(Path path) throws Throwable {
    Linker linker = Linker.nativeLinker();
    MethodHandle open =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    MethodHandle close =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    MethodHandle mount =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("mount"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS));
    Assumptions.assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "only root can mount without fusermount");
    try (Arena arena = Arena.ofConfined()) {
      int readWrite = 2;
      int device = (int) open.invokeExact(arena.allocateFrom("/dev/fuse"), readWrite);
      Assumptions.assumeTrue(device >= 0, "no /dev/fuse");
      int mounted =
          (int)
              mount.invokeExact(
                  arena.allocateFrom("s3://nowhere/bucket"),
                  arena.allocateFrom(path.toString()),
                  arena.allocateFrom("fuse.sluice"),
                  0L,
                  arena.allocateFrom("fd=" + device + ",rootmode=40000,user_id=0,group_id=0"));
      int closed = (int) close.invokeExact(device);
      assertEquals(0, mounted + closed);
    }
  }
}
