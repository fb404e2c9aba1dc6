// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginMetrics;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PendingUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.StoredChecksum;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.UploadBody;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A bucket of Aliyun OSS. Requests are signed and sent past the SDK, which would keep keys as text;
 * bytes of objects straight from and to the caller's memory, as its own streams compute a checksum
 * byte by byte even when told not to.
 */
final class OssTransport implements Transport {
  private static final long GIB = 1L << 30;

  /**
   * A copy that changes the storage class, as to a bucket of another class, is limited to 1 GiB.
   */
  private static final TransportCapabilities CAPABILITIES =
      new TransportCapabilities(
          Set.of(
              Feature.WRITE, Feature.MULTIPART, Feature.COPY, Feature.CREATE_ONLY, Feature.SYMLINK),
          5 * GIB,
          100 << 10,
          5 * GIB,
          10_000,
          GIB);

  /** A range that does not fit is then refused instead of answered with the whole object. */
  private static final Map<String, String> READ_HEADERS =
      Map.of("x-oss-range-behavior", "standard");

  private final OssEndpoint endpoint;
  private final OssRequests requests;
  private final OssSymlinks symlinks;
  private final OssHeads heads;
  private final OssWriting writing;
  private final OssCopies copies;
  private final OssDeletion deletion;

  OssTransport(OssTransportConfig config, CredentialSource credentials) {
    endpoint = config.endpoint();
    requests = new OssRequests(config, credentials);
    symlinks = new OssSymlinks(endpoint, requests);
    heads = new OssHeads(endpoint, requests, symlinks);
    writing = new OssWriting(endpoint, requests, heads, config.verifyUploads());
    copies = new OssCopies(endpoint, requests, heads);
    deletion = new OssDeletion(endpoint, requests);
  }

  @Override
  public String location() {
    return endpoint.location();
  }

  @Override
  public TransportCapabilities capabilities() {
    return CAPABILITIES;
  }

  /** Shows an operator how many connections there are. */
  void show(PluginMetrics metrics) {
    requests.show(metrics);
  }

  @Override
  public ObjectStat head(String key) throws StorageException {
    requireKey(key, "head");
    return heads.head(key);
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    return requests.askDocument(
        new OssRequest("list of " + endpoint.name(request.prefix()), HttpMethod.GET, null)
            .withParameters(OssListing.parameters(request)),
        in -> OssListing.parse(request, in));
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    String what = "read of " + endpoint.name(id.key());
    requireKey(id.key(), what);
    requests.read(
        new OssRequest(what, HttpMethod.GET, id.key()).withHeaders(READ_HEADERS),
        range,
        id.etag(),
        target,
        progress);
  }

  @Override
  public Optional<StoredChecksum> checksum(ObjectId id) throws StorageException {
    requireKey(id.key(), "head");
    return Optional.ofNullable(heads.checksum(id));
  }

  @Override
  public ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    requireKey(key, "put");
    return writing.put(key, options, body);
  }

  @Override
  @MustBeClosed
  public MultipartUpload startMultipartUpload(String key, PutOptions options)
      throws StorageException {
    requireKey(key, "upload");
    return new OssUpload(writing, copies, writing.start(key, options));
  }

  @Override
  public List<PendingUpload> listUploads(String prefix) throws StorageException {
    return OssUploadListing.of(prefix, "list of uploads to " + endpoint.name(prefix), requests);
  }

  @Override
  public void abortUpload(PendingUpload upload) throws StorageException {
    writing.abort(upload.key(), upload.uploadId());
  }

  @Override
  public ObjectStat copy(ObjectId source, long size, String targetKey, PutOptions options)
      throws StorageException {
    requireKey(targetKey, "copy");
    return copies.copy(source, size, targetKey, options);
  }

  @Override
  public ObjectStat putSymlink(String key, String target, PutOptions options)
      throws StorageException {
    requireKey(key, "put of a symbolic link");
    return symlinks.put(key, target, options);
  }

  @Override
  public String readSymlink(String key) throws StorageException {
    requireKey(key, "read of a symbolic link");
    return symlinks.read(key);
  }

  @Override
  public void delete(List<String> keys) throws StorageException {
    for (String key : keys) {
      // A request about no key is one about the bucket.
      requireKey(key, "delete");
    }
    deletion.delete(keys);
  }

  private static void requireKey(String key, String what) throws StorageException {
    if (key.isEmpty()) {
      throw new StorageException(Kind.INVALID_REQUEST, what + ": no object has an empty key");
    }
  }

  @Override
  public void close() {
    requests.close();
  }
}
