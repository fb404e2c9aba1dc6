// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.time.DateTimeException;
import java.time.Instant;
import org.codehaus.jettison.json.JSONException;
import org.codehaus.jettison.json.JSONObject;
import org.jspecify.annotations.Nullable;

/** The JSON in which Aliyun's tools and services hand out credentials. */
final class CredentialJson {
  private CredentialJson() {}

  /**
   * Reads credentials.
   *
   * @param source where they come from, for errors, which never quote the text
   * @param member the member that holds them; null if the text itself does
   */
  static AccessKey parse(Object source, String json, @Nullable String member)
      throws StorageException {
    try {
      JSONObject object = new JSONObject(json);
      if (member != null) {
        object = object.getJSONObject(member);
      }
      String id = object.optString("AccessKeyId").strip();
      String secret = object.optString("AccessKeySecret").strip();
      String token = object.optString("SecurityToken").strip();
      String expiration = object.optString("Expiration").strip();
      if (id.isEmpty() || secret.isEmpty()) {
        throw failure(source, "gave no AccessKeyId and AccessKeySecret");
      }
      return AccessKey.of(
          id,
          secret,
          token.isEmpty() ? null : token,
          expiration.isEmpty() ? null : Instant.parse(expiration));
    } catch (DateTimeException e) {
      throw failure(source, "gave an Expiration that is not like 2030-01-31T12:00:00Z");
    } catch (JSONException e) {
      throw failure(source, "gave something that is not JSON with credentials");
    }
  }

  private static StorageException failure(Object source, String problem) {
    return new StorageException(Kind.BAD_CREDENTIALS, source + " " + problem);
  }
}
