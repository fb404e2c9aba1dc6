// SPDX-License-Identifier: Apache-2.0
import io.sluicefs.spi.transport.TransportProvider;
import io.sluicefs.transport.oss.OssTransportProvider;
import org.jspecify.annotations.NullMarked;

/**
 * Reads and writes a bucket of Aliyun OSS, name {@code oss}.
 *
 * <table class="striped">
 * <caption>Settings, in {@code transport.oss}</caption>
 * <tr><th>name</th><th>type</th><th>default</th><th>effect</th></tr>
 * <tr><td>{@code endpoint}</td><td>host or URL</td><td>required</td><td>where OSS listens</td></tr>
 * <tr><td>{@code bucket}</td><td>text</td><td>required</td><td>name of the bucket</td></tr>
 * <tr><td>{@code region}</td><td>text</td><td></td><td>set: signature V4, unset: V1</td></tr>
 * <tr><td>{@code signature}</td><td>auto, v1, v4</td><td>{@code auto}</td>
 * <td>version of the signature</td></tr>
 * <tr><td>{@code path-style}</td><td>flag</td><td>true for addresses</td>
 * <td>put the bucket in front of the key</td></tr>
 * <tr><td>{@code cname}</td><td>flag</td><td>{@code false}</td>
 * <td>the endpoint is a name bound to the bucket</td></tr>
 * <tr><td>{@code allow-http}</td><td>flag</td><td>{@code false}</td>
 * <td>accept plain http beyond this machine</td></tr>
 * <tr><td>{@code ca-certificate}</td><td>path</td><td></td>
 * <td>authorities to trust besides the runtime's</td></tr>
 * <tr><td>{@code connect-timeout}</td><td>time</td><td>{@code 5s}</td>
 * <td>longest wait for a connection</td></tr>
 * <tr><td>{@code request-timeout}</td><td>time</td><td>{@code 30s}</td>
 * <td>longest wait for the answer to a request</td></tr>
 * <tr><td>{@code no-progress-timeout}</td><td>time</td><td>{@code 15s}</td>
 * <td>longest wait for more of an answer or of a body</td></tr>
 * <tr><td>{@code copy-timeout}</td><td>time</td><td>{@code 20s}</td>
 * <td>longest wait for a copy</td></tr>
 * <tr><td>{@code completion-timeout}</td><td>time</td><td>{@code 5m}</td>
 * <td>longest wait for parts to be joined</td></tr>
 * <tr><td>{@code verify-uploads}</td><td>flag</td><td>{@code true}</td>
 * <td>compare the store's CRC-64 with that of what was sent; send the MD5 of whole objects</td></tr>
 * <tr><td>{@code max-idle-connections}</td><td>number</td><td>{@code 64}</td>
 * <td>most connections kept open without use</td></tr>
 * <tr><td>{@code credentials}</td>
 * <td>auto, static, environment, profile, instance, oidc, process, anonymous</td>
 * <td>{@code auto}</td><td>where credentials come from</td></tr>
 * <tr><td>{@code access-key-id}, {@code access-key-secret}, {@code security-token}</td>
 * <td>secret</td><td></td><td>static credentials</td></tr>
 * <tr><td>{@code credential-process}</td><td>command</td><td></td>
 * <td>prints credentials as JSON</td></tr>
 * <tr><td>{@code profile-file}</td><td>path</td><td>{@code ~/.oss/credentials}</td>
 * <td>file with a profile</td></tr>
 * <tr><td>{@code instance-role}, {@code metadata-endpoint}</td><td>text, URL</td><td></td>
 * <td>role of the ECS instance</td></tr>
 * <tr><td>{@code oidc-role-arn}, {@code oidc-provider-arn}, {@code oidc-token-file}, {@code
 * sts-endpoint}</td><td>text, text, path, URL</td><td>the environment's</td>
 * <td>role for an OIDC token</td></tr>
 * </table>
 */
@NullMarked
module io.sluicefs.transport.oss {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.sluicefs.http;
  requires io.sluicefs.spi;
  requires java.xml;

  provides TransportProvider with
      OssTransportProvider;
}
