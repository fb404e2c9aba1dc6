// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Tensors laid out one after the other. */
final class TensorList {
  private final List<Tensor> tensors = new ArrayList<>();
  private long end;

  void add(String name, Long... shape) {
    Tensor tensor = new Tensor(name, Arrays.asList(shape), end);
    tensors.add(tensor);
    end += tensor.bytes();
  }

  long bytes() {
    return end;
  }

  List<Tensor> tensors() {
    return List.copyOf(tensors);
  }
}
