// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.memory.MemoryLimit;
import io.sluicefs.spi.SettingException;
import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Says in the settings of Sluice what an ossfs2 configuration says. Defaults of ossfs2 are written
 * out where programs would notice that ours are others: who is let in, modes, how much is renamed.
 */
final class Ossfs2Import {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  /** What ossfs2 raises a smaller {@code total_mem_limit} to. */
  private static final long LEAST_MEMORY = 256 * MIB;

  private static final int DEMAND_READS = 32;

  /** Options that have no counterpart, and why none is needed. */
  private static final Map<String, String> WITHOUT_MEANING = withoutMeaning();

  private final Path file;
  private final Ossfs2Options options;
  private final @Nullable Path credentialsFile;
  private final HoconDraft draft = new HoconDraft();
  private Optional<Ossfs2Keys> keys = Optional.empty();

  private Ossfs2Import(Path file, Ossfs2Options options, @Nullable Path credentialsFile) {
    this.file = file;
    this.options = options;
    this.credentialsFile = credentialsFile;
  }

  /**
   * Reads a configuration of ossfs2.
   *
   * @param credentialsFile where the caller will write {@link #keys}; null for nowhere
   * @throws SettingException if ossfs2 would not understand it
   */
  static Ossfs2Import of(Path file, @Nullable Path credentialsFile) throws SettingException {
    Ossfs2Import imported = new Ossfs2Import(file, Ossfs2Options.read(file), credentialsFile);
    imported.translate();
    return imported;
  }

  /** Returns the configuration; no secret is in it. */
  HoconDraft draft() {
    return draft;
  }

  /** Returns the access key, if the file has one. */
  Optional<Ossfs2Keys> keys() {
    return keys;
  }

  private void translate() throws SettingException {
    bucket();
    credentials();
    mount();
    metadata();
    memory();
    disk();
    prefetch();
    write();
    log();
    for (Map.Entry<String, String> option : WITHOUT_MEANING.entrySet()) {
      if (options.findFlag(option.getKey()).isPresent()) {
        draft.remark(option.getKey() + ": " + option.getValue());
      }
    }
    options.checkAllKnown();
  }

  private void bucket() throws SettingException {
    Ossfs2Option endpoint = options.get(file, "oss_endpoint");
    String url = endpoint.text().replaceFirst("/+$", "");
    draft.setText(
        "transport.oss",
        "endpoint",
        url,
        url.contains("://") ? "oss_endpoint" : "oss_endpoint, by https as it names no protocol");
    if (url.startsWith("http://") && !isLoopback(url)) {
      draft.set("transport.oss", "allow-http", true, "because the endpoint is plain http");
    }
    draft.setText("transport.oss", "bucket", options.get(file, "oss_bucket").text(), "oss_bucket");
    Optional<Ossfs2Option> region = options.find("oss_region").filter(o -> !o.value().isEmpty());
    if (region.isPresent()) {
      draft.setText("transport.oss", "region", region.get().value(), "oss_region");
    }
    Optional<Ossfs2Option> pathStyle = options.findFlag("path_style");
    if (pathStyle.isPresent()) {
      draft.set("transport.oss", "path-style", pathStyle.get().flag(), "path_style");
    }
    Optional<Ossfs2Option> timeout = options.find("oss_request_timeout_ms");
    if (timeout.isPresent()) {
      draft.set(
          "transport.oss",
          "request-timeout",
          timeout.get().number(1_000, 900_000) + "ms",
          "oss_request_timeout_ms");
    }
    Optional<Ossfs2Option> crc = options.findFlag("enable_crc64");
    if (crc.isPresent()) {
      draft.set("transport.oss", "verify-uploads", crc.get().flag(), "enable_crc64");
    }
  }

  private static boolean isLoopback(String url) {
    String host = URI.create(url).getHost();
    return host != null && (host.equals("localhost") || host.startsWith("127."));
  }

  private void credentials() throws SettingException {
    Optional<Ossfs2Option> id = given("oss_access_key_id");
    Optional<Ossfs2Option> secret = given("oss_access_key_secret");
    Optional<Ossfs2Option> role = given("ram_role");
    Optional<Ossfs2Option> process = given("credential_process");
    if (id.isPresent() != secret.isPresent()) {
      Ossfs2Option one = id.or(() -> secret).orElseThrow();
      throw one.wrong("both oss_access_key_id and oss_access_key_secret, or neither");
    }
    String section = "transport.oss";
    if (id.isPresent() && secret.isPresent()) {
      keys = Optional.of(new Ossfs2Keys(id.get().value(), secret.get().value()));
      if (credentialsFile != null) {
        draft.set(section, "credentials", "profile", "oss_access_key_id, oss_access_key_secret");
        draft.setText(section, "profile-file", credentialsFile.toString(), "they were put there");
      } else {
        draft.set(
            section,
            "credentials",
            "environment",
            "OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET; see below");
        draft.remark(
            "oss_access_key_id, oss_access_key_secret: secrets are not copied; set OSS_ACCESS_KEY_ID"
                + " and OSS_ACCESS_KEY_SECRET where sluice is started, or import with"
                + " --credentials-file");
      }
      unused(role, "the access key is given, and used");
      unused(process, "the access key is given, and used");
    } else if (role.isPresent()) {
      draft.set(section, "credentials", "instance", "ram_role");
      String name = role.get().value();
      draft.setText(
          section, "instance-role", name.substring(name.lastIndexOf('/') + 1), "ram_role");
      unused(process, "ram_role is given, and used");
    } else if (process.isPresent()) {
      draft.set(section, "credentials", "process", "credential_process");
      draft.setText(
          section, "credential-process", process.get().path().toString(), "credential_process");
    } else {
      draft.set(
          section,
          "credentials",
          "environment",
          "OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, as ossfs2 has it");
    }
  }

  private Optional<Ossfs2Option> given(String name) {
    return options.find(name).filter(option -> !option.value().isEmpty());
  }

  private void unused(Optional<Ossfs2Option> option, String why) {
    option.ifPresent(o -> draft.remark(o.name() + ": " + why));
  }

  private void mount() throws SettingException {
    Optional<Ossfs2Option> prefix = given("oss_bucket_prefix");
    if (prefix.isPresent()) {
      draft.setText(
          "mount", "prefix", prefix.get().value().replaceFirst("^/+", ""), "oss_bucket_prefix");
    }
    Optional<Ossfs2Option> readOnly = options.findFlag("ro");
    if (readOnly.isPresent()) {
      draft.set("mount", "read-only", readOnly.get().flag(), "ro");
    }
    Optional<Ossfs2Option> allowOther = options.findFlag("allow_other");
    draft.set(
        "mount",
        "allow-other",
        allowOther.isEmpty() || allowOther.get().flag(),
        allowOther.isEmpty() ? "default of allow_other" : "allow_other");
    for (String name : new String[] {"uid", "gid"}) {
      Optional<Ossfs2Option> owner = options.find(name);
      if (owner.isPresent()) {
        draft.set("mount", name, owner.get().number(0, Integer.MAX_VALUE), name);
      }
    }
    mode("file_mode", "file-mode");
    mode("dir_mode", "dir-mode");
    Optional<Ossfs2Option> threads = options.find("fuse_threads");
    if (threads.isPresent()) {
      draft.set(
          "fuse.direct", "threads", Math.max(2, threads.get().number(1, 1024)), "fuse_threads");
    }
  }

  private void mode(String option, String setting) throws SettingException {
    Optional<Ossfs2Option> mode = options.find(option);
    draft.set(
        "mount",
        setting,
        mode.isPresent() ? mode.get().mode() : "0777",
        mode.isPresent() ? option : "default of " + option);
  }

  private void metadata() throws SettingException {
    Optional<Ossfs2Option> attributes = options.find("attr_timeout");
    if (attributes.isPresent()) {
      draft.set(
          "metadata",
          "attribute-ttl",
          attributes.get().number(0, Integer.MAX_VALUE) + "s",
          "attr_timeout");
    }
    Optional<Ossfs2Option> closeToOpen = options.findFlag("close_to_open");
    if (closeToOpen.isPresent() && closeToOpen.get().flag()) {
      draft.set("metadata", "attribute-ttl", 0, "close_to_open: every open asks the store");
    } else if (closeToOpen.isPresent()) {
      draft.remark("close_to_open: off, as it is here unless metadata.attribute-ttl is 0");
    }
    long seconds = 0;
    String source = "";
    for (String name : new String[] {"negative_timeout", "oss_negative_cache_timeout"}) {
      Optional<Ossfs2Option> negative = options.find(name);
      if (negative.isPresent()) {
        source += (source.isEmpty() ? "" : ", ") + name;
        seconds = Math.max(seconds, negative.get().number(0, Integer.MAX_VALUE));
      }
    }
    if (!source.isEmpty()) {
      draft.set("metadata", "negative-ttl", seconds + "s", source);
    }
    Optional<Ossfs2Option> absent = options.find("oss_negative_cache_size");
    if (absent.isPresent()) {
      draft.set(
          "metadata",
          "negative-capacity",
          Math.min(10_000_000, absent.get().number(0, Long.MAX_VALUE)),
          "oss_negative_cache_size");
    }
  }

  private void memory() throws SettingException {
    long limit = sizeOrZero("total_mem_limit");
    long cache = sizeOrZero("memory_data_cache_size");
    if (limit > 0) {
      limit = Math.max(limit, LEAST_MEMORY);
      draft.set("memory", "limit", limit + "B", "total_mem_limit");
    } else if (cache > 0) {
      limit = cache + GIB;
      draft.set("memory", "limit", limit + "B", "memory_data_cache_size, and 1 GiB for the rest");
    }
    if (cache > 0) {
      long most = limit - MemoryLimit.RUNTIME;
      draft.set(
          "cache.memory",
          "capacity",
          Math.min(cache, most) + "B",
          cache <= most
              ? "memory_data_cache_size"
              : "memory_data_cache_size, but no more than total_mem_limit leaves");
    }
  }

  private long sizeOrZero(String name) throws SettingException {
    Optional<Ossfs2Option> size = options.find(name);
    return size.isPresent() ? size.get().size() : 0;
  }

  private void disk() throws SettingException {
    Optional<Ossfs2Option> folder = given("disk_data_cache_dir");
    Optional<Ossfs2Option> size = options.find("disk_data_cache_size");
    if (folder.isPresent()) {
      // Not the folder itself: what ossfs2 keeps there is no cache of ours.
      draft.setText(
          "cache.disk-lmdb",
          "path",
          folder.get().path().resolve("sluice").toString(),
          "disk_data_cache_dir");
      if (size.isPresent() && size.get().size() > 0) {
        draft.set(
            "cache.disk-lmdb",
            "max-size",
            Math.max(4 * MIB, size.get().size()) + "B",
            "disk_data_cache_size");
      }
    } else {
      unused(size, "there is no disk_data_cache_dir");
    }
    Optional<Ossfs2Option> staging = given("temp_dir");
    if (staging.isPresent()) {
      draft.setText(
          "write.staging",
          "path",
          staging.get().path().resolve("sluice-staging").toString(),
          "temp_dir");
    }
    Optional<Ossfs2Option> floor = options.find("temp_dir_free_bytes");
    if (floor.isPresent()) {
      draft.set(
          "write.staging", "free-space-floor", floor.get().size() + "B", "temp_dir_free_bytes");
    }
  }

  private void prefetch() throws SettingException {
    String section = "prefetch.sequential";
    Optional<Ossfs2Option> all = options.find("prefetch_concurrency");
    Optional<Ossfs2Option> each = options.find("prefetch_concurrency_per_file");
    if (all.isPresent() || each.isPresent()) {
      // Each defaults to what ossfs2 has, so that the pair fits.
      long requests = all.isPresent() ? all.get().number(0, 4096) : 256;
      long ofFile = each.isPresent() ? each.get().number(1, 4096) : 64;
      requests = Math.max(1, requests);
      draft.set(
          section,
          "requests",
          requests,
          all.isPresent() ? "prefetch_concurrency" : "default of prefetch_concurrency");
      draft.set(
          section,
          "requests-per-file",
          Math.min(1024, Math.min(ofFile, requests)),
          each.isPresent()
              ? "prefetch_concurrency_per_file"
              : "default of prefetch_concurrency_per_file");
      draft.set(
          "requests",
          "reads",
          Math.max(256, requests + DEMAND_READS),
          "prefetch_concurrency, and some for reads somebody waits for");
    }
    Optional<Ossfs2Option> chunk = options.find("prefetch_chunk_size");
    if (chunk.isPresent()) {
      long size = Long.highestOneBit(Math.clamp(chunk.get().size(), MIB, 128 * MIB));
      draft.set(
          section,
          "chunk-size",
          size + "B",
          size == chunk.get().size()
              ? "prefetch_chunk_size"
              : "prefetch_chunk_size, a power of two here");
    }
    Optional<Ossfs2Option> chunks = options.find("prefetch_chunks");
    if (chunks.isPresent()) {
      long number = chunks.get().number(-1, Integer.MAX_VALUE);
      draft.set(
          section,
          "chunks",
          number == 0 ? "auto" : number < 0 ? "unlimited" : number,
          "prefetch_chunks, of one file handle here; memory.limit bounds all");
    }
    Optional<Ossfs2Option> detect = options.find("seq_read_detect_count");
    if (detect.isPresent()) {
      draft.set(
          section,
          "detect-count",
          Math.max(1, detect.get().number(0, 64)),
          "seq_read_detect_count");
    }
  }

  private void write() throws SettingException {
    Optional<Ossfs2Option> part = options.find("upload_buffer_size");
    if (part.isPresent()) {
      draft.set("write", "part-size", Math.max(MIB, part.get().size()) + "B", "upload_buffer_size");
    }
    Optional<Ossfs2Option> uploads = options.find("upload_concurrency");
    if (uploads.isPresent()) {
      long requests = uploads.get().number(1, 1024);
      draft.set("write", "requests", requests, "upload_concurrency");
      draft.set(
          "write", "requests-per-file", requests, "upload_concurrency: one file may use all of it");
    }
    Optional<Ossfs2Option> rename = options.find("rename_dir_limit");
    draft.set(
        "write",
        "rename-limit",
        rename.isPresent()
            ? Math.clamp(rename.get().number(0, Long.MAX_VALUE), 1, 10_000_000)
            : 2_000_000,
        rename.isPresent() ? "rename_dir_limit" : "default of rename_dir_limit");
  }

  private void log() throws SettingException {
    Optional<Ossfs2Option> level = options.find("log_level");
    Optional<Ossfs2Option> debug = options.findFlag("d");
    if (debug.isPresent() && debug.get().flag()) {
      draft.set("log", "level", "debug", "d; give -f to sluice mount for the foreground");
    } else if (level.isPresent()) {
      draft.set(
          "log", "level", level.get().value().equals("debug") ? "debug" : "info", "log_level");
    }
    if (debug.isPresent() && !debug.get().flag()) {
      draft.remark("d: off, as it is here unless log.level says otherwise");
    }
    Optional<Ossfs2Option> folder = given("log_dir");
    if (folder.isPresent()) {
      String name = String.valueOf(file.getFileName()).replaceFirst("\\.conf$", "") + ".log";
      draft.setText("log", "file", folder.get().path().resolve(name).toString(), "log_dir");
    }
  }

  private static Map<String, String> withoutMeaning() {
    Map<String, String> reasons = new LinkedHashMap<>();
    reasons.put("f", "give -f to sluice mount");
    reasons.put("nonempty", "give --nonempty to sluice mount");
    reasons.put("total_rw_mem_ratio", "memory.limit bounds all memory together");
    reasons.put("min_reserved_buffer_size_per_file", "memory.limit bounds all memory together");
    reasons.put("mempool_purge_interval_ms", "memory that is not needed is given back at once");
    reasons.put("readdirplus", "Linux is told attributes with names wherever it asks");
    reasons.put("enable_symlink", "symbolic links always work");
    reasons.put("enable_xattr", "extended attributes that can be read always can");
    reasons.put("ignore_fsync", "fsync returns when the object is in the store");
    reasons.put("sync_upload", "close returns when the object is in the store");
    reasons.put("allow_rename_dir", "directories can be renamed, up to write.rename-limit");
    reasons.put("rename_dir_concurrency", "copies count to write.requests");
    reasons.put("upload_copy_concurrency", "copies count to write.requests");
    reasons.put("set_mime_for_rename_dst", "a renamed object keeps its type");
    reasons.put("allow_mark_dir_stale_recursively", "directories are listed anew when opened");
    reasons.put("fuse_attr_timeout", "Linux is told what remains of metadata.attribute-ttl");
    reasons.put("fuse_entry_timeout", "Linux is told what remains of metadata.attribute-ttl");
    reasons.put("kernel_readdir_cache_timeout", "directories are listed anew when opened");
    reasons.put("readdir_remember_count", "an open directory remembers all its entries");
    reasons.put("max_inode_cache_count", "names are forgotten when Linux forgets them");
    reasons.put("inode_cache_eviction_threshold", "names are forgotten when Linux forgets them");
    reasons.put("inode_cache_eviction_interval_ms", "names are forgotten when Linux forgets them");
    reasons.put("cache_type", "caches are named in cache.tiers");
    reasons.put("del_cache", "a disk cache stays; sluice cache evict removes what is in it");
    reasons.put("enable_appendable_object", "appending works with objects of every type");
    reasons.put(
        "appendable_object_autoswitch_threshold", "appending works with objects of every type");
    reasons.put("random_write_chunk_size", "staged files keep exactly the bytes that were written");
    reasons.put("random_write_max_file_size", "write.staging.max-size bounds all staged files");
    reasons.put("credential_refresh_interval", "credentials are renewed before they expire");
    reasons.put("bind_ips", "the routes of the host choose the source address");
    reasons.put("http_proxy", "the store is connected to without a proxy");
    reasons.put("oss_vcpu_count", "threads follow the number of processors");
    reasons.put("use_auth_cache", "every request is signed");
    reasons.put("use_list_obj_v2", "listings take what the store has");
    reasons.put("max_list_ret_count", "listings take the largest pages the store gives");
    reasons.put("enable_transmission_control", "requests.reads bounds what is under way");
    reasons.put("tc_max_latency_threshold_us", "requests.reads bounds what is under way");
    reasons.put("log_file_max_size", "a log file is rolled at 16 MiB");
    reasons.put("log_file_max_count", "three log files are kept");
    reasons.put("metrics_port", "figures of ossfs2 itself");
    reasons.put("metrics_ip", "figures of ossfs2 itself");
    reasons.put("enable_admin_server", "a server of ossfs2 itself");
    reasons.put("enable_photon_logs", "logs of ossfs2's own library");
    reasons.put("enable_test_signal_handler", "for tests of ossfs2 itself");
    reasons.put("skip_trim_options", "values are trimmed");
    return reasons;
  }
}
