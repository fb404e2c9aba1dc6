// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.Transport;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Listings as no store should send them. */
@Timeout(60)
class S3ListingTest {
  private static final String ENTRY =
      "<Contents><Key>p/a%20b</Key><ETag>\"e\"</ETag><Size>3</Size>"
          + "<LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>";
  private static final String END = "<IsTruncated>false</IsTruncated></ListBucketResult>";
  private static final String START =
      "<?xml version=\"1.0\"?><ListBucketResult><EncodingType>url</EncodingType>";

  @Test
  void readsWhatIsRight() throws Exception {
    ListPage page = list(START + ENTRY + END);
    assertEquals("p/a b", page.objects().getFirst().id().key());
  }

  @Test
  void takesKeysThatWereNotEncodedAsTheyAre() throws Exception {
    ListPage page = list("<ListBucketResult>" + ENTRY + END);
    assertEquals("p/a%20b", page.objects().getFirst().id().key());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<html><body>Welcome</body></html>",
        "<!DOCTYPE html><html><head><title>x</title></head><body><p>hello<br></body></html>",
        "plain words",
        "<ListBucketResult>",
        "<ListBucketResult><IsTruncated>false</IsTruncated>",
        "<ListBucketResult></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>used"
            + "</NextContinuationToken></ListBucketResult>",
        START + "<Contents><Key>p/a</Key></Contents>" + END,
        START
            + "<Contents><Key>other/a</Key><ETag>\"e\"</ETag><Size>3</Size><LastModified>"
            + "2024-01-01T00:00:00.000Z</LastModified></Contents>"
            + END,
        START
            + "<Contents><Key>p/a</Key><ETag>\"e\"</ETag><Size>-3</Size><LastModified>"
            + "2024-01-01T00:00:00.000Z</LastModified></Contents>"
            + END,
        START
            + "<Contents><Key>p/a</Key><ETag>\"e\"</ETag><Size>many</Size><LastModified>"
            + "yesterday</LastModified></Contents>"
            + END,
        START + "<CommonPrefixes><Prefix>other/</Prefix></CommonPrefixes>" + END,
        START + "<CommonPrefixes></CommonPrefixes>" + END,
      })
  void refusesWhatIsNoListing(String answer) {
    assertCorrupt(answer);
  }

  @Test
  void expandsNoEntities() {
    assertCorrupt(
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>"
            + "<ListBucketResult><CommonPrefixes><Prefix>p/&e;</Prefix></CommonPrefixes>"
            + END);
    StringBuilder bomb = new StringBuilder("<!DOCTYPE x [<!ENTITY a0 \"aaaaaaaaaa\">");
    for (int i = 1; i < 12; i++) {
      bomb.append("<!ENTITY a").append(i).append(" \"");
      bomb.append(("&a" + (i - 1) + ";").repeat(10)).append("\">");
    }
    assertCorrupt(
        bomb
            + "]><ListBucketResult><CommonPrefixes><Prefix>p/&a11;</Prefix></CommonPrefixes>"
            + END);
  }

  @Test
  void readsNoMoreThanAPageCanHold() {
    assertCorrupt(START + " ".repeat(S3Clients.MAX_CONTROL_ANSWER + 1) + END);
  }

  private static void assertCorrupt(String answer) {
    StorageException failure = assertThrows(StorageException.class, () -> list(answer));
    assertEquals(Kind.CORRUPT, failure.kind(), failure.getMessage());
    assertFalse(String.valueOf(failure.getMessage()).contains("\n"), failure.getMessage());
  }

  private static ListPage list(String answer) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> serve(server, answer));
      return list(server.getLocalPort());
    }
  }

  /** Answers the first request of every connection. */
  private static void serve(ServerSocket server, String answer) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
          // Whatever is asked, the answer is the same.
        }
        byte[] body = answer.getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ";
        OutputStream out = socket.getOutputStream();
        out.write((head + body.length + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
        out.write(body);
      } catch (IOException e) {
        // The client has seen enough, or the test is over.
      }
    }
  }

  private static ListPage list(int port) throws Exception {
    S3TransportProvider provider = new S3TransportProvider();
    Map<String, String> settings =
        Map.of(
            "endpoint", "http://127.0.0.1:" + port, "bucket", "bucket", "credentials", "anonymous");
    try (LeakCheckedMemory memory = new LeakCheckedMemory(1 << 20);
        Transport transport = provider.open(TestContext.of(provider, settings, memory))) {
      return transport.list(new ListRequest("p/", "/", "used", 1000));
    }
  }
}
