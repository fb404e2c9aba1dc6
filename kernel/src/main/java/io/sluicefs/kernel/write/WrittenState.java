// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.spi.ObjectId;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file that is being written, as one process leaves it to another: all that was written is in the
 * object it began with or in a staging file.
 *
 * @param key where it is published
 * @param formerKeys where it was to be published before, see {@link WrittenFile#formerKeys}
 * @param createOnly whether publishing must not replace an object
 * @param base the object it begins with; null if there is none
 * @param settled whether nobody was told of the base
 * @param baseEnd how far the base reaches into the file
 * @param size of the file
 * @param staged the staging file; empty if there is none
 * @param dirty see {@link WrittenFile#isDirty}
 * @param dropped see {@link WrittenFile#isDropped}
 * @param occupied see {@link WrittenFile#isOccupied}
 * @param modifiedMillis when it was last changed
 */
public record WrittenState(
    String key,
    List<String> formerKeys,
    boolean createOnly,
    @Nullable StoredObject base,
    boolean settled,
    long baseEnd,
    long size,
    String staged,
    boolean dirty,
    boolean dropped,
    boolean occupied,
    long modifiedMillis) {
  public WrittenState {
    formerKeys = List.copyOf(formerKeys);
  }

  /** Returns the name of its staging file, if it has one. */
  public Optional<String> stagedFile() {
    return staged.isEmpty() ? Optional.empty() : Optional.of(staged);
  }

  /** Writes it down. */
  public void write(DataOutput to) throws IOException {
    to.writeUTF(key);
    to.writeInt(formerKeys.size());
    for (String former : formerKeys) {
      to.writeUTF(former);
    }
    to.writeBoolean(createOnly);
    to.writeBoolean(base != null);
    if (base != null) {
      to.writeUTF(base.id().key());
      to.writeUTF(base.id().etag());
      to.writeLong(base.size());
    }
    to.writeBoolean(settled);
    to.writeLong(baseEnd);
    to.writeLong(size);
    to.writeUTF(staged);
    to.writeBoolean(dirty);
    to.writeBoolean(dropped);
    to.writeBoolean(occupied);
    to.writeLong(modifiedMillis);
  }

  /** Reads what {@link #write} wrote. */
  public static WrittenState read(DataInput from) throws IOException {
    String key = from.readUTF();
    List<String> formerKeys = new ArrayList<>();
    for (int left = from.readInt(); left > 0; left--) {
      formerKeys.add(from.readUTF());
    }
    boolean createOnly = from.readBoolean();
    StoredObject base =
        from.readBoolean()
            ? new StoredObject(new ObjectId(from.readUTF(), from.readUTF()), from.readLong())
            : null;
    return new WrittenState(
        key,
        formerKeys,
        createOnly,
        base,
        from.readBoolean(),
        from.readLong(),
        from.readLong(),
        from.readUTF(),
        from.readBoolean(),
        from.readBoolean(),
        from.readBoolean(),
        from.readLong());
  }
}
