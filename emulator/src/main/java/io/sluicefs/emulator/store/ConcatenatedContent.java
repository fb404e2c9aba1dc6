// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Contents one behind the other: the parts of an upload, the pieces of an append. */
final class ConcatenatedContent implements Content {
  private final List<Content> parts;
  private final long[] ends;

  private ConcatenatedContent(List<Content> parts) {
    this.parts = parts;
    this.ends = new long[parts.size()];
    long end = 0;
    for (int i = 0; i < ends.length; i++) {
      end += parts.get(i).size();
      ends[i] = end;
    }
  }

  static Content of(List<Content> contents) {
    List<Content> flat = new ArrayList<>();
    for (Content each : contents) {
      Content content = RememberedCrc.bare(each);
      if (content instanceof ConcatenatedContent concatenated) {
        flat.addAll(concatenated.parts);
      } else if (content.size() > 0) {
        flat.add(content);
      }
    }
    return switch (flat.size()) {
      case 0 -> new MemoryContent(ByteBuffer.allocate(0));
      case 1 -> flat.getFirst();
      default -> new ConcatenatedContent(flat);
    };
  }

  List<Content> parts() {
    return parts;
  }

  @Override
  public long size() {
    return ends[ends.length - 1];
  }

  @Override
  public void read(long offset, ByteBuffer into) throws IOException {
    Ranges.check(offset, into.remaining(), size());
    int limit = into.limit();
    long position = offset;
    while (into.position() < limit) {
      int part = partAt(position);
      int length = (int) Math.min(limit - into.position(), ends[part] - position);
      into.limit(into.position() + length);
      parts.get(part).read(position - begin(part), into);
      position += length;
    }
  }

  @Override
  public Pieces pieces(long offset, long length) throws IOException {
    Ranges.check(offset, length, size());
    return new PiecesOfParts(offset, offset + length);
  }

  @Override
  public Content slice(long offset, long length) {
    Ranges.check(offset, length, size());
    List<Content> slices = new ArrayList<>();
    long end = offset + length;
    for (long position = offset; position < end; ) {
      int part = partAt(position);
      long stop = Math.min(end, ends[part]);
      slices.add(parts.get(part).slice(position - begin(part), stop - position));
      position = stop;
    }
    return of(slices);
  }

  @Override
  public long crc64() throws IOException {
    long crc = 0;
    for (Content part : parts) {
      crc = Crc64.Variant.XZ.algebra().combine(crc, part.crc64(), part.size());
    }
    return crc;
  }

  private int partAt(long position) {
    int found = Arrays.binarySearch(ends, position + 1);
    return found >= 0 ? found : -found - 1;
  }

  private long begin(int part) {
    return part == 0 ? 0 : ends[part - 1];
  }

  private final class PiecesOfParts implements Pieces {
    private final long end;
    private long position;
    private Pieces current;

    PiecesOfParts(long position, long end) throws IOException {
      this.position = position;
      this.end = end;
      this.current = open();
    }

    private Pieces open() throws IOException {
      if (position == end) {
        return new MemoryContent(ByteBuffer.allocate(0)).pieces(0, 0);
      }
      int part = partAt(position);
      return parts.get(part).pieces(position - begin(part), Math.min(end, ends[part]) - position);
    }

    @Override
    public long remaining() {
      return end - position;
    }

    @Override
    public Object next(int limit, boolean sendfile) throws IOException {
      if (current.remaining() == 0) {
        current.close();
        current = open();
      }
      long before = current.remaining();
      Object piece = current.next(limit, sendfile);
      position += before - current.remaining();
      return piece;
    }

    @Override
    public void close() throws IOException {
      current.close();
    }
  }
}
