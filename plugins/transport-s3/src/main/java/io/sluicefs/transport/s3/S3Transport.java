// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.http.Answer;
import io.sluicefs.http.RangeReader;
import io.sluicefs.http.RangeRequest;
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
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpMethod;

/**
 * A bucket of S3. The SDK finds credentials and endpoints, and sends what is asked for rarely; what
 * comes for every name and all bytes are sent past it, the bytes in the caller's memory.
 */
final class S3Transport implements Transport {
  private static final TransportCapabilities CAPABILITIES =
      new TransportCapabilities(
          Set.of(
              Feature.WRITE,
              Feature.MULTIPART,
              Feature.COPY,
              Feature.CREATE_ONLY,
              Feature.SYMLINK,
              Feature.SYMLINKS_LISTED_AS_EMPTY),
          5L << 30,
          5L << 20,
          5L << 30,
          10_000,
          5L << 30);

  private final S3Bucket bucket;
  private final LazyClient client;
  private final S3Credentials credentials;
  private final SignedRequests requests;
  private final S3Errors errors;
  private final ControlRequests control;
  private final RangeReader reader;
  private final S3Queries queries;
  private final S3Heads heads;
  private final S3Writes writes;

  private S3Transport(S3TransportConfig config, S3Credentials credentials) {
    this.credentials = credentials;
    bucket = S3Clients.bucket(config);
    errors = new S3Errors(bucket, credentials);
    SignatureV4 signature = new SignatureV4(config.region());
    requests = new SignedRequests(new S3Signer(bucket, signature), credentials, errors);
    control = new ControlRequests(errors, credentials, config.connection().requestTimeout());
    reader = new RangeReader(config.connection().readerOptions(config.userAgent()));
    // Every request has a limit of its own besides; a store that joins parts for long sends white
    // space meanwhile.
    ControlHttpClient http =
        new ControlHttpClient(
            reader.queries(
                config.connection().requestTimeout(),
                config.connection().completionTimeout(),
                S3Clients.MAX_CONTROL_ANSWER));
    client =
        new LazyClient(
            () ->
                S3Clients.create(config, new ControlAuthentication(signature, credentials), http));
    S3Sends sends =
        new S3Sends(
            bucket,
            requests,
            errors,
            reader.sender(config.connection().requestTimeout()),
            reader.sender(config.connection().copyTimeout()));
    queries =
        new S3Queries(
            bucket,
            requests,
            errors,
            reader.queries(config.connection().requestTimeout(), S3Clients.MAX_CONTROL_ANSWER));
    heads = new S3Heads(bucket, queries);
    writes = new S3Writes(config, bucket, client, control, errors, sends, queries, heads);
  }

  /** Opens a transport that has credentials. */
  @MustBeClosed
  static S3Transport open(
      S3TransportConfig config, S3Credentials credentials, PluginMetrics metrics)
      throws StorageException {
    S3Transport transport = new S3Transport(config, credentials);
    try {
      transport.findCredentials();
      transport.reader.show(metrics);
    } catch (StorageException e) {
      transport.close();
      throw e;
    }
    return transport;
  }

  private void findCredentials() throws StorageException {
    String what = "opening of " + location();
    control.run(
        what,
        true,
        () -> {
          try {
            return credentials.current();
          } catch (SdkException | IllegalStateException e) {
            throw errors.badCredentials(what, e);
          }
        });
  }

  @Override
  public String location() {
    return bucket.location();
  }

  @Override
  public TransportCapabilities capabilities() {
    return CAPABILITIES;
  }

  @Override
  public ObjectStat head(String key) throws StorageException {
    return heads.head(key);
  }

  @Override
  public ListPage list(ListRequest request) throws StorageException {
    String what = bucket.describe("list", request.prefix());
    Answer answer = queries.ofBucket(what, S3Listing.query(request));
    return S3Listing.page(what, request, answer);
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    String what = bucket.describe("read", id.key());
    requireKey(what, id.key());
    S3AnswerErrors answers = new S3AnswerErrors(errors, what);
    String path = bucket.target(id.key());
    Map<String, String> headers =
        Map.of(
            "Range", RangeRequest.rangeHeader(range),
            "If-Match", RangeRequest.ifMatchHeader(id.etag()));
    boolean _ =
        requests.run(
            answers,
            SdkHttpMethod.GET,
            path,
            Map.of(),
            headers,
            signed -> {
              reader.read(
                  new RangeRequest(bucket.endpoint(), path, signed, range, id.etag(), what),
                  target,
                  progress,
                  answers);
              return true;
            });
  }

  @Override
  public Optional<StoredChecksum> checksum(ObjectId id) throws StorageException {
    return Optional.ofNullable(heads.checksum(id));
  }

  @Override
  public ObjectStat put(String key, PutOptions options, UploadBody body) throws StorageException {
    return writes.put(key, options, body);
  }

  @Override
  @MustBeClosed
  public MultipartUpload startMultipartUpload(String key, PutOptions options)
      throws StorageException {
    return writes.start(key, options);
  }

  @Override
  public List<PendingUpload> listUploads(String prefix) throws StorageException {
    return writes.listUploads(prefix);
  }

  @Override
  public void abortUpload(PendingUpload upload) throws StorageException {
    writes.abort(upload.key(), upload.uploadId());
  }

  @Override
  public ObjectStat copy(ObjectId source, long size, String targetKey, PutOptions options)
      throws StorageException {
    return writes.copies().copy(source, size, targetKey, options);
  }

  @Override
  public ObjectStat putSymlink(String key, String target, PutOptions options)
      throws StorageException {
    return writes.putSymlink(key, target, options);
  }

  @Override
  public String readSymlink(String key) throws StorageException {
    return heads.readSymlink(key);
  }

  @Override
  public void delete(List<String> keys) throws StorageException {
    writes.delete(keys);
  }

  static void requireKey(String what, String key) throws StorageException {
    if (key.isEmpty()) {
      throw new StorageException(Kind.INVALID_REQUEST, what + ": no object has an empty key");
    }
  }

  @Override
  public void close() {
    reader.close();
    control.close();
    client.close();
  }
}
