// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What downloaders and trainers write to a mount, compared with the objects in the store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class WritesThroughAMount {
  private final Store store;
  private MountedBuckets buckets;

  WritesThroughAMount(Store store) {
    this.store = store;
  }

  @BeforeAll
  void mountABucket() {
    buckets = MountedBuckets.open(getClass(), store);
  }

  @AfterAll
  void unmountIt() throws IOException {
    buckets.close();
  }

  /** As soon as the writer has ended, and without anything being unmounted. */
  @ParameterizedTest
  @EnumSource(Writer.class)
  void theStoreHoldsWhatTheWriterWroteAndNothingElse(Writer writer) throws IOException {
    BucketContents contents = buckets.contents(store, writer.slug());
    Writer.Written written = writer.run(buckets.mount(store).folder(writer.slug()));
    contents.assertExactly(written.sums(), written.links().keySet());
    Path elsewhere = buckets.otherHost(store).path().resolve(writer.slug());
    if (writer.again()) {
      assertEquals(written, writer.run(elsewhere, "--again"));
    }
    for (Map.Entry<String, String> link : written.links().entrySet()) {
      assertEquals(
          link.getValue(), Files.readSymbolicLink(elsewhere.resolve(link.getKey())).toString());
    }
  }
}
