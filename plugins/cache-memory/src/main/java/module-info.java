// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.cache.memory.MemoryBlockCacheProvider;
import io.sluicefs.spi.cache.BlockCacheProvider;
import org.jspecify.annotations.NullMarked;

/**
 * Keeps blocks in shared, reference-counted memory outside the heap: {@code cache.memory}.
 *
 * <table class="striped">
 * <caption>Settings</caption>
 * <tr><th>name</th><th>type</th><th>default</th><th>effect</th></tr>
 * <tr><td>{@code block-size}</td><td>size, power of two, 64KiB to 16MiB</td><td>{@code 128KiB}</td>
 *     <td>unit of loading, keeping and evicting</td></tr>
 * <tr><td>{@code capacity}</td><td>size</td><td>what {@code memory.limit} leaves</td>
 *     <td>most memory the blocks take; what others need of the limit they get from it</td></tr>
 * <tr><td>{@code retention}</td><td>{@code while-open}, {@code lru} or a time</td>
 *     <td>{@code while-open}</td><td>how long blocks stay after the last file handle of their
 *     object is closed</td></tr>
 * </table>
 */
@NullMarked
module io.sluicefs.cache.memory {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;
  requires java.logging;

  provides BlockCacheProvider with
      MemoryBlockCacheProvider;
}
