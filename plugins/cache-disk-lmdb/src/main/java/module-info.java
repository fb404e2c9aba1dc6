// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.cache.disk.lmdb.LmdbBlockCacheProvider;
import io.sluicefs.spi.cache.BlockCacheProvider;
import org.jspecify.annotations.NullMarked;

/**
 * Keeps blocks on a local disk over restarts: {@code cache.disk-lmdb}.
 *
 * <table class="striped">
 * <caption>Settings</caption>
 * <tr><th>name</th><th>type</th><th>default</th><th>effect</th></tr>
 * <tr><td>{@code path}</td><td>absolute path</td><td>required</td>
 *     <td>directory of this cache and of nothing else</td></tr>
 * <tr><td>{@code max-size}</td><td>size, at least 4MiB</td><td>{@code 100GiB}</td>
 *     <td>most bytes in the directory, the index included</td></tr>
 * <tr><td>{@code free-space-floor}</td><td>size</td><td>{@code 1GiB}</td>
 *     <td>bytes of the disk left to others</td></tr>
 * <tr><td>{@code block-size}</td><td>size, power of two, 64KiB to 16MiB</td><td>{@code 128KiB}</td>
 *     <td>unit of keeping and checking</td></tr>
 * <tr><td>{@code fill-memory}</td><td>size</td><td>an eighth of the memory for data, at most
 *     {@code 64MiB}</td><td>memory for what is on its way to the disk</td></tr>
 * </table>
 */
@NullMarked
module io.sluicefs.cache.disk.lmdb {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;

  provides BlockCacheProvider with
      LmdbBlockCacheProvider;
}
