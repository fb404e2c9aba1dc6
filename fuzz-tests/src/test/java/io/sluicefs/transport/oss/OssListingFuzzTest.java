// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.sluicefs.fuzz.Lines;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import java.io.ByteArrayInputStream;
import javax.xml.stream.XMLStreamException;

/** XML that says it comes from OSS. */
class OssListingFuzzTest {
  private static final ListRequest REQUEST = new ListRequest("a/", "/", "token", 1000);

  @FuzzTest
  void aListingIsWhatWasAskedForOrAnError(byte[] answer) {
    ListPage page;
    try {
      page = OssListing.parse(REQUEST, new ByteArrayInputStream(answer));
    } catch (XMLStreamException e) {
      return;
    }
    page.objects().forEach(object -> Lines.checkKey(object.id().key(), REQUEST.prefix()));
    page.commonPrefixes().forEach(prefix -> Lines.checkKey(prefix, REQUEST.prefix()));
    if (REQUEST.token() != null && REQUEST.token().equals(page.nextToken())) {
      throw new AssertionError("the page leads to itself");
    }
  }
}
