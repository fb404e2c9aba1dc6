// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.prefetch.sequential.SequentialPrefetcherProvider;
import io.sluicefs.spi.prefetch.PrefetcherProvider;
import org.jspecify.annotations.NullMarked;

/**
 * Plans read-ahead for files read in order, name {@code sequential}.
 *
 * <table class="striped">
 * <caption>Settings, in {@code prefetch.sequential}</caption>
 * <tr><th>name</th><th>type</th><th>default</th><th>effect</th></tr>
 * <tr><td>{@code chunk-size}</td><td>size</td><td>{@code 8MiB}</td><td>bytes of one request</td></tr>
 * <tr><td>{@code chunks}</td><td>{@code auto}, {@code unlimited} or a number</td>
 * <td>{@code auto}</td><td>how far the window of one file handle grows</td></tr>
 * <tr><td>{@code requests-per-file}</td><td>number</td><td>{@code 16}</td>
 * <td>most requests under way for one object</td></tr>
 * <tr><td>{@code requests}</td><td>number</td><td>{@code 64}</td>
 * <td>most requests under way in all</td></tr>
 * <tr><td>{@code detect-count}</td><td>number</td><td>{@code 2}</td>
 * <td>reads in order before anything is read ahead</td></tr>
 * <tr><td>{@code max-jump}</td><td>size</td><td>{@code 4MiB}</td>
 * <td>most bytes a read may skip or come back by and still be in order</td></tr>
 * </table>
 */
@NullMarked
module io.sluicefs.prefetch.sequential {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.spi;

  provides PrefetcherProvider with
      SequentialPrefetcherProvider;
}
