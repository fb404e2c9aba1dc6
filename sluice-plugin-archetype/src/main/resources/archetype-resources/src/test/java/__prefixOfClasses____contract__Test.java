package ${package};

import io.sluicefs.spi.${axis}.${contract}Provider;
#if(${axis} == "transport")
import io.sluicefs.spi.testkit.transport.TransportContract;
import java.util.Map;
#elseif(${axis} == "cache")
import io.sluicefs.spi.testkit.cache.BlockCacheContract;
import java.util.Map;
#elseif(${axis} == "prefetch")
import io.sluicefs.spi.testkit.prefetch.PrefetcherContract;
#else
import io.sluicefs.spi.testkit.fuse.FuseChannelContract;
#end

/** The contract of the axis: it fails until everything is written. */
class ${prefixOfClasses}${contract}Test extends ${contract}Contract {
  @Override
  protected ${contract}Provider provider() {
    return new ${prefixOfClasses}${contract}Provider();
  }
#if(${axis} == "transport")

  @Override
  protected Map<String, String> settings() {
    return Map.of("bucket", "models");
  }

  @Override
  protected void store(String key, byte[] content) {
    throw new UnsupportedOperationException("to be written: put it into the store, past the plugin");
  }

  @Override
  protected void remove(String key) {
    throw new UnsupportedOperationException("to be written: delete it from the store");
  }
#elseif(${axis} == "cache")

  @Override
  protected Map<String, String> settings() {
    return Map.of("block-size", "64KiB", "capacity", "2MiB");
  }
#end
}
