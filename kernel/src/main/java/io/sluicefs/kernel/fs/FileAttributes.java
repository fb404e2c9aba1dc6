// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.FileKind;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.write.KeptBytes;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.transport.Transport;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What the store knows of a file and {@code stat} does not show, as extended attributes that are
 * only read.
 */
final class FileAttributes {
  private static final String ETAG = "user.sluice.etag";
  private static final String KEY = "user.sluice.key";
  private static final String STORAGE_CLASS = "user.sluice.storage-class";
  private static final String CACHED_BYTES = "user.sluice.cached-bytes";
  private static final String OURS = "user.sluice.";

  private final Namespace namespace;
  private final Transport transport;
  private final KeptBytes kept;
  private final ErrnoMapping errnos;

  FileAttributes(Namespace namespace, Transport transport, KeptBytes kept, ErrnoMapping errnos) {
    this.namespace = namespace;
    this.transport = transport;
    this.kept = kept;
    this.errnos = errnos;
  }

  List<String> names(Inode inode) {
    return inode.kind() == FileKind.FILE && namespace.isStored(inode)
        ? List.of(ETAG, KEY, STORAGE_CLASS, CACHED_BYTES)
        : List.of(KEY);
  }

  byte[] get(Inode inode, String name) throws FuseException {
    if (!name.startsWith(OURS)) {
      throw new FuseException(Errno.ENOTSUP);
    }
    if (!names(inode).contains(name)) {
      throw new FuseException(Errno.ENODATA);
    }
    String value =
        switch (name) {
          case ETAG -> namespace.object(inode).etag();
          case KEY -> inode.key();
          case STORAGE_CLASS -> storageClass(inode);
          case CACHED_BYTES -> Long.toString(kept.count(namespace.object(inode)));
          default -> throw new FuseException(Errno.ENODATA);
        };
    return value.getBytes(StandardCharsets.UTF_8);
  }

  private String storageClass(Inode inode) throws FuseException {
    try {
      return transport.head(inode.key()).storageClass();
    } catch (StorageException e) {
      throw errnos.ofName("getxattr", inode.key(), e);
    }
  }
}
