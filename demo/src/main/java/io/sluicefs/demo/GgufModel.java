// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A model as one GGUF file, version 3: magic, counts, key-values, tensor table, and the tensors
 * aligned to 32 bytes. Dimensions are written innermost first.
 */
final class GgufModel {
  private static final int ALIGNMENT = 32;
  private static final int TYPE_UINT32 = 4;
  private static final int TYPE_STRING = 8;
  private static final int TENSOR_F16 = 1;

  private GgufModel() {}

  /** Returns a Llama-shaped model. */
  static ModelFile file(String key, int layers) {
    List<Tensor> tensors = Tensor.llama(layers);
    long bytes = tensors.stream().mapToLong(Tensor::bytes).sum();
    return new ModelFile(key, header(tensors, layers), bytes);
  }

  private static ByteBuffer header(List<Tensor> tensors, int layers) {
    ByteBuffer header = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    header.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(3);
    header.putLong(tensors.size()).putLong(5);
    putString(header, "general.architecture");
    header.putInt(TYPE_STRING);
    putString(header, "llama");
    putString(header, "general.name");
    header.putInt(TYPE_STRING);
    putString(header, "sluice-demo");
    putNumber(header, "llama.block_count", layers);
    putNumber(header, "llama.embedding_length", 2048);
    putNumber(header, "general.alignment", ALIGNMENT);
    for (Tensor tensor : tensors) {
      putString(header, tensor.name());
      header.putInt(tensor.shape().size());
      for (long dimension : tensor.shape().reversed()) {
        header.putLong(dimension);
      }
      header.putInt(TENSOR_F16).putLong(tensor.offset());
    }
    header.position((header.position() + ALIGNMENT - 1) & -ALIGNMENT);
    return header.flip();
  }

  private static void putString(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putLong(bytes.length).put(bytes);
  }

  private static void putNumber(ByteBuffer out, String key, int value) {
    putString(out, key);
    out.putInt(TYPE_UINT32).putInt(value);
  }
}
