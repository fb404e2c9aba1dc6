// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import jnr.ffi.BaseStruct;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import ru.serce.jnrfuse.FuseCallbacks;
import ru.serce.jnrfuse.struct.FuseOperations;

/** libfuse's {@code struct fuse_operations}, by jnr-fuse. Must outlive the session. */
final class CallbackTable {
  /** The bit field after {@code bmap}. */
  private static final long FLAGS = 38 * 8;

  /** Operations on an open file need no path. */
  private static final int NO_PATH = 0b011;

  /** {@code utimens} understands UTIME_OMIT and UTIME_NOW. */
  private static final int TIMES_MAY_BE_OMITTED = 0b100;

  private final FuseOperations table;
  private final Pointer memory;

  /** jnr-ffi holds them weakly. */
  private final List<Object> held = new ArrayList<>();

  CallbackTable(PathCallbacks callbacks) {
    Runtime runtime = Runtime.getSystemRuntime();
    table = new FuseOperations(runtime);
    memory = Memory.allocateDirect(runtime, Struct.size(table), true);
    table.useMemory(memory);
    set(table.getattr, (FuseCallbacks.GetAttrCallback) callbacks::getattr);
    set(table.fgetattr, (FuseCallbacks.FgetattrCallback) callbacks::fgetattr);
    set(table.chmod, (FuseCallbacks.ChmodCallback) callbacks::chmod);
    set(table.chown, (FuseCallbacks.ChownCallback) callbacks::chown);
    set(table.truncate, (FuseCallbacks.TruncateCallback) callbacks::truncate);
    set(table.ftruncate, (FuseCallbacks.FtruncateCallback) callbacks::ftruncate);
    set(table.utimens, (FuseCallbacks.UtimensCallback) callbacks::utimens);
    set(table.access, (FuseCallbacks.AccessCallback) callbacks::access);
    set(table.readlink, (FuseCallbacks.ReadlinkCallback) callbacks::readlink);
    set(table.open, (FuseCallbacks.OpenCallback) callbacks::open);
    set(table.create, (FuseCallbacks.CreateCallback) callbacks::create);
    set(table.read, (FuseCallbacks.ReadCallback) callbacks::read);
    set(table.write, (FuseCallbacks.WriteCallback) callbacks::write);
    set(table.flush, (FuseCallbacks.FlushCallback) callbacks::flush);
    set(table.fsync, (FuseCallbacks.FsyncCallback) callbacks::fsync);
    set(table.fallocate, (FuseCallbacks.FallocateCallback) callbacks::fallocate);
    set(table.release, (FuseCallbacks.ReleaseCallback) callbacks::release);
    set(table.opendir, (FuseCallbacks.OpendirCallback) callbacks::opendir);
    set(table.readdir, (FuseCallbacks.ReaddirCallback) callbacks::readdir);
    set(table.releasedir, (FuseCallbacks.ReleasedirCallback) callbacks::releasedir);
    set(table.statfs, (FuseCallbacks.StatfsCallback) callbacks::statfs);
    set(table.mkdir, (FuseCallbacks.MkdirCallback) callbacks::mkdir);
    set(table.symlink, (FuseCallbacks.SymlinkCallback) callbacks::symlink);
    set(table.unlink, (FuseCallbacks.UnlinkCallback) callbacks::unlink);
    set(table.rmdir, (FuseCallbacks.RmdirCallback) callbacks::rmdir);
    set(table.rename, (FuseCallbacks.RenameCallback) callbacks::rename);
    set(table.listxattr, (FuseCallbacks.ListxattrCallback) callbacks::listxattr);
    set(table.getxattr, (FuseCallbacks.GetxattrCallback) callbacks::getxattr);
    set(table.setxattr, (FuseCallbacks.SetxattrCallback) callbacks::setxattr);
    set(table.removexattr, (FuseCallbacks.RemovexattrCallback) callbacks::removexattr);
    NativeMemory.putInt(memory.address() + FLAGS, NO_PATH | TIMES_MAY_BE_OMITTED);
  }

  private <T> void set(BaseStruct.Func<T> member, T callback) {
    held.add(Objects.requireNonNull(callback));
    member.set(callback);
  }

  MemorySegment segment() {
    return NativeMemory.segment(memory.address(), Struct.size(table));
  }
}
