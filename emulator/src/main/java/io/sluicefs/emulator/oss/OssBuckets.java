// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.Xml;
import io.sluicefs.emulator.store.Bucket;
import io.sluicefs.emulator.store.Catalog;
import java.io.IOException;

/** Buckets themselves. */
final class OssBuckets {
  private final Catalog catalog;
  private final String location;

  OssBuckets(Catalog catalog, String region) {
    this.catalog = catalog;
    this.location = "oss-" + region;
  }

  Answer list(RequestHead head) {
    Xml xml = Xml.root("ListAllMyBucketsResult");
    owner(xml);
    xml.begin("Buckets");
    for (Bucket bucket : catalog.all()) {
      xml.begin("Bucket");
      describe(xml, bucket, head);
      xml.end();
    }
    return Answer.status(200).text("application/xml", xml.document());
  }

  private void describe(Xml xml, Bucket bucket, RequestHead head) {
    String endpoint = head.header("host", "");
    xml.leaf("Name", bucket.name())
        .leaf("CreationDate", bucket.created())
        .leaf("Location", location)
        .leaf("ExtranetEndpoint", endpoint)
        .leaf("IntranetEndpoint", endpoint)
        .leaf("StorageClass", "Standard");
  }

  private static void owner(Xml xml) {
    xml.begin("Owner").leaf("ID", "0").leaf("DisplayName", "emulator").end();
  }

  Answer info(RequestHead head, String name) {
    Bucket bucket = catalog.bucket(name);
    Xml xml = Xml.root("BucketInfo").begin("Bucket");
    describe(xml, bucket, head);
    owner(xml);
    xml.begin("AccessControlList").leaf("Grant", "private").end();
    return Answer.status(200).text("application/xml", xml.document());
  }

  Answer location(String bucket) {
    catalog.bucket(bucket);
    return Answer.status(200)
        .text("application/xml", Xml.root("LocationConstraint").text(location).document());
  }

  Answer create(String bucket) {
    catalog.createBucket(bucket);
    return Answer.status(200).header("Location", "/" + bucket).empty();
  }

  Answer delete(String bucket) throws IOException {
    catalog.deleteBucket(bucket);
    return Answer.status(204).empty();
  }

  /** Access control is not there: everything is private to the one identity. */
  Answer acl(String bucket, String key) {
    Bucket found = catalog.bucket(bucket);
    if (!key.isEmpty()) {
      found.require(key);
    }
    Xml xml = Xml.root("AccessControlPolicy");
    owner(xml);
    xml.begin("AccessControlList").leaf("Grant", key.isEmpty() ? "private" : "default");
    return Answer.status(200).text("application/xml", xml.document());
  }

  /** Accepted and without effect. */
  Answer setAcl(String bucket) {
    catalog.bucket(bucket);
    return Answer.status(200).empty();
  }
}
