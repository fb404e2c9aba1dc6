// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.spi.transport.TransportProvider;
import io.sluicefs.transport.s3.S3TransportProvider;
import org.jspecify.annotations.NullMarked;

/**
 * Talks to Amazon S3 and stores compatible with it.
 *
 * <table class="striped">
 * <caption>Settings, in {@code transport.s3}</caption>
 * <tr><th>name</th><th>type</th><th>default</th><th>effect</th></tr>
 * <tr><td>bucket</td><td>text</td><td>required</td><td>name of the bucket</td></tr>
 * <tr><td>endpoint</td><td>URL</td><td>AWS, by region</td><td>where the store listens</td></tr>
 * <tr><td>region</td><td>text</td><td>environment, profile, instance; us-east-1 with an
 *     endpoint</td><td>region of the bucket, named by signatures</td></tr>
 * <tr><td>path-style</td><td>flag</td><td>where the host is an address or localhost, or the bucket
 *     has a dot</td><td>bucket in the path instead of in the host's name</td></tr>
 * <tr><td>allow-http</td><td>flag</td><td>false</td><td>accepts a plain http endpoint beyond this
 *     machine</td></tr>
 * <tr><td>ca-certificate</td><td>path</td><td>none</td><td>authorities to trust besides the Java
 *     runtime's, PEM</td></tr>
 * <tr><td>credentials</td><td>chain, static, environment, profile, instance, web-identity, process,
 *     anonymous</td><td>chain</td><td>where credentials come from</td></tr>
 * <tr><td>access-key-id, access-key-secret, session-token</td><td>secret</td><td>none</td><td>for
 *     static</td></tr>
 * <tr><td>profile</td><td>text</td><td>AWS_PROFILE, else default</td><td>for profile and
 *     chain</td></tr>
 * <tr><td>credential-process</td><td>text</td><td>none</td><td>for process</td></tr>
 * <tr><td>connect-timeout</td><td>time</td><td>5s</td><td>longest wait for a connection</td></tr>
 * <tr><td>request-timeout</td><td>time</td><td>30s</td><td>longest wait for the whole answer to a
 *     request without a body, or after a body is sent</td></tr>
 * <tr><td>no-progress-timeout</td><td>time</td><td>15s</td><td>longest wait for more of an
 *     answer or to send more of a body</td></tr>
 * <tr><td>copy-timeout</td><td>time</td><td>20s</td><td>longest wait for the store to copy an
 *     object or a range of one</td></tr>
 * <tr><td>completion-timeout</td><td>time</td><td>5m</td><td>longest wait for the store to join the
 *     parts of an object</td></tr>
 * <tr><td>upload-checksum</td><td>crc32c, crc64nvme, none</td><td>crc32c</td><td>checksum the store
 *     compares uploads with</td></tr>
 * <tr><td>max-idle-connections</td><td>number</td><td>64</td><td>connections kept open for
 *     reads and uploads</td></tr>
 * </table>
 */
@NullMarked
@SuppressWarnings("module") // the digit is the name of the protocol
module io.sluicefs.transport.s3 {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.http;
  requires io.sluicefs.spi;
  requires java.xml;

  provides TransportProvider with
      S3TransportProvider;
}
