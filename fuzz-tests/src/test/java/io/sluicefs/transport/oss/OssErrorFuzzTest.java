// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.sluicefs.fuzz.Lines;
import io.sluicefs.http.ErrorAnswer;
import java.util.Map;

/** An error answer that says it comes from OSS is one line for the log, whatever it holds. */
class OssErrorFuzzTest {
  @FuzzTest
  void anErrorIsOneLine(FuzzedDataProvider input) {
    int status = input.consumeInt(300, 599);
    Map<String, String> headers =
        Map.of(
            "x-oss-request-id", input.consumeString(40),
            "x-oss-ec", input.consumeString(40),
            "x-oss-err", input.consumeString(200),
            "date", input.consumeString(40));
    OssError error =
        OssError.of(new ErrorAnswer(status, headers, input.consumeRemainingAsString()));
    Lines.check(error.code());
    Lines.check(error.message());
    Lines.check(error.number());
    Lines.check(error.requestId());
    Lines.check(error.endpoint());
  }
}
