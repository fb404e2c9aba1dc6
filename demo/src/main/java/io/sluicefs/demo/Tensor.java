// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.util.Arrays;
import java.util.List;

/**
 * One tensor of a model file, of two-byte elements, stored row after row.
 *
 * @param name as the model names it
 * @param shape rows first
 * @param offset of its first byte from the start of the file's tensor data
 */
record Tensor(String name, List<Long> shape, long offset) {
  static final int ELEMENT_BYTES = 2;

  /** How ranks of a tensor-parallel load share a tensor. */
  enum Split {
    /** Each rank has its own rows: one contiguous piece. */
    ROWS,
    /** Each rank has its own columns: a piece of every row. */
    COLUMNS,
    /** Each rank has it whole. */
    NONE
  }

  long bytes() {
    return shape.stream().reduce(1L, (a, b) -> a * b) * ELEMENT_BYTES;
  }

  /** Returns how this tensor is shared, by the names and rules Llama loaders use. */
  Split split() {
    if (shape.size() < 2) {
      return Split.NONE;
    }
    return name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight")
        ? Split.COLUMNS
        : Split.ROWS;
  }

  /** Returns the tensors of a Llama-shaped model with {@code layers} layers, in model order. */
  static List<Tensor> llama(int layers) {
    long hidden = 2048;
    long intermediate = 5632;
    long vocabulary = 32000;
    TensorList list = new TensorList();
    list.add("model.embed_tokens.weight", vocabulary, hidden);
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "model.layers." + layer + ".";
      list.add(prefix + "input_layernorm.weight", hidden);
      for (String projection : Arrays.asList("q_proj", "k_proj", "v_proj", "o_proj")) {
        list.add(prefix + "self_attn." + projection + ".weight", hidden, hidden);
      }
      list.add(prefix + "post_attention_layernorm.weight", hidden);
      list.add(prefix + "mlp.gate_proj.weight", intermediate, hidden);
      list.add(prefix + "mlp.up_proj.weight", intermediate, hidden);
      list.add(prefix + "mlp.down_proj.weight", hidden, intermediate);
    }
    list.add("model.norm.weight", hidden);
    list.add("lm_head.weight", vocabulary, hidden);
    return list.tensors();
  }
}
