// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Heads of model files, as the libraries write them. */
final class ModelHead {
  private static final int ALIGNMENT = 32;

  private record Tensor(String name, long length) {}

  private final List<Tensor> tensors = new ArrayList<>();

  /** Adds a tensor behind the others. */
  ModelHead add(String name, long length) {
    tensors.add(new Tensor(name, length));
    return this;
  }

  /** Returns the bytes of all tensors. */
  long weights() {
    return tensors.stream().mapToLong(Tensor::length).sum();
  }

  byte[] safetensors() {
    StringBuilder json = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
    long offset = 0;
    for (Tensor tensor : tensors) {
      json.append(
          ",\"%s\":{\"dtype\":\"BF16\",\"shape\":[%d,2],\"data_offsets\":[%d,%d]}"
              .formatted(tensor.name, tensor.length / 4, offset, offset + tensor.length));
      offset += tensor.length;
    }
    json.append('}');
    return safetensors(json.toString());
  }

  /** Returns a head of any text, with spaces up to a multiple of eight bytes. */
  static byte[] safetensors(String json) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    int length = (text.length + 7) & -8;
    ByteBuffer head = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(length).put(text);
    while (head.hasRemaining()) {
      head.put((byte) ' ');
    }
    return head.array();
  }

  /** Returns a head with some values of every kind before the tensors. */
  byte[] gguf(int version) {
    ByteBuffer head = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    head.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(version);
    head.putLong(tensors.size()).putLong(6);
    put(head, "general.architecture").putInt(8);
    put(head, "llama");
    put(head, "general.alignment").putInt(4).putInt(ALIGNMENT);
    put(head, "general.quantized").putInt(7).put((byte) 1);
    put(head, "llama.rope.freq_base").putInt(12).putDouble(10000);
    put(head, "tokenizer.ggml.tokens").putInt(9).putInt(8).putLong(5000);
    for (int i = 0; i < 5000; i++) {
      put(head, "token" + i);
    }
    put(head, "tokenizer.ggml.scores").putInt(9).putInt(6).putLong(5000);
    head.position(head.position() + 5000 * Float.BYTES);
    long offset = 0;
    for (Tensor tensor : tensors) {
      put(head, tensor.name).putInt(2).putLong(2).putLong(tensor.length / 4);
      head.putInt(1).putLong(offset);
      offset += (tensor.length + ALIGNMENT - 1) & -ALIGNMENT;
    }
    byte[] bytes = new byte[(head.position() + ALIGNMENT - 1) & -ALIGNMENT];
    head.flip().get(bytes, 0, head.limit());
    return bytes;
  }

  private static ByteBuffer put(ByteBuffer head, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return head.putLong(bytes.length).put(bytes);
  }
}
