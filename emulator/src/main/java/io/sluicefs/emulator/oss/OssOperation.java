// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.RequestKind;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.RequestHead;

/** What an OSS request asks for. */
enum OssOperation {
  LIST_BUCKETS(RequestKind.OTHER),
  CREATE_BUCKET(RequestKind.OTHER),
  DELETE_BUCKET(RequestKind.OTHER),
  BUCKET_INFO(RequestKind.OTHER),
  BUCKET_LOCATION(RequestKind.OTHER),
  GET_ACL(RequestKind.OTHER),
  PUT_ACL(RequestKind.OTHER),
  LIST_OBJECTS(RequestKind.LIST),
  LIST_UPLOADS(RequestKind.OTHER),
  DELETE_OBJECTS(RequestKind.DELETE),
  HEAD_OBJECT(RequestKind.HEAD),
  OBJECT_META(RequestKind.HEAD),
  GET_OBJECT(RequestKind.GET),
  PUT_OBJECT(RequestKind.PUT),
  APPEND_OBJECT(RequestKind.PUT),
  COPY_OBJECT(RequestKind.COPY),
  DELETE_OBJECT(RequestKind.DELETE),
  GET_SYMLINK(RequestKind.HEAD),
  PUT_SYMLINK(RequestKind.PUT),
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

  private final RequestKind kind;

  OssOperation(RequestKind kind) {
    this.kind = kind;
  }

  RequestKind kind() {
    return kind;
  }

  static OssOperation of(RequestHead head, Address address) {
    if (address.bucket().isEmpty()) {
      return head.method().equals("GET") ? LIST_BUCKETS : UNKNOWN;
    }
    return address.key().isEmpty() ? ofBucket(head) : ofObject(head);
  }

  private static OssOperation ofBucket(RequestHead head) {
    return switch (head.method()) {
      case "HEAD" -> BUCKET_INFO;
      case "PUT" -> head.has("acl") ? PUT_ACL : CREATE_BUCKET;
      case "DELETE" -> DELETE_BUCKET;
      case "POST" -> head.has("delete") ? DELETE_OBJECTS : UNKNOWN;
      case "GET" -> {
        if (head.has("bucketInfo")) {
          yield BUCKET_INFO;
        } else if (head.has("location")) {
          yield BUCKET_LOCATION;
        } else if (head.has("acl")) {
          yield GET_ACL;
        }
        yield head.has("uploads") ? LIST_UPLOADS : LIST_OBJECTS;
      }
      default -> UNKNOWN;
    };
  }

  private static OssOperation ofObject(RequestHead head) {
    boolean upload = head.has("uploadId");
    boolean tagging = head.has("tagging");
    return switch (head.method()) {
      case "HEAD" -> head.has("objectMeta") ? OBJECT_META : HEAD_OBJECT;
      case "GET" -> {
        if (head.has("acl")) {
          yield GET_ACL;
        } else if (head.has("objectMeta")) {
          yield OBJECT_META;
        } else if (head.has("symlink")) {
          yield GET_SYMLINK;
        }
        yield upload ? LIST_PARTS : tagging ? GET_TAGGING : GET_OBJECT;
      }
      case "PUT" -> ofPut(head);
      case "POST" -> {
        if (head.has("append")) {
          yield APPEND_OBJECT;
        }
        yield upload ? COMPLETE_UPLOAD : head.has("uploads") ? INITIATE_UPLOAD : UNKNOWN;
      }
      case "DELETE" -> upload ? ABORT_UPLOAD : tagging ? DELETE_TAGGING : DELETE_OBJECT;
      default -> UNKNOWN;
    };
  }

  private static OssOperation ofPut(RequestHead head) {
    boolean copy = head.header("x-oss-copy-source") != null;
    if (head.has("uploadId")) {
      return copy ? UPLOAD_PART_COPY : UPLOAD_PART;
    } else if (head.has("tagging")) {
      return PUT_TAGGING;
    } else if (head.has("symlink")) {
      return PUT_SYMLINK;
    } else if (head.has("acl")) {
      return PUT_ACL;
    }
    return copy ? COPY_OBJECT : PUT_OBJECT;
  }
}
