// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.testkit.transport.HostileKeys;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a key is, requests for it go to the configured host. */
@Timeout(60)
class OssHostTest {
  @ParameterizedTest
  @ValueSource(strings = {"cname", "path-style"})
  void noKeyChangesTheHostOrAddsAHeader(String addressing) throws Exception {
    String before = addressing.equals("cname") ? "/" : "/models/";
    try (AnswerServer server =
            new AnswerServer(
                request -> AnswerServer.answer(404, "", "<Error><Code>NoSuchKey</Code></Error>"));
        Transport transport = OssTransports.open(server.url(), Map.of(addressing, "true"));
        Arena arena = Arena.ofShared()) {
      UploadBody body = new UploadBody(List.of(arena.allocate(1)));
      for (String key : HostileKeys.ALL) {
        ObjectId object = new ObjectId(key, "\"e\"");
        ByteBuffer[] target = {ByteBuffer.allocateDirect(1)};
        int first = server.requests().size();
        assertThrows(StorageException.class, () -> transport.head(key));
        assertThrows(
            StorageException.class,
            () -> transport.read(object, ByteRange.of(0, 1), target, ReadProgress.NONE));
        assertThrows(StorageException.class, () -> transport.put(key, PutOptions.REPLACE, body));

        List<AnswerServer.Request> requests =
            server.requests().subList(first, server.requests().size());
        assertEquals(3, requests.size(), key);
        for (AnswerServer.Request request : requests) {
          assertEquals(
              before + key,
              URLDecoder.decode(request.target(), StandardCharsets.UTF_8),
              request.toString());
          assertEquals(URI.create(server.url()).getAuthority(), request.headers().get("host"));
          assertFalse(request.headers().containsKey("x-added"), request.toString());
        }
        assertThrows(
            StorageException.class, () -> transport.list(ListRequest.directory(key + "/")));
        assertEquals(
            URI.create(server.url()).getAuthority(),
            server.requests().getLast().headers().get("host"));
      }
    }
  }
}
