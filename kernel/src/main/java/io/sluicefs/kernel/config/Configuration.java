// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.kernel.transport.RetryPolicy;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One configuration file, read and checked as far as it can be without its plugins: every section
 * is known, every setting of the kernel is usable. Immutable.
 *
 * <p>Each axis is a section whose sub-sections are named after plugins. {@code fuse = jnr} is short
 * for {@code fuse.jnr {}}. A section with one plugin chooses it; with several, {@code <axis>.use}
 * does; {@code cache.tiers} lists caches, nearest to the reader first, and {@code prefetch.use}
 * prefetchers, in the order they are asked.
 */
public final class Configuration {
  private static final String MEMORY_CACHE = "memory";
  private static final String FALLBACK_CHANNEL = "jnr";
  private static final Map<Axis, String> DEFAULTS =
      Map.of(Axis.CACHE, MEMORY_CACHE, Axis.PREFETCH, "sequential", Axis.FUSE, "direct");
  private static final List<Section> SECTIONS =
      List.of(
          MountSettings.SECTION,
          MetadataSettings.SECTION,
          MemorySettings.SECTION,
          RequestSettings.SECTION,
          RetrySettings.SECTION,
          WriteSettings.SECTION,
          StagingSettings.SECTION,
          LogSettings.SECTION,
          MetricsSettings.SECTION,
          PrometheusSettings.SECTION,
          OtlpSettings.SECTION,
          ShutdownSettings.SECTION);

  private final ConfigNode.Branch root;
  private final Map<Section, PluginSettings> kernel = new HashMap<>();
  private final Map<Axis, PluginSettings> axes = new HashMap<>();

  private Configuration(ConfigNode.Branch root) throws SettingException {
    this.root = root;
    checkSections();
    for (Section section : SECTIONS) {
      kernel.put(section, settings(section.name(), section.settings(), own(section.name())));
    }
    for (Axis axis : Axis.values()) {
      axes.put(axis, axisSettings(axis));
    }
    RequestSettings.of(values(RequestSettings.SECTION));
  }

  /**
   * Reads a file.
   *
   * @param file a HOCON file
   * @param overrides values of a command line, {@code path=value} each, that win over the file
   * @throws SettingException if the file cannot be read, or a setting is unknown or not usable
   */
  public static Configuration load(Path file, List<String> overrides) throws SettingException {
    return new Configuration(HoconReader.read(file, overrides));
  }

  /**
   * Returns this configuration with another value of a setting, which wins over what it has.
   *
   * @param path with the section: {@code memory.limit}
   * @param origin where the value is from, for errors and for {@link #effective}
   * @throws SettingException if the kernel has no such setting, or the value is not usable; those
   *     of plugins are checked by {@link #settings}
   */
  public Configuration with(String path, String value, String origin) throws SettingException {
    ConfigNode.Branch changed = root;
    for (Axis axis : Axis.values()) {
      // A name in place of a section is short for what chooses plugins in it.
      if (path.startsWith(axis.section() + ".")
          && root.children().get(axis.section()) instanceof ConfigNode.Leaf chosen) {
        changed = root.with(axis.section() + "." + AxisSettings.of(axis).getFirst().name(), chosen);
      }
    }
    return new Configuration(changed.with(path, new ConfigNode.Leaf(value, origin, null, false)));
  }

  /** Returns the kernel's sections, in the order of the reference. */
  public static List<Section> sections() {
    return SECTIONS;
  }

  /** Returns the values of {@code mount}. */
  public MountSettings mount() {
    return MountSettings.of(values(MountSettings.SECTION));
  }

  /** Returns the values of {@code metadata}. */
  public MetadataSettings metadata() {
    return MetadataSettings.of(values(MetadataSettings.SECTION));
  }

  /** Returns the values of {@code memory}. */
  public MemorySettings memory() {
    return MemorySettings.of(values(MemorySettings.SECTION));
  }

  /**
   * Returns the values of {@code requests}.
   *
   * @throws SettingException if they contradict each other
   */
  public RequestSettings requests() throws SettingException {
    return RequestSettings.of(values(RequestSettings.SECTION));
  }

  /** Returns the values of {@code retry}. */
  public RetryPolicy retry() {
    return RetrySettings.of(values(RetrySettings.SECTION));
  }

  /** Returns the values of {@code write}. */
  public WriteSettings write() {
    return WriteSettings.of(values(WriteSettings.SECTION));
  }

  /** Returns the values of {@code write.staging}. */
  public StagingSettings staging() {
    return StagingSettings.of(values(StagingSettings.SECTION));
  }

  /** Returns the values of {@code log}. */
  public LogSettings log() {
    return LogSettings.of(values(LogSettings.SECTION));
  }

  /** Returns the values of {@code metrics.prometheus}. */
  public PrometheusSettings prometheus() {
    return PrometheusSettings.of(values(PrometheusSettings.SECTION));
  }

  /** Returns the values of {@code metrics.otlp}. */
  public OtlpSettings otlp() {
    return OtlpSettings.of(values(OtlpSettings.SECTION));
  }

  /** Returns the values of {@code metrics}. */
  public MetricsSettings metrics() {
    return MetricsSettings.of(values(MetricsSettings.SECTION));
  }

  /** Returns the values of {@code shutdown}. */
  public ShutdownSettings shutdown() {
    return ShutdownSettings.of(values(ShutdownSettings.SECTION));
  }

  /** Returns the values of a section of the kernel, for an error about one of them. */
  public PluginSettings values(Section section) {
    PluginSettings values = kernel.get(section);
    if (values == null) {
      throw new IllegalArgumentException("no section of the kernel: " + section.name());
    }
    return values;
  }

  /**
   * Returns what takes the place of a default that cannot be used on this host, if anything may.
   */
  public Optional<PluginChoice> fallback(PluginChoice choice) {
    return choice.axis() == Axis.FUSE && choice.isDefault()
        ? Optional.of(new PluginChoice(Axis.FUSE, FALLBACK_CHANNEL, PluginChoice.DEFAULT))
        : Optional.empty();
  }

  /**
   * Returns the plugin chosen for an axis that takes one, or the only one there is a section of.
   *
   * @throws SettingException if none or several are
   */
  public PluginChoice plugin(Axis axis) throws SettingException {
    ConfigNode section = root.children().get(axis.section());
    if (section instanceof ConfigNode.Leaf name) {
      return choice(axis, name.text(), name.origin());
    }
    PluginSettings own = ownSettings(axis);
    if (own.find(AxisSettings.USE).isPresent()) {
      return choice(axis, own.get(AxisSettings.USE), own.origin(AxisSettings.USE));
    }
    SequencedMap<String, ConfigNode.Branch> plugins = plugins(axis);
    if (plugins.size() > 1) {
      throw new SettingException(
          "%s: %s has several plugins, %s: choose one with %s.use = %s"
              .formatted(
                  plugins.lastEntry().getValue().origin(),
                  axis.section(),
                  String.join(" and ", plugins.keySet()),
                  axis.section(),
                  plugins.firstEntry().getKey()));
    }
    if (!plugins.isEmpty()) {
      return choice(axis, plugins.firstEntry().getKey(), plugins.firstEntry().getValue().origin());
    }
    String name = DEFAULTS.get(axis);
    if (name == null) {
      throw new SettingException(
          "%s: no %s is configured: add a section such as %s.s3 { bucket = … }"
              .formatted(root.origin(), axis.section(), axis.section()));
    }
    return new PluginChoice(axis, name, PluginChoice.DEFAULT);
  }

  /**
   * Returns the prefetchers chosen, in the order they are asked.
   *
   * @throws SettingException if {@code prefetch.use} names one twice, or is missing and the section
   *     has several
   */
  public List<PluginChoice> prefetchers() throws SettingException {
    PluginSettings own = ownSettings(Axis.PREFETCH);
    List<PluginChoice> choices = new ArrayList<>();
    if (root.children().get(Axis.PREFETCH.section()) instanceof ConfigNode.Leaf names) {
      for (String name : AxisSettings.PREFETCHERS.parse(names.text())) {
        choices.add(choice(Axis.PREFETCH, name, names.origin()));
      }
    } else if (own.find(AxisSettings.PREFETCHERS).isPresent()) {
      for (String name : own.get(AxisSettings.PREFETCHERS)) {
        choices.add(choice(Axis.PREFETCH, name, own.origin(AxisSettings.PREFETCHERS)));
      }
    } else {
      choices.add(plugin(Axis.PREFETCH));
    }
    if (choices.stream().map(PluginChoice::name).distinct().count() < choices.size()) {
      throw own.error(AxisSettings.PREFETCHERS, "expected each plugin once");
    }
    return choices;
  }

  /** Returns where reads are recorded and what is replayed. */
  public TraceSettings traces() {
    return new TraceSettings(ownSettings(Axis.PREFETCH));
  }

  /**
   * Returns the caches chosen, nearest to the reader first: {@code memory}, which is always there,
   * and then the others.
   *
   * @throws SettingException if {@code cache.tiers} does not start with {@code memory} or repeats
   */
  public List<PluginChoice> caches() throws SettingException {
    List<PluginChoice> tiers = new ArrayList<>();
    PluginSettings own = ownSettings(Axis.CACHE);
    SequencedMap<String, ConfigNode.Branch> present = plugins(Axis.CACHE);
    if (root.children().get(Axis.CACHE.section()) instanceof ConfigNode.Leaf name) {
      for (String tier : AxisSettings.TIERS.parse(name.text())) {
        tiers.add(choice(Axis.CACHE, tier, name.origin()));
      }
    } else if (own.find(AxisSettings.TIERS).isPresent()) {
      for (String tier : own.get(AxisSettings.TIERS)) {
        tiers.add(choice(Axis.CACHE, tier, own.origin(AxisSettings.TIERS)));
      }
    } else {
      ConfigNode.Branch memory = present.remove(MEMORY_CACHE);
      tiers.add(
          choice(
              Axis.CACHE, MEMORY_CACHE, memory == null ? PluginChoice.DEFAULT : memory.origin()));
      for (Map.Entry<String, ConfigNode.Branch> tier : present.entrySet()) {
        tiers.add(choice(Axis.CACHE, tier.getKey(), tier.getValue().origin()));
      }
    }
    if (!tiers.getFirst().name().equals(MEMORY_CACHE)
        || tiers.stream().map(PluginChoice::name).distinct().count() < tiers.size()) {
      throw own.error(
          AxisSettings.TIERS, "expected memory first, then other caches, each of them once");
    }
    return tiers;
  }

  /**
   * Returns the values of the section of a chosen plugin.
   *
   * @throws SettingException if a setting of it is unknown, missing or not usable
   */
  public PluginSettings settings(PluginChoice choice, PluginDescriptor descriptor)
      throws SettingException {
    return settings(choice.section(), descriptor.settings(), sectionOf(choice));
  }

  private ConfigNode.@Nullable Branch sectionOf(PluginChoice choice) {
    ConfigNode axis = root.children().get(choice.axis().section());
    return axis instanceof ConfigNode.Branch section ? branch(section, choice.name()) : null;
  }

  /**
   * Returns the texts that stand in the section of a plugin, by the names of its settings. Those of
   * secrets are among them.
   */
  public Map<String, String> texts(PluginChoice choice) {
    ConfigNode.Branch plugin = sectionOf(choice);
    Map<String, String> texts = new LinkedHashMap<>();
    if (plugin != null) {
      plugin.leaves().forEach((name, leaf) -> texts.put(name, leaf.text()));
    }
    return texts;
  }

  /**
   * Returns every setting of the kernel and of some plugins, as a mount would have it.
   *
   * @param plugins those chosen
   * @throws SettingException if a setting of theirs is not usable
   */
  public List<EffectiveSetting> effective(SequencedMap<PluginChoice, PluginDescriptor> plugins)
      throws SettingException {
    List<EffectiveSetting> effective = new ArrayList<>();
    for (Section section : SECTIONS) {
      addEffective(effective, section.name(), section.settings(), values(section));
    }
    for (Axis axis : Axis.values()) {
      addEffective(effective, axis.section(), AxisSettings.of(axis), ownSettings(axis));
      for (Map.Entry<PluginChoice, PluginDescriptor> plugin : plugins.entrySet()) {
        PluginChoice choice = plugin.getKey();
        if (choice.axis() == axis) {
          addEffective(
              effective,
              choice.section(),
              plugin.getValue().settings(),
              settings(choice, plugin.getValue()));
        }
      }
    }
    return effective;
  }

  private void addEffective(
      List<EffectiveSetting> effective,
      String section,
      Collection<Setting<?>> schema,
      PluginSettings values) {
    for (Setting<?> setting : schema) {
      String path = section + "." + setting.name();
      String text = setting.defaultText();
      if (root.find(path) instanceof ConfigNode.Leaf leaf) {
        text = setting.isSecret() ? "(secret)" : leaf.text();
      }
      effective.add(new EffectiveSetting(path, text, values.origin(setting)));
    }
  }

  private void checkSections() throws SettingException {
    Set<String> known = new TreeSet<>();
    for (Section section : SECTIONS) {
      known.add(section.name());
      for (String parent : parents(section.name())) {
        known.add(parent);
      }
    }
    Set<String> first = new TreeSet<>(known);
    first.removeIf(name -> name.contains("."));
    for (Axis axis : Axis.values()) {
      first.add(axis.section());
    }
    for (Map.Entry<String, ConfigNode> child : root.children().entrySet()) {
      if (!first.contains(child.getKey())) {
        throw new SettingException(
            "%s: unknown section %s; %s"
                .formatted(
                    child.getValue().origin(),
                    child.getKey(),
                    NearestName.advice(child.getKey(), first)));
      }
    }
    for (String name : known) {
      if (root.find(name) instanceof ConfigNode.Leaf leaf) {
        throw new SettingException(
            "%s: %s: expected a section with settings in braces".formatted(leaf.origin(), name));
      }
      if (SECTIONS.stream().noneMatch(section -> section.name().equals(name))) {
        // It has sections and no settings.
        PluginSettings _ = settings(name, List.of(), own(name));
      }
    }
  }

  /** Returns the names of the sections a section is in. */
  private static List<String> parents(String name) {
    List<String> parents = new ArrayList<>();
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      parents.add(name.substring(0, dot));
    }
    return parents;
  }

  /** Returns what stands in a section of the kernel without the sections in it. */
  private ConfigNode.@Nullable Branch own(String name) {
    if (!(root.find(name) instanceof ConfigNode.Branch section)) {
      return null;
    }
    SequencedMap<String, ConfigNode> children = new LinkedHashMap<>(section.children());
    for (Section inner : SECTIONS) {
      if (inner.name().startsWith(name + ".")) {
        children.remove(inner.name().substring(name.length() + 1));
      }
    }
    return new ConfigNode.Branch(children, section.origin());
  }

  /** Returns the kernel's settings of an axis, after checking that nothing else stands there. */
  private PluginSettings axisSettings(Axis axis) throws SettingException {
    Map<String, PluginSettings.Entry> own = new LinkedHashMap<>();
    List<Setting<?>> schema = AxisSettings.of(axis);
    if (root.children().get(axis.section()) instanceof ConfigNode.Branch section) {
      for (Map.Entry<String, ConfigNode.Leaf> leaf : section.leaves().entrySet()) {
        String name = leaf.getKey();
        boolean ofKernel = schema.stream().anyMatch(setting -> setting.name().equals(name));
        if (ofKernel) {
          own.put(name, new PluginSettings.Entry(leaf.getValue().text(), leaf.getValue().origin()));
        } else if (section.children().containsKey(name)) {
          throw new SettingException(
              "%s: unknown setting %s.%s; settings of a plugin stand in its own section, %s.<plugin>.%s"
                  .formatted(leaf.getValue().origin(), axis.section(), name, axis.section(), name));
        }
      }
    }
    return PluginSettings.of(axis.section(), schema, own);
  }

  private PluginSettings ownSettings(Axis axis) {
    PluginSettings own = axes.get(axis);
    if (own == null) {
      throw new IllegalStateException("the configuration is being read");
    }
    return own;
  }

  /** Returns the sub-sections of an axis that are plugins', in the order of the file. */
  private SequencedMap<String, ConfigNode.Branch> plugins(Axis axis) {
    SequencedMap<String, ConfigNode.Branch> plugins = new LinkedHashMap<>();
    if (root.children().get(axis.section()) instanceof ConfigNode.Branch section) {
      section
          .children()
          .forEach(
              (name, child) -> {
                boolean ofKernel =
                    AxisSettings.of(axis).stream()
                        .anyMatch(setting -> setting.name().startsWith(name + "."));
                if (child instanceof ConfigNode.Branch branch && !ofKernel) {
                  plugins.put(name, branch);
                }
              });
    }
    return plugins;
  }

  private static PluginChoice choice(Axis axis, String name, String origin)
      throws SettingException {
    if (!name.matches("[a-z][a-z0-9]*(-[a-z0-9]+)*")) {
      throw new SettingException(
          "%s: %s: expected the name of a plugin, in small letters"
              .formatted(origin, axis.section()));
    }
    return new PluginChoice(axis, name, origin);
  }

  private static ConfigNode.@Nullable Branch branch(ConfigNode.Branch parent, String name) {
    return parent.children().get(name) instanceof ConfigNode.Branch branch ? branch : null;
  }

  private static PluginSettings settings(
      String section, Collection<Setting<?>> schema, ConfigNode.@Nullable Branch given)
      throws SettingException {
    Map<String, Setting<?>> known = new LinkedHashMap<>();
    schema.forEach(setting -> known.put(setting.name(), setting));
    Map<String, PluginSettings.Entry> entries = new LinkedHashMap<>();
    if (given != null) {
      for (Map.Entry<String, ConfigNode.Leaf> entry : given.leaves().entrySet()) {
        ConfigNode.Leaf leaf = entry.getValue();
        Setting<?> setting = known.get(entry.getKey());
        if (setting == null) {
          throw new SettingException(
              "%s: unknown setting %s.%s; %s"
                  .formatted(
                      leaf.origin(),
                      section,
                      entry.getKey(),
                      NearestName.advice(entry.getKey(), names(section, known.keySet()))));
        }
        if (setting.isSecret()) {
          checkSecret(section + "." + setting.name(), leaf);
        }
        entries.put(entry.getKey(), new PluginSettings.Entry(leaf.text(), leaf.origin()));
      }
    }
    return PluginSettings.of(section, schema, entries);
  }

  /** Returns what may stand in a section: settings, and sections of the kernel. */
  private static Set<String> names(String section, Set<String> settings) {
    Set<String> names = new TreeSet<>(settings);
    for (Section inner : SECTIONS) {
      if (inner.name().startsWith(section + ".")) {
        names.add(inner.name().substring(section.length() + 1));
      }
    }
    return names;
  }

  private static void checkSecret(String setting, ConfigNode.Leaf leaf) throws SettingException {
    if (leaf.overriding()) {
      throw new SettingException(
          "%s: %s: a secret on a command line is seen by every user; put it in the file or the environment"
              .formatted(leaf.origin(), setting));
    }
    Path file = leaf.file();
    try {
      if (file != null
          && Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
        throw new SettingException(
            "%s: %s: every user can read this file and the secret in it; chmod o-rwx %s"
                .formatted(leaf.origin(), setting, file));
      }
    } catch (IOException e) {
      throw new SettingException("%s: %s: cannot tell who can read it".formatted(file, setting));
    }
  }
}
