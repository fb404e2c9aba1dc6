package ${package};

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.${axis}.${contract};
import io.sluicefs.spi.${axis}.${contract}Provider;
#if(${axis} == "fuse")
import io.sluicefs.spi.fuse.MountOptions;
#end
import java.util.List;

/** Provides {@code ${axis}.${technology}}. */
public final class ${prefixOfClasses}${contract}Provider implements ${contract}Provider {
#if(${axis} == "transport")
  private static final Setting<String> BUCKET =
      Setting.string("bucket", "Name of the bucket.").required();

#end
#if(${axis} == "cache")
  private static final Setting<Long> BLOCK_SIZE =
      Setting.size("block-size", "64KiB", "Bytes of a block.").withDefault("128KiB");
  private static final Setting<Long> CAPACITY =
      Setting.size("capacity", "1MiB", "Most bytes it keeps.").withDefault("64MiB");

#end
#if(${axis} == "prefetch")
  private static final Setting<Long> CHUNK_SIZE =
      Setting.size("chunk-size", "64KiB", "Bytes of a request.").withDefault("8MiB");

#end
#if(${axis} == "fuse")
  private static final Setting<Integer> THREADS =
      Setting.integer("threads", 1, 256, "Threads that answer.").withDefault("8");

#end
  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "${technology}",
        Axis.${axis.toUpperCase()},
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
#if(${axis} == "transport")
        List.of(BUCKET));
#elseif(${axis} == "cache")
        List.of(BLOCK_SIZE, CAPACITY));
#elseif(${axis} == "prefetch")
        List.of(CHUNK_SIZE));
#else
        List.of(THREADS));
#end
  }

  @Override
#if(${axis} == "fuse")
  public ${contract} open(PluginContext context, MountOptions options) {
#else
  public ${contract} open(PluginContext context) {
#end
#if(${axis} == "transport")
    return new ${prefixOfClasses}${contract}(context.settings().get(BUCKET));
#elseif(${axis} == "cache")
    return new ${prefixOfClasses}${contract}(
        context.memory(),
        Math.toIntExact(context.settings().get(BLOCK_SIZE)),
        context.settings().get(CAPACITY));
#elseif(${axis} == "prefetch")
    return new ${prefixOfClasses}${contract}(context.settings().get(CHUNK_SIZE));
#else
    return new ${prefixOfClasses}${contract}(options, context.settings().get(THREADS));
#end
  }
}
