// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.control;

import java.util.Map;

/** Answers one kind of question. Called from any thread. */
@FunctionalInterface
public interface ControlVerb {
  /**
   * Answers.
   *
   * @param question with the arguments the verb has
   * @return an object of JSON
   * @throws ControlException whose message is the answer
   */
  Map<String, ?> answer(Map<String, Object> question) throws ControlException;
}
