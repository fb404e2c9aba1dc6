// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Xml;
import io.sluicefs.emulator.store.Bucket;
import io.sluicefs.emulator.store.Catalog;
import java.io.IOException;

/** Buckets themselves. */
final class S3Buckets {
  private final Catalog catalog;
  private final String region;

  S3Buckets(Catalog catalog, String region) {
    this.catalog = catalog;
    this.region = region;
  }

  Answer list() {
    Xml xml = Xml.root("ListAllMyBucketsResult", S3Dialect.NAMESPACE);
    xml.begin("Owner").leaf("ID", "emulator").end().begin("Buckets");
    for (Bucket bucket : catalog.all()) {
      xml.begin("Bucket").leaf("Name", bucket.name()).leaf("CreationDate", bucket.created()).end();
    }
    return Answer.status(200).text("application/xml", xml.document());
  }

  Answer head(String bucket) {
    catalog.bucket(bucket);
    return Answer.status(200).header("x-amz-bucket-region", region).empty();
  }

  Answer create(String bucket) {
    catalog.createBucket(bucket);
    return Answer.status(200).header("Location", "/" + bucket).empty();
  }

  Answer delete(String bucket) throws IOException {
    catalog.deleteBucket(bucket);
    return Answer.status(204).empty();
  }

  Answer location(String bucket) {
    catalog.bucket(bucket);
    Xml xml = Xml.root("LocationConstraint", S3Dialect.NAMESPACE);
    // S3 says nothing for its first region.
    return Answer.status(200)
        .text(
            "application/xml",
            region.equals("us-east-1") ? xml.document() : xml.text(region).document());
  }

  Answer versioning(String bucket) {
    catalog.bucket(bucket);
    return Answer.status(200)
        .text(
            "application/xml", Xml.root("VersioningConfiguration", S3Dialect.NAMESPACE).document());
  }
}
