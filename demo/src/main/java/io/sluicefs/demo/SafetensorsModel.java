// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A model as a folder of safetensors shards with an index. The format: eight bytes little-endian
 * with the header's length, that many bytes of JSON with each tensor's type, shape and offsets from
 * the header's end, then the tensors.
 */
final class SafetensorsModel {
  private SafetensorsModel() {}

  /** Returns the files of a Llama-shaped model, shards in order and the index last. */
  static List<ModelFile> files(String folder, int layers, int shards) {
    List<Tensor> all = Tensor.llama(layers);
    long total = all.stream().mapToLong(Tensor::bytes).sum();
    List<ModelFile> files = new ArrayList<>();
    List<String> weightMap = new ArrayList<>();
    int next = 0;
    for (int shard = 0; shard < shards; shard++) {
      String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", shard + 1, shards);
      TensorList list = new TensorList();
      while (next < all.size()
          && (shard == shards - 1 || list.bytes() + all.get(next).bytes() / 2 < total / shards)) {
        Tensor tensor = all.get(next++);
        list.add(tensor.name(), tensor.shape().toArray(Long[]::new));
        weightMap.add("\"" + tensor.name() + "\":\"" + name + "\"");
      }
      files.add(new ModelFile(folder + name, header(list.tensors()), list.bytes()));
    }
    String index =
        "{\"metadata\":{\"total_size\":"
            + total
            + "},\"weight_map\":{"
            + String.join(",", weightMap)
            + "}}\n";
    files.add(
        new ModelFile(
            folder + "model.safetensors.index.json",
            ByteBuffer.wrap(index.getBytes(StandardCharsets.UTF_8)),
            0));
    return files;
  }

  private static ByteBuffer header(List<Tensor> tensors) {
    String json =
        tensors.stream()
            .map(
                tensor ->
                    "\"%s\":{\"dtype\":\"BF16\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                        .formatted(
                            tensor.name(),
                            tensor.shape(),
                            tensor.offset(),
                            tensor.offset() + tensor.bytes()))
            .collect(Collectors.joining(",", "{\"__metadata__\":{\"format\":\"pt\"},", "}"));
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    int padded = (text.length + 7) & ~7;
    ByteBuffer header = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(padded).put(text);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.flip();
  }
}
