// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import io.sluicefs.http.Crc64;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.StoredChecksum;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The requests that ask what is said of an object. */
final class OssHeads {
  /** What OSS says of a link instead of what it points to. */
  private static final Set<String> LINK_TO_NOTHING =
      Set.of("SymlinkTargetNotExist", "InvalidTargetType");

  private final OssEndpoint endpoint;
  private final OssRequests requests;
  private final OssSymlinks symlinks;

  /** What is said of the object that a key leads to. */
  private record Told(ObjectStat stat, @Nullable Long crc) {}

  /**
   * What a request makes whose answer was lost.
   *
   * @param crc of its bytes; null if it is not known
   */
  record Expected(long size, Map<String, String> metadata, @Nullable Long crc) {}

  OssHeads(OssEndpoint endpoint, OssRequests requests, OssSymlinks symlinks) {
    this.endpoint = endpoint;
    this.requests = requests;
    this.symlinks = symlinks;
  }

  /** Returns what is said of an object; OSS itself follows links, which takes one request more. */
  ObjectStat head(String key) throws StorageException {
    String what = "head of " + endpoint.name(key);
    try {
      ObjectStat stat = ask(what, key).stat();
      return stat.type() == ObjectStat.Type.SYMLINK ? symlinks.head(key) : stat;
    } catch (StorageException e) {
      if (LINK_TO_NOTHING.stream().anyMatch(code -> OssRefusal.is(e, code))) {
        return symlinks.head(key);
      }
      throw e;
    }
  }

  /**
   * Returns the object a key has if it is the one a request was to make, else null.
   *
   * @param otherwise decides where the store or the request has no CRC
   */
  @Nullable ObjectStat find(String key, Expected expected, Judge otherwise)
      throws StorageException {
    String what = "look for what was made of " + endpoint.name(key);
    Told told;
    try {
      told = ask(what, key);
    } catch (StorageException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return null;
      }
      throw e;
    }
    boolean same =
        told.stat().size() == expected.size()
            && told.stat().metadata().equals(expected.metadata())
            && hasBytes(told, expected.crc(), otherwise);
    return same ? told.stat() : null;
  }

  /** Returns what OSS keeps of a version's bytes; null if nothing, or it is another by now. */
  @Nullable StoredChecksum checksum(ObjectId id) throws StorageException {
    Told told = ask("head of " + endpoint.name(id.key()), id.key());
    return told.crc() == null || !told.stat().id().equals(id)
        ? null
        : new StoredChecksum(Crc64.XZ, told.crc(), told.stat().size());
  }

  private static boolean hasBytes(Told told, @Nullable Long crc, Judge otherwise) {
    if (crc != null && told.crc() != null) {
      return crc.equals(told.crc());
    }
    return otherwise.isMade(told.stat());
  }

  /** Decides whether an object is the one that a request was to make. */
  @FunctionalInterface
  interface Judge {
    boolean isMade(ObjectStat stat);
  }

  /** Returns the object a key has if it holds the bytes of another, else null. */
  @Nullable ObjectStat findCopy(String key, String source) throws StorageException {
    Told copy = ask("head of " + endpoint.name(key), key);
    Told original = ask("head of " + endpoint.name(source), source);
    boolean same =
        copy.stat().size() == original.stat().size()
            && copy.crc() != null
            && copy.crc().equals(original.crc());
    return same ? copy.stat() : null;
  }

  private Told ask(String what, String key) throws StorageException {
    return requests.ask(
        new OssRequest(what, HttpMethod.HEAD, key),
        (headers, body) -> {
          try {
            return new Told(OssObject.stat(key, headers), OssAnswers.crc(headers));
          } catch (IllegalArgumentException e) {
            throw requests.corrupt(what, e, headers);
          }
        });
  }
}
