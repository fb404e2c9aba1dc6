// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** A model file: the table of tensors at its head, and where each tensor is, in model order. */
final class ModelObject {
  private static final long MIB = 1 << 20;
  private static final int LAYERS = 3;
  private static final int ALIGNMENT = 32;

  private record Tensor(String name, long length) {}

  /** A tensor's bytes in the file. */
  private record Piece(String name, long offset, long length) {}

  private final byte[] head;
  private final List<Piece> pieces;

  private ModelObject(byte[] head, List<Piece> pieces) {
    this.head = head;
    this.pieces = pieces;
  }

  /** Returns a safetensors file, whose tensors are in the order of their names. */
  static ModelObject safetensors() {
    List<Tensor> inFile = llama().stream().sorted(Comparator.comparing(Tensor::name)).toList();
    StringBuilder json = new StringBuilder("{\"__metadata__\":{\"format\":\"pt\"}");
    long offset = 0;
    for (Tensor tensor : inFile) {
      json.append(
          ",\"%s\":{\"dtype\":\"BF16\",\"shape\":[%d,2],\"data_offsets\":[%d,%d]}"
              .formatted(tensor.name, tensor.length / 4, offset, offset + tensor.length));
      offset += tensor.length;
    }
    byte[] text = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer head = ByteBuffer.allocate(8 + text.length).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(text.length).put(text);
    return new ModelObject(head.array(), pieces(inFile, head.capacity()));
  }

  /** Returns a GGUF file, whose tensors are in model order. */
  static ModelObject gguf() {
    List<Tensor> tensors = llama();
    ByteBuffer head = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    head.put("GGUF".getBytes(StandardCharsets.US_ASCII)).putInt(3).putLong(tensors.size());
    head.putLong(2);
    put(head, "general.alignment").putInt(4).putInt(ALIGNMENT);
    put(head, "tokenizer.ggml.tokens").putInt(9).putInt(8).putLong(10_000);
    for (int i = 0; i < 10_000; i++) {
      put(head, "token" + i);
    }
    long offset = 0;
    for (Tensor tensor : tensors) {
      put(head, tensor.name).putInt(2).putLong(2).putLong(tensor.length / 4);
      head.putInt(1).putLong(offset);
      offset += tensor.length;
    }
    byte[] bytes = new byte[(head.position() + ALIGNMENT - 1) & -ALIGNMENT];
    head.flip().get(bytes, 0, head.limit());
    return new ModelObject(bytes, pieces(tensors, bytes.length));
  }

  private static ByteBuffer put(ByteBuffer head, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return head.putLong(bytes.length).put(bytes);
  }

  private static List<Tensor> llama() {
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(new Tensor("model.embed_tokens.weight", 64 * MIB));
    for (int layer = 0; layer < LAYERS; layer++) {
      String prefix = "model.layers." + layer + ".";
      for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
        tensors.add(new Tensor(prefix + "self_attn." + name + ".weight", 32 * MIB));
      }
      for (String name : List.of("gate_proj", "up_proj", "down_proj")) {
        tensors.add(new Tensor(prefix + "mlp." + name + ".weight", 64 * MIB));
      }
    }
    return tensors;
  }

  private static List<Piece> pieces(List<Tensor> inFile, long start) {
    List<Piece> inFileOrder = new ArrayList<>();
    long offset = start;
    for (Tensor tensor : inFile) {
      inFileOrder.add(new Piece(tensor.name, offset, tensor.length));
      offset += tensor.length;
    }
    List<String> modelOrder = llama().stream().map(Tensor::name).toList();
    return inFileOrder.stream()
        .sorted(Comparator.comparingInt(piece -> modelOrder.indexOf(piece.name)))
        .toList();
  }

  byte[] head() {
    return head;
  }

  /** Returns the bytes of all tensors. */
  long weights() {
    return pieces.stream().mapToLong(Piece::length).sum();
  }

  long size() {
    return head.length + weights();
  }

  /** Writes offset and length of each tensor in model order. */
  Path writePieces(Path file) {
    try {
      return Files.writeString(
          file,
          pieces.stream()
              .map(piece -> piece.offset + " " + piece.length + "\n")
              .collect(Collectors.joining()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
