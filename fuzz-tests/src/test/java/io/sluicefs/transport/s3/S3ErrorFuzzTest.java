// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.sluicefs.fuzz.Lines;
import io.sluicefs.http.ErrorAnswer;
import java.util.Map;

/** An error answer that says it comes from S3 is one line for the log, whatever it holds. */
class S3ErrorFuzzTest {
  @FuzzTest
  void anErrorIsOneLine(FuzzedDataProvider input) {
    int status = input.consumeInt(300, 599);
    Map<String, String> headers =
        Map.of(
            "x-amz-request-id", input.consumeString(40),
            "x-amz-bucket-region", input.consumeString(40),
            "location", input.consumeString(40));
    S3Error error = S3Error.of(new ErrorAnswer(status, headers, input.consumeRemainingAsString()));
    Lines.check(error.reference());
    Lines.check(error.text());
    Lines.check(String.valueOf(error.region()));
    Lines.check(String.valueOf(error.location()));
  }
}
