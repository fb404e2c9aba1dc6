// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.prefetch.model.ModelPrefetcherProvider;
import io.sluicefs.spi.prefetch.PrefetcherProvider;
import org.jspecify.annotations.NullMarked;

/**
 * Plans read-ahead by the tensors of safetensors and GGUF files, name {@code model}.
 *
 * <table class="striped">
 * <caption>Settings, in {@code prefetch.model}</caption>
 * <tr><th>name</th><th>type</th><th>default</th><th>effect</th></tr>
 * <tr><td>{@code chunk-size}</td><td>size</td><td>{@code 8MiB}</td><td>most bytes of one request</td></tr>
 * <tr><td>{@code ahead}</td><td>size</td><td>{@code 384MiB}</td>
 * <td>how far ahead of one file handle is planned</td></tr>
 * <tr><td>{@code requests-per-file}</td><td>number</td><td>{@code 16}</td>
 * <td>most requests under way for one object</td></tr>
 * <tr><td>{@code requests}</td><td>number</td><td>{@code 64}</td>
 * <td>most requests under way in all</td></tr>
 * <tr><td>{@code max-header}</td><td>size</td><td>{@code 32MiB}</td>
 * <td>longest table of tensors that is read</td></tr>
 * </table>
 */
@NullMarked
module io.sluicefs.prefetch.model {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;

  provides PrefetcherProvider with
      ModelPrefetcherProvider;
}
