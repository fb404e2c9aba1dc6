// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.UploadBody;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Lets no interrupt break off a request that changes what names lead to: whether the store has done
 * it would not be known, and it could still do it when the name has something else by then. The
 * request ends as it ends, and the caller is interrupted afterwards.
 */
public final class UninterruptedChanges extends ForwardingTransport {
  /** Creates a decorator that owns {@code inner}. */
  public UninterruptedChanges(Transport inner) {
    super(inner);
  }

  @Override
  public ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    return finish(() -> super.put(key, options, body));
  }

  @Override
  public ObjectStat copy(ObjectId source, long size, String targetKey, PutOptions options)
      throws StorageException {
    return finish(() -> super.copy(source, size, targetKey, options));
  }

  @Override
  public ObjectStat putSymlink(String key, String target, PutOptions options)
      throws StorageException {
    return finish(() -> super.putSymlink(key, target, options));
  }

  @Override
  public void delete(List<String> keys) throws StorageException {
    boolean _ =
        finish(
            () -> {
              super.delete(keys);
              return true;
            });
  }

  private static <T> T finish(Callable<T> request) throws StorageException {
    FutureTask<T> task = new FutureTask<>(request);
    Thread _ = Thread.ofVirtual().name("sluice-change").start(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case StorageException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case Error failure -> throw failure;
        case null, default ->
            throw new StorageException(Kind.INVALID_REQUEST, "failed: " + e.getCause(), e);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
