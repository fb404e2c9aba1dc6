// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.spi.cache.BlockCacheProvider;
import org.example.sluice.cache.valkey.ValkeyBlockCacheProvider;

/** Keeps blocks in a Valkey or Redis server that several hosts share: {@code cache.valkey}. */
module org.example.sluice.cache.valkey {
  requires io.sluicefs.spi;

  provides BlockCacheProvider with
      ValkeyBlockCacheProvider;
}
