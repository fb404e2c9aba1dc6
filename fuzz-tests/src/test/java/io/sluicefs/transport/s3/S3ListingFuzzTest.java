// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.sluicefs.fuzz.Lines;
import io.sluicefs.http.Answer;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import java.util.Map;

/** XML that says it comes from S3. */
class S3ListingFuzzTest {
  private static final ListRequest REQUEST = new ListRequest("a/", "/", "token", 1000);

  @FuzzTest
  void aListingIsWhatWasAskedForOrCorrupt(byte[] answer) {
    ListPage page;
    try {
      page = S3Listing.page("list of bucket", REQUEST, new Answer(Map.of(), answer));
    } catch (StorageException e) {
      Lines.check(e.getMessage());
      return;
    }
    page.objects().forEach(object -> Lines.checkKey(object.id().key(), REQUEST.prefix()));
    page.commonPrefixes().forEach(prefix -> Lines.checkKey(prefix, REQUEST.prefix()));
    if (REQUEST.token() != null && REQUEST.token().equals(page.nextToken())) {
      throw new AssertionError("the page leads to itself");
    }
  }
}
