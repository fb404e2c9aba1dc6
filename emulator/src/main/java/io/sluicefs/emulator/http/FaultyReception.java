// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.sluicefs.emulator.Fault;
import io.sluicefs.emulator.Faults;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.store.Catalog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** A request that goes wrong on purpose. */
public final class FaultyReception implements Reception {
  private final Fault fault;
  private final RequestKind kind;
  private final RequestHead head;
  private final Address address;
  private final Dialect dialect;
  private final Catalog catalog;
  private final Reception reception;
  private long received;

  /** Begins a request. */
  @FunctionalInterface
  public interface Beginning {
    Reception begin(RequestHead head) throws IOException;
  }

  private FaultyReception(
      Fault fault,
      RequestKind kind,
      RequestHead head,
      Address address,
      Dialect dialect,
      Catalog catalog,
      Reception reception) {
    this.fault = fault;
    this.kind = kind;
    this.head = head;
    this.address = address;
    this.dialect = dialect;
    this.catalog = catalog;
    this.reception = reception;
  }

  /**
   * Begins a request, which goes wrong if a fault strikes it.
   *
   * @param dialect says how errors are answered
   * @param beginning what would be done without the fault
   */
  public static Reception begin(
      Faults faults,
      RequestKind kind,
      RequestHead head,
      Address address,
      Dialect dialect,
      Catalog catalog,
      Beginning beginning)
      throws IOException {
    String key = address.key().isEmpty() ? head.parameter("prefix", "") : address.key();
    Fault fault = faults.strike(kind, address.bucket(), key);
    if (fault == null) {
      return beginning.begin(head);
    }
    RequestHead taken = changed(head, fault);
    Reception reception;
    try {
      if (fault.effect() == Fault.Effect.LOSE_UPLOAD) {
        loseUpload(catalog, head, address);
      }
      reception = beginning.begin(taken);
    } catch (StoreException e) {
      reception =
          Reception.withoutBody(
              () -> {
                throw e;
              });
    }
    return new FaultyReception(fault, kind, taken, address, dialect, catalog, reception);
  }

  private static RequestHead changed(RequestHead head, Fault fault) {
    RequestedRange range = RequestedRange.parse(head.header("range"));
    if (range == null || range.first() < 0) {
      return head;
    }
    if (fault.effect() == Fault.Effect.IGNORE_RANGE) {
      return head.with("range", null);
    } else if (fault.effect() == Fault.Effect.SHIFT_RANGE) {
      return head.with(
          "range", "bytes=%d-%d".formatted(range.first() + fault.at(), range.last() + fault.at()));
    }
    return head;
  }

  private static void loseUpload(Catalog catalog, RequestHead head, Address address) {
    var uploads = catalog.bucket(address.bucket()).uploads();
    uploads.abort(uploads.require(address.key(), head.parameter("uploadId", "")));
  }

  private boolean isSent() {
    return kind == RequestKind.PUT || kind == RequestKind.MULTIPART_PART;
  }

  @Override
  public void accept(ByteBuffer bytes) throws IOException {
    long start = received;
    received += bytes.remaining();
    boolean here = fault.at() >= start && fault.at() < received;
    if (fault.effect() == Fault.Effect.RESET && isSent() && here) {
      throw new BrokenConnectionException();
    }
    if (fault.effect() == Fault.Effect.FLIP_BIT && isSent() && here) {
      int index = (int) (fault.at() - start);
      ByteBuffer changed = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
      changed.put(index, (byte) (changed.get(index) ^ 1));
      reception.accept(changed);
      return;
    }
    reception.accept(bytes);
  }

  @Override
  public Answer finish() throws IOException {
    return switch (fault.effect()) {
      case DROP_ANSWER -> {
        reception.finish().body().close();
        yield Answer.none();
      }
      case REFUSE, FAIL_LATE -> {
        reception.abandon();
        yield refused(fault.name().isEmpty() ? Map.of() : Map.of(fault.name(), fault.text()));
      }
      case REDIRECT -> {
        reception.abandon();
        yield refused(Map.of("Location", fault.text()));
      }
      case ANSWER -> {
        reception.abandon();
        yield Answer.status(fault.status())
            .text(fault.name().isEmpty() ? "application/xml" : fault.name(), fault.text());
      }
      case RESET -> {
        if (fault.at() < 0) {
          reception.abandon();
          yield Answer.none().delivered(Delivery.ending(-1, Delivery.Ending.RESET));
        }
        yield carriedOut().delivered(Delivery.ending(fault.at(), Delivery.Ending.RESET));
      }
      case CUT -> carriedOut().delivered(Delivery.ending(fault.at(), Delivery.Ending.CLOSE));
      case STALL -> stalled();
      case DRIP ->
          carriedOut()
              .delivered(
                  new Delivery(
                      Long.MAX_VALUE,
                      Delivery.Ending.WHOLE,
                      fault.bytesPerSecond(),
                      Delivery.WHOLE.delay()));
      case FLIP_BIT -> isSent() ? reception.finish() : carriedOut().flipped(fault.at());
      case TRUNCATE -> carriedOut().truncated(fault.at());
      case SET_HEADER -> carriedOut().withHeader(fault.name(), fault.text());
      case ADD_HEADER -> carriedOut().withMore(fault.name(), fault.text());
      case CHUNK ->
          carriedOut().withHeader("Content-Length", "").withMore("Transfer-Encoding", "chunked");
      case REWRITE -> carriedOut().rewritten(fault.name(), fault.text());
      case DELETE_OBJECT -> {
        Answer answer = carriedOut();
        catalog.delete(address.bucket(), address.key());
        yield answer.delivered(afterChange());
      }
      case OVERWRITE_OBJECT -> {
        Answer answer = carriedOut();
        overwrite();
        yield answer.delivered(afterChange());
      }
      case SHIFT_RANGE, IGNORE_RANGE, LOSE_UPLOAD -> carriedOut();
    };
  }

  private Answer refused(Map<String, String> headers) {
    return dialect.refusal(
        head, new StoreException(fault.status(), fault.code(), "It was told to fail.", headers));
  }

  /** The answer there would be without the fault; an error the dialect's own. */
  private Answer carriedOut() throws IOException {
    try {
      return reception.finish();
    } catch (StoreException e) {
      reception.abandon();
      return dialect.refusal(head, e);
    }
  }

  private Answer stalled() throws IOException {
    if (fault.milliseconds() > 0) {
      return carriedOut()
          .delivered(
              new Delivery(
                  Long.MAX_VALUE,
                  Delivery.Ending.WHOLE,
                  0,
                  Duration.ofMillis(fault.milliseconds())));
    }
    if (fault.at() < 0) {
      reception.abandon();
      return Answer.none().delivered(Delivery.ending(-1, Delivery.Ending.STALL));
    }
    return carriedOut().delivered(Delivery.ending(fault.at(), Delivery.Ending.STALL));
  }

  private Delivery afterChange() {
    return fault.at() < 0 ? Delivery.WHOLE : Delivery.ending(fault.at(), Delivery.Ending.CLOSE);
  }

  private void overwrite() throws IOException {
    StoredObject object = catalog.bucket(address.bucket()).get(address.key()).orElse(null);
    if (object != null) {
      catalog.putSynthetic(
          address.bucket(),
          address.key(),
          new byte[0],
          object.size(),
          ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE));
    }
  }

  @Override
  public boolean slow() {
    return reception.slow();
  }

  @Override
  public void abandon() {
    reception.abandon();
  }
}
