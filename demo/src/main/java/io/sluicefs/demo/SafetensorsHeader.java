// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file.
 *
 * @param length bytes before the first tensor
 * @param tensors in file order
 */
record SafetensorsHeader(long length, List<Tensor> tensors) {
  /** Bytes that hold the length of the JSON. */
  static final int PREFIX = 8;

  static SafetensorsHeader parse(ByteBuffer json) {
    Config config =
        ConfigFactory.parseString(StandardCharsets.UTF_8.decode(json.duplicate()).toString());
    List<Tensor> tensors = new ArrayList<>();
    for (Map.Entry<String, ConfigValue> entry : config.root().entrySet()) {
      if (!entry.getKey().equals("__metadata__")) {
        Config tensor = ((ConfigObject) entry.getValue()).toConfig();
        tensors.add(
            new Tensor(
                entry.getKey(),
                List.copyOf(tensor.getLongList("shape")),
                tensor.getLongList("data_offsets").getFirst()));
      }
    }
    tensors.sort(Comparator.comparingLong(Tensor::offset));
    return new SafetensorsHeader(PREFIX + json.remaining(), List.copyOf(tensors));
  }
}
