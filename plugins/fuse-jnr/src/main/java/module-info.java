// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.fuse.jnr.JnrFuseChannelProvider;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import org.jspecify.annotations.NullMarked;

/**
 * Talks to the Linux kernel through libfuse 2 and jnr-fuse. The host needs libfuse.so.2, /dev/fuse
 * and, for users other than root, {@code fusermount}.
 *
 * <table class="striped">
 * <caption>Settings, section {@code fuse.jnr}</caption>
 * <tr><th>name</th><th>type</th><th>default</th><th>effect</th></tr>
 * <tr><td>{@code threads}</td><td>whole number, 1 to 256</td><td>16</td><td>requests answered at
 * once; a read that waits for the network occupies one</td></tr>
 * <tr><td>{@code path-table-size}</td><td>whole number, 256 to 4194304</td><td>16384</td><td>names
 * whose inode is remembered, least recently used go first</td></tr>
 * </table>
 */
@NullMarked
module io.sluicefs.fuse.jnr {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;

  provides FuseChannelProvider with
      JnrFuseChannelProvider;
}
