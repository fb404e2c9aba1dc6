// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

/** Who may ask: the one key the store knows, which may be replaced at any time. Thread-safe. */
public final class Identity {
  private volatile AccessKey key;

  /**
   * What requests are signed with.
   *
   * @param id its name
   * @param secret shared by the store and its client
   */
  public record AccessKey(String id, String secret) {
    public AccessKey {
      if (id.isEmpty() || secret.isEmpty()) {
        throw new IllegalArgumentException("a key has an id and a secret");
      }
    }

    @Override
    public String toString() {
      return "AccessKey[" + id + "]";
    }
  }

  Identity(AccessKey key) {
    this.key = key;
  }

  /** The key of now; a request is checked by one of them. */
  public AccessKey key() {
    return key;
  }

  /** Refuses from now on what is signed with another key. */
  public void replace(AccessKey next) {
    key = next;
  }
}
