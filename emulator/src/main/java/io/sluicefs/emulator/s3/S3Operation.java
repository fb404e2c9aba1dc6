// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.RequestKind;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.RequestHead;
import java.util.Set;

/** What an S3 request asks for. */
enum S3Operation {
  LIST_BUCKETS(RequestKind.OTHER),
  HEAD_BUCKET(RequestKind.OTHER),
  CREATE_BUCKET(RequestKind.OTHER),
  DELETE_BUCKET(RequestKind.OTHER),
  GET_BUCKET_LOCATION(RequestKind.OTHER),
  GET_BUCKET_VERSIONING(RequestKind.OTHER),
  LIST_OBJECTS_V1(RequestKind.LIST),
  LIST_OBJECTS_V2(RequestKind.LIST),
  LIST_UPLOADS(RequestKind.OTHER),
  DELETE_OBJECTS(RequestKind.DELETE),
  HEAD_OBJECT(RequestKind.HEAD),
  GET_OBJECT(RequestKind.GET),
  PUT_OBJECT(RequestKind.PUT),
  COPY_OBJECT(RequestKind.COPY),
  DELETE_OBJECT(RequestKind.DELETE),
  GET_TAGGING(RequestKind.OTHER),
  PUT_TAGGING(RequestKind.OTHER),
  DELETE_TAGGING(RequestKind.OTHER),
  INITIATE_UPLOAD(RequestKind.MULTIPART_INITIATE),
  UPLOAD_PART(RequestKind.MULTIPART_PART),
  UPLOAD_PART_COPY(RequestKind.MULTIPART_PART),
  LIST_PARTS(RequestKind.OTHER),
  COMPLETE_UPLOAD(RequestKind.MULTIPART_COMPLETE),
  ABORT_UPLOAD(RequestKind.MULTIPART_ABORT),
  UNKNOWN(RequestKind.OTHER);

  /** Sub-resources that would change the meaning of a request and are not there. */
  private static final Set<String> NOT_SPOKEN =
      Set.of(
          "accelerate",
          "acl",
          "analytics",
          "cors",
          "encryption",
          "intelligent-tiering",
          "inventory",
          "legal-hold",
          "lifecycle",
          "logging",
          "metrics",
          "notification",
          "object-lock",
          "ownershipControls",
          "policy",
          "policyStatus",
          "publicAccessBlock",
          "replication",
          "requestPayment",
          "restore",
          "retention",
          "select",
          "torrent",
          "versions",
          "website",
          "attributes");

  private final RequestKind kind;

  S3Operation(RequestKind kind) {
    this.kind = kind;
  }

  RequestKind kind() {
    return kind;
  }

  static S3Operation of(RequestHead head, Address address) {
    if (address.bucket().isEmpty()) {
      return head.method().equals("GET") ? LIST_BUCKETS : UNKNOWN;
    }
    return address.key().isEmpty() ? ofBucket(head) : ofObject(head);
  }

  private static S3Operation ofBucket(RequestHead head) {
    if (head.query().keySet().stream().anyMatch(NOT_SPOKEN::contains)) {
      return UNKNOWN;
    }
    return switch (head.method()) {
      case "HEAD" -> HEAD_BUCKET;
      case "PUT" -> CREATE_BUCKET;
      case "DELETE" -> DELETE_BUCKET;
      case "POST" -> head.has("delete") ? DELETE_OBJECTS : UNKNOWN;
      case "GET" -> {
        if (head.has("location")) {
          yield GET_BUCKET_LOCATION;
        } else if (head.has("versioning")) {
          yield GET_BUCKET_VERSIONING;
        } else if (head.has("uploads")) {
          yield LIST_UPLOADS;
        }
        yield "2".equals(head.parameter("list-type")) ? LIST_OBJECTS_V2 : LIST_OBJECTS_V1;
      }
      default -> UNKNOWN;
    };
  }

  private static S3Operation ofObject(RequestHead head) {
    if (head.query().keySet().stream().anyMatch(NOT_SPOKEN::contains)) {
      return UNKNOWN;
    }
    boolean upload = head.has("uploadId");
    boolean tagging = head.has("tagging");
    boolean copy = head.header("x-amz-copy-source") != null;
    return switch (head.method()) {
      case "HEAD" -> HEAD_OBJECT;
      case "GET" -> upload ? LIST_PARTS : tagging ? GET_TAGGING : GET_OBJECT;
      case "PUT" -> {
        if (upload) {
          yield copy ? UPLOAD_PART_COPY : UPLOAD_PART;
        }
        yield tagging ? PUT_TAGGING : copy ? COPY_OBJECT : PUT_OBJECT;
      }
      case "POST" -> upload ? COMPLETE_UPLOAD : head.has("uploads") ? INITIATE_UPLOAD : UNKNOWN;
      case "DELETE" -> upload ? ABORT_UPLOAD : tagging ? DELETE_TAGGING : DELETE_OBJECT;
      default -> UNKNOWN;
    };
  }
}
