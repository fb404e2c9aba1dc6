// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.fuse.direct.DirectFuseChannelProvider;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import org.jspecify.annotations.NullMarked;

/**
 * Talks to the Linux kernel through /dev/fuse itself. The host needs /dev/fuse and, for users other
 * than root, {@code fusermount3}.
 *
 * <table class="striped">
 * <caption>Settings, section {@code fuse.direct}</caption>
 * <tr><th>name</th><th>type</th><th>default</th><th>effect</th></tr>
 * <tr><td>{@code readers}</td><td>whole number, 1 to 64, or auto</td><td>auto</td><td>threads that
 * wait for requests and answer at once what needs no waiting; auto: one for four processors, 2 to
 * 8</td></tr>
 * <tr><td>{@code threads}</td><td>whole number, 2 to 1024</td><td>64</td><td>requests answered at
 * once, those that wait included; more are queued, and what needs no waiting passes them</td></tr>
 * </table>
 */
@NullMarked
module io.sluicefs.fuse.direct {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;

  provides FuseChannelProvider with
      DirectFuseChannelProvider;
}
