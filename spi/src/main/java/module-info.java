// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/**
 * The contracts of Sluice: what a transport, a cache, a prefetcher or a FUSE channel must do, and
 * the records they exchange.
 *
 * <p>A plugin is a named module that {@code provides} one of the provider interfaces and is chosen
 * by name in the configuration. All calls block; the kernel runs them on virtual threads. A blocked
 * call answers {@link Thread#interrupt} promptly: that is how the kernel cancels.
 *
 * <table class="striped">
 * <caption>Axes</caption>
 * <tr><th>package</th><th>provider</th><th>what it is for</th></tr>
 * <tr><td>{@code transport}</td><td>{@code TransportProvider}</td><td>talks to an object store</td></tr>
 * <tr><td>{@code cache}</td><td>{@code BlockCacheProvider}</td><td>keeps blocks of objects</td></tr>
 * <tr><td>{@code prefetch}</td><td>{@code PrefetcherProvider}</td><td>plans what to read ahead</td></tr>
 * <tr><td>{@code fuse}</td><td>{@code FuseChannelProvider}</td><td>talks to the Linux kernel</td></tr>
 * </table>
 *
 * <p>The module has a version of its own, {@link io.sluicefs.spi.SpiVersion}. A minor version adds:
 * methods of interfaces that plugins implement have a default, records keep the constructors they
 * had, enums may get constants, which a plugin treats as what it does without. What is marked with
 * no {@code @since} is of 1.0.
 *
 * <ul>
 *   <li>{@code transport}: a new method's default is {@code UNSUPPORTED}, or does it with the
 *       requests there are. The kernel calls nothing the capabilities do not claim.
 *   <li>{@code cache}: what {@code get}, {@code acquire}, {@code prefetch} and {@code load} promise
 *       stays; new counts come in new records.
 *   <li>{@code prefetch}: a richer {@code open} calls the one before it by default; a planner stays
 *       one thread's at a time.
 *   <li>{@code fuse}: a new operation's default is {@code ENOSYS}, so that channels which do not
 *       carry it go on as they are; a new option's default is what was done before.
 * </ul>
 */
@NullMarked
module io.sluicefs.spi {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.sluicefs.spi;
  exports io.sluicefs.spi.cache;
  exports io.sluicefs.spi.fuse;
  exports io.sluicefs.spi.prefetch;
  exports io.sluicefs.spi.transport;
}
