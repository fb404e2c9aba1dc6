// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLStreamException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OssListingTest {
  private static final String OBJECT =
      "<Contents><Key>%s</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>"
          + "<ETag>&quot;%s&quot;</ETag><Type>%s</Type><Size>%d</Size>"
          + "<StorageClass>Standard</StorageClass><Owner><ID>1</ID></Owner></Contents>";

  @Test
  void readsObjectsAndPrefixes() throws XMLStreamException {
    ListPage page =
        parse(
            ListRequest.directory("a/"),
            OBJECT.formatted("a/b", "E1", "Normal", 7)
                + OBJECT.formatted("a/link", "E2", "Symlink", 0)
                + "<CommonPrefixes><Prefix>a/sub/</Prefix></CommonPrefixes>"
                + "<IsTruncated>false</IsTruncated>");

    Instant time = Instant.parse("2026-01-02T03:04:05.678Z");
    assertEquals(
        List.of(
            new ObjectStat(
                new ObjectId("a/b", "E1"), 7, time, ObjectStat.Type.DATA, Map.of(), "Standard"),
            new ObjectStat(
                new ObjectId("a/link", "E2"),
                0,
                time,
                ObjectStat.Type.SYMLINK,
                Map.of(),
                "Standard")),
        page.objects());
    assertEquals(List.of("a/sub/"), page.commonPrefixes());
    assertNull(page.nextToken());
  }

  @Test
  void decodesNamesWhenTheyAreEncoded() throws XMLStreamException {
    ListPage page =
        parse(
            ListRequest.directory("ä "),
            OBJECT.formatted("%C3%A4%20%2B%0A%25", "E", "Normal", 1)
                + "<CommonPrefixes><Prefix>%C3%A4+%2F</Prefix></CommonPrefixes>"
                + "<IsTruncated>true</IsTruncated>"
                + "<NextContinuationToken>a+b%2Fc==</NextContinuationToken>"
                + "<EncodingType>url</EncodingType>");

    assertEquals("ä +\n%", page.objects().getFirst().id().key());
    assertEquals(List.of("ä /"), page.commonPrefixes());
    assertEquals("a+b/c==", page.nextToken());
  }

  @Test
  void takesNamesAsTheyAreWhenTheyAreNotEncoded() throws XMLStreamException {
    ListPage page =
        parse(
            ListRequest.directory(""),
            OBJECT.formatted("100%25+&amp;&lt;", "E", "Normal", 1)
                + "<IsTruncated>false</IsTruncated>");

    assertEquals("100%25+&<", page.objects().getFirst().id().key());
  }

  @Test
  void readsAFullPageOfTheLongestKeys() throws XMLStreamException {
    String key = "%F0%9F%98%80".repeat(255);
    ListPage page =
        parse(
            ListRequest.directory(""),
            OBJECT.formatted(key, "E", "Normal", 1).repeat(1000)
                + "<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>");

    assertEquals(1000, page.objects().size());
    assertEquals("😀".repeat(255), page.objects().getLast().id().key());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "not xml",
        "<html><body>busy</body></html>",
        "<!DOCTYPE html><html><body>busy</body></html>",
        "<ListBucketResult>",
        "<ListBucketResult></ListBucketResult>",
        "<ListBucketResult><IsTruncated>perhaps</IsTruncated></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated>"
            + "<NextContinuationToken>same</NextContinuationToken></ListBucketResult>",
        "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>rubbish",
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents/></ListBucketResult>",
        "<ListBucketResult><IsTruncated>false</IsTruncated><CommonPrefixes/></ListBucketResult>",
        "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
            + "<ListBucketResult><IsTruncated>false</IsTruncated><Name>&e;</Name></ListBucketResult>",
        "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
            + "<ListBucketResult><IsTruncated>false</IsTruncated><Name>&b;</Name></ListBucketResult>",
      })
  void refusesWhatIsNoListing(String answer) {
    ListRequest request = ListRequest.directory("").after("same");

    assertThrows(XMLStreamException.class, () -> OssListing.parse(request, in(answer)));
  }

  @Test
  void refusesKeysOutsideThePrefix() {
    assertThrows(
        XMLStreamException.class,
        () ->
            parse(
                ListRequest.directory("a/"),
                OBJECT.formatted("b/c", "E", "Normal", 1) + "<IsTruncated>false</IsTruncated>"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "9999999999999999999", "x", ""})
  void refusesSizesThatAreNone(String size) {
    String object = OBJECT.formatted("a", "E", "Normal", 1).replace(">1<", ">" + size + "<");

    assertThrows(
        XMLStreamException.class,
        () -> parse(ListRequest.directory(""), object + "<IsTruncated>false</IsTruncated>"));
  }

  private static ListPage parse(ListRequest request, String members) throws XMLStreamException {
    return OssListing.parse(
        request,
        in(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>"
                + members
                + "</ListBucketResult>"));
  }

  private static ByteArrayInputStream in(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }
}
