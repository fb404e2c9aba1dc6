// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.config.EffectiveSetting;
import io.sluicefs.kernel.config.LogSettings;
import io.sluicefs.kernel.config.MemorySettings;
import io.sluicefs.kernel.config.MetadataSettings;
import io.sluicefs.kernel.config.NearestName;
import io.sluicefs.kernel.config.PluginChoice;
import io.sluicefs.kernel.config.Section;
import io.sluicefs.kernel.control.ControlException;
import io.sluicefs.kernel.control.ControlVerb;
import io.sluicefs.kernel.fs.SluiceFileSystem;
import io.sluicefs.kernel.memory.HardMemoryBudget;
import io.sluicefs.kernel.memory.MemoryLimit;
import io.sluicefs.kernel.mount.OpenPlugins.Reconfigurable;
import io.sluicefs.kernel.read.ObjectReaders;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.fuse.FuseChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The settings of a running mount, of which those that say so may change until it is unmounted. The
 * configuration stays as it is on the disk. Thread-safe.
 */
public final class LiveSettings implements ControlVerb {
  /** Where a changed value is from, as {@code sluice config show --origin} says it. */
  private static final String ORIGIN = "sluice set";

  /**
   * Parts of uploads and what caches plan are sized by the memory there was at the mount: under a
   * quarter of it one of them may never get its memory.
   */
  private static final int LEAST_SHARE = 4;

  private static final String LOG_PREFIX = LogSettings.SECTION.name() + ".";

  private static final System.Logger LOG = System.getLogger(LiveSettings.class.getName());

  private final OpenPlugins plugins;
  private final HardMemoryBudget memory;
  private final ObjectReaders readers;
  private final SluiceFileSystem fileSystem;
  private final FuseChannel channel;
  private final long leastMemory;

  @GuardedBy("this")
  private Configuration configuration;

  @GuardedBy("this")
  private final SequencedMap<String, String> changed = new LinkedHashMap<>();

  @GuardedBy("this")
  private Consumer<LogSettings> logging = settings -> {};

  LiveSettings(
      Configuration configuration,
      OpenPlugins plugins,
      HardMemoryBudget memory,
      ObjectReaders readers,
      SluiceFileSystem fileSystem,
      FuseChannel channel) {
    this.configuration = configuration;
    this.plugins = plugins;
    this.memory = memory;
    this.readers = readers;
    this.fileSystem = fileSystem;
    this.channel = channel;
    this.leastMemory =
        Math.max(MemoryLimit.LEAST - MemoryLimit.RUNTIME, memory.limit() / LEAST_SHARE);
  }

  /** Says who logs at another level when that is changed. */
  public synchronized void onLogging(Consumer<LogSettings> listener) {
    logging = listener;
    if (changed.keySet().stream().anyMatch(path -> path.startsWith(LOG_PREFIX))) {
      listener.accept(configuration.log());
    }
  }

  /** Changes what was changed of the mount in the daemon before this one, as far as it can be. */
  void adopt(Map<String, String> before) {
    before.forEach(
        (path, value) -> {
          try {
            set(path, value);
          } catch (SettingException e) {
            LOG.log(
                System.Logger.Level.WARNING,
                "{0} was set to {1} while mounted and is as configured again: {2}",
                path,
                value,
                e.getMessage());
          }
        });
  }

  /** Returns the settings that were changed since the mount, with their values. */
  public synchronized SequencedMap<String, String> changed() {
    return new LinkedHashMap<>(changed);
  }

  /** Returns every setting as it is now, with where it is from; no secrets. */
  public synchronized List<Map<String, String>> report() throws ControlException {
    try {
      return configuration.effective(plugins.descriptors()).stream()
          .map(LiveSettings::shown)
          .toList();
    } catch (SettingException e) {
      throw new ControlException(String.valueOf(e.getMessage()), e);
    }
  }

  private static Map<String, String> shown(EffectiveSetting setting) {
    Map<String, String> shown = new LinkedHashMap<>();
    shown.put("path", setting.path());
    shown.put("origin", setting.origin());
    String text = setting.text();
    if (text != null) {
      shown.put("value", text);
    }
    return shown;
  }

  @Override
  public Map<String, ?> answer(Map<String, Object> question) throws ControlException {
    String path = String.valueOf(question.get("setting"));
    String value = String.valueOf(question.get("value"));
    try {
      set(path, value);
    } catch (SettingException e) {
      throw new ControlException(String.valueOf(e.getMessage()), e);
    }
    return Map.of();
  }

  /**
   * Changes a setting.
   *
   * @param path with its section: {@code memory.limit}
   * @throws SettingException if there is none, it cannot change while mounted, or not to this; the
   *     message is one line
   */
  public synchronized void set(String path, String value) throws SettingException {
    SequencedMap<String, Setting<?>> known = known();
    Setting<?> setting = known.get(path);
    if (setting == null) {
      throw new SettingException(
          "unknown setting %s; %s".formatted(path, NearestName.advice(path, live(known))));
    }
    if (!setting.isLive()) {
      throw new SettingException(
          "%s cannot be changed while mounted; change it in the configuration and mount again"
              .formatted(path));
    }
    Configuration next = configuration.with(path, value, ORIGIN);
    apply(path, next);
    configuration = next;
    changed.put(path, value);
    LOG.log(System.Logger.Level.INFO, "{0} is {1} from now on", path, value);
  }

  @GuardedBy("this")
  private void apply(String path, Configuration next) throws SettingException {
    String section = path.substring(0, path.lastIndexOf('.'));
    Map<String, Reconfigurable> caches = plugins.openCaches();
    Map<String, Reconfigurable> prefetchers = plugins.openPrefetchers();
    if (section.equals(LogSettings.SECTION.name())) {
      logging.accept(next.log());
    } else if (section.equals(MemorySettings.SECTION.name())) {
      resize(next, caches);
    } else if (section.equals(MetadataSettings.SECTION.name())) {
      if (!channel.tellsTtlsPerEntry()) {
        throw new SettingException(
            "%s cannot be changed while mounted by this FUSE channel; fuse.direct can"
                .formatted(path));
      }
      fileSystem.setTtls(next.metadata().attributeTtl(), next.metadata().negativeTtl());
    } else {
      reconfigure(section, next, caches);
      reconfigure(section, next, prefetchers);
    }
  }

  @GuardedBy("this")
  private void resize(Configuration next, Map<String, Reconfigurable> caches)
      throws SettingException {
    long before = memory.limit();
    long bytes = Mount.dataBytes(next);
    if (bytes < leastMemory) {
      throw new SettingException(
          "memory.limit: no less than %d MiB while mounted, as what is open was planned with more;"
                  .formatted((leastMemory + MemoryLimit.RUNTIME) >> 20)
              + " mount again for less");
    }
    memory.resize(bytes, Mount.readSlice(bytes));
    try {
      for (String cache : caches.keySet()) {
        reconfigure(cache, next, caches);
      }
    } catch (SettingException e) {
      memory.resize(before, Mount.readSlice(before));
      for (String cache : caches.keySet()) {
        reconfigure(cache, configuration, caches);
      }
      throw e;
    } finally {
      readers.resized();
    }
  }

  private void reconfigure(String section, Configuration next, Map<String, Reconfigurable> opened)
      throws SettingException {
    Reconfigurable plugin = opened.get(section);
    if (plugin != null) {
      for (Map.Entry<PluginChoice, PluginDescriptor> entry : plugins.descriptors().entrySet()) {
        if (entry.getKey().section().equals(section)) {
          plugin.reconfigure(next.settings(entry.getKey(), entry.getValue()));
        }
      }
    }
  }

  /** Returns the settings of the kernel and of what is open, by path. */
  private SequencedMap<String, Setting<?>> known() {
    SequencedMap<String, Setting<?>> known = new LinkedHashMap<>();
    for (Section section : Configuration.sections()) {
      for (Setting<?> setting : section.settings()) {
        known.put(section.name() + "." + setting.name(), setting);
      }
    }
    plugins
        .descriptors()
        .forEach(
            (choice, descriptor) -> {
              for (Setting<?> setting : descriptor.settings()) {
                known.put(choice.section() + "." + setting.name(), setting);
              }
            });
    return known;
  }

  private static List<String> live(Map<String, Setting<?>> known) {
    Map<String, Setting<?>> live = new TreeMap<>(known);
    live.values().removeIf(setting -> !setting.isLive());
    return List.copyOf(live.keySet());
  }
}
