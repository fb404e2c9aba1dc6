// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.ErrorAnswer;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;

/**
 * An error answer of OSS.
 *
 * @param status the HTTP status
 * @param code OSS's word for it; empty when the answer is not one of OSS
 * @param message OSS's sentence, one line
 * @param number the number of its error list (EC); empty when not given
 * @param requestId what OSS's support asks for; empty when not given
 * @param endpoint the endpoint OSS says to use; empty when not given
 * @param storeTime the store's clock; null when not given
 * @param retryAfter how long the store asks to wait; zero if it does not
 */
record OssError(
    int status,
    String code,
    String message,
    String number,
    String requestId,
    String endpoint,
    @Nullable Instant storeTime,
    Duration retryAfter) {
  private static final int MAX_MESSAGE = 300;

  private static final Set<String> EXPIRED_CREDENTIALS =
      Set.of("SecurityTokenExpired", "InvalidSecurityToken", "InvalidAccessKeyId");

  /** Reads an answer, whatever it holds. */
  static OssError of(ErrorAnswer answer) {
    Map<String, String> fields = fields(answer);
    String requestId = fields.getOrDefault("RequestId", "");
    return new OssError(
        answer.status(),
        oneLine(fields.getOrDefault("Code", "")),
        oneLine(fields.getOrDefault("Message", "")),
        oneLine(fields.getOrDefault("EC", headerOrEmpty(answer, "x-oss-ec"))),
        oneLine(requestId.isEmpty() ? headerOrEmpty(answer, "x-oss-request-id") : requestId),
        oneLine(fields.getOrDefault("Endpoint", "")),
        storeTime(headerOrEmpty(answer, "date")),
        answer.retryAfter());
  }

  /** Returns whether other credentials from the same source may be accepted. */
  boolean rejectsCredentials() {
    return EXPIRED_CREDENTIALS.contains(code);
  }

  /** Returns whether the request's time was too far from the store's. */
  boolean rejectsClock() {
    return code.equals("RequestTimeTooSkewed");
  }

  /**
   * Returns the failure to throw.
   *
   * @param what what was asked: {@code head of oss://host/bucket/key}
   */
  StorageException toException(String what, OssEndpoint endpointUsed) {
    Kind kind = kind();
    StringBuilder text = new StringBuilder(what).append(": ");
    if (code.isEmpty()) {
      text.append("HTTP ")
          .append(status)
          .append(requestId.isEmpty() ? ", not an answer of OSS" : "");
    } else {
      text.append(code);
      if (!message.isEmpty()) {
        text.append(" (").append(message).append(')');
      }
    }
    String advice = advice(kind, endpointUsed);
    if (!advice.isEmpty()) {
      text.append("; ").append(advice);
    }
    String ids = ids();
    if (!ids.isEmpty()) {
      text.append(" [").append(ids).append(']');
    }
    return new StorageException(kind, text.toString(), new OssRefusal(code), retryAfter);
  }

  private String ids() {
    StringBuilder ids = new StringBuilder();
    if (!number.isEmpty()) {
      ids.append("EC ").append(number);
    }
    if (!requestId.isEmpty()) {
      ids.append(ids.isEmpty() ? "" : ", ").append("request id ").append(requestId);
    }
    return ids.toString();
  }

  private Kind kind() {
    return switch (code) {
      case "NoSuchKey", "NoSuchUpload", "SymlinkTargetNotExist", "NoSuchVersion" -> Kind.NOT_FOUND;
      case "NoSuchBucket" -> Kind.NO_SUCH_BUCKET;
      case "PreconditionFailed" -> Kind.PRECONDITION_FAILED;
      case "FileAlreadyExists", "ObjectAlreadyExists" -> Kind.ALREADY_EXISTS;
      case "InvalidAccessKeyId",
          "SignatureDoesNotMatch",
          "SecurityTokenExpired",
          "InvalidSecurityToken",
          "RequestTimeTooSkewed" ->
          Kind.BAD_CREDENTIALS;
      case "RequestTimeout" -> Kind.TIMEOUT;
      case "InvalidDigest" -> Kind.CORRUPT;
      case "InvalidBucketName", "SecondLevelDomainForbidden", "TemporaryRedirect" ->
          Kind.INVALID_REQUEST;
      case "SlowDown",
          "QpsLimitExceeded",
          "TotalQpsLimitExceeded",
          "DownloadTrafficRateLimitExceeded",
          "TrafficRateLimitExceeded" ->
          Kind.THROTTLED;
      default -> isWrongEndpoint() || isWrongRegion() ? Kind.INVALID_REQUEST : kindOfStatus();
    };
  }

  private Kind kindOfStatus() {
    return switch (status) {
      case 401 -> Kind.BAD_CREDENTIALS;
      case 403 -> Kind.ACCESS_DENIED;
      case 404 -> Kind.NOT_FOUND;
      case 408 -> Kind.TIMEOUT;
      case 412 -> Kind.PRECONDITION_FAILED;
      case 429, 503 -> Kind.THROTTLED;
      case 501 -> Kind.UNSUPPORTED;
      default -> status >= 500 ? Kind.SERVER_ERROR : Kind.INVALID_REQUEST;
    };
  }

  private String advice(Kind kind, OssEndpoint used) {
    String advice =
        switch (code) {
          case "InvalidAccessKeyId" -> "check transport.oss.access-key-id or its source";
          case "SignatureDoesNotMatch" ->
              "check the access key secret, and transport.oss.region when one is set";
          case "SecurityTokenExpired", "InvalidSecurityToken" ->
              "get a new security token, or use credentials that renew themselves";
          case "RequestTimeTooSkewed" -> "set this machine's clock right";
          case "NoSuchBucket", "InvalidBucketName" -> "check transport.oss.bucket";
          case "SecondLevelDomainForbidden" -> "set transport.oss.path-style = false";
          case "InvalidObjectState" -> "restore the object from the archive first";
          case "UserDisable" -> "check the state of the account";
          default -> "";
        };
    if (!advice.isEmpty()) {
      return advice;
    }
    if (isWrongEndpoint() || (status >= 300 && status < 400)) {
      return endpoint.isEmpty()
          ? "check transport.oss.endpoint"
          : "set transport.oss.endpoint = \"" + endpoint + "\"";
    }
    if (isWrongRegion()) {
      return "check transport.oss.region";
    }
    if (kind == Kind.ACCESS_DENIED) {
      return "check the policies of the bucket and of the user";
    }
    if (code.isEmpty() && requestId.isEmpty()) {
      return "check that " + used.server() + " is an endpoint of OSS";
    }
    return "";
  }

  private boolean isWrongEndpoint() {
    return message.contains("must be addressed using the specified endpoint");
  }

  private boolean isWrongRegion() {
    return status == 400 && message.contains("signing region");
  }

  private static Map<String, String> fields(ErrorAnswer answer) {
    Map<String, String> fields = read(answer.body().getBytes(StandardCharsets.UTF_8));
    // The answer to a HEAD has no body; OSS puts what it would be into a header.
    String header = answer.header("x-oss-err");
    if (!fields.isEmpty() || header == null) {
      return fields;
    }
    try {
      return read(Base64.getMimeDecoder().decode(header));
    } catch (IllegalArgumentException e) {
      return Map.of();
    }
  }

  private static Map<String, String> read(byte[] xml) {
    Map<String, String> fields = new HashMap<>();
    InputStream in = new ByteArrayInputStream(xml);
    try (XmlDocument document = new XmlDocument(in, "Error")) {
      while (document.nextChild()) {
        switch (document.name()) {
          case "Code", "Message", "RequestId", "EC", "Endpoint" ->
              fields.put(document.name(), document.text());
          default -> document.skip();
        }
      }
      return fields;
    } catch (XMLStreamException e) {
      // Not of OSS: the status alone speaks.
      return Map.of();
    }
  }

  private static String headerOrEmpty(ErrorAnswer answer, String name) {
    String value = answer.header(name);
    return value == null ? "" : value;
  }

  private static @Nullable Instant storeTime(String date) {
    try {
      return DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** Returns the beginning of a text of others as one line. */
  static String oneLine(String text) {
    String line = text.strip().replaceAll("[\\p{Cc}\\s]+", " ");
    return line.length() > MAX_MESSAGE ? line.substring(0, MAX_MESSAGE) + "…" : line;
  }
}
