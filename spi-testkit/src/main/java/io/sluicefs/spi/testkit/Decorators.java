// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;

/** Checks classes that wrap an implementation of a contract. */
public final class Decorators {
  private Decorators() {}

  /**
   * Fails unless {@code decorator} itself declares every method of {@code contract}, the default
   * ones and the inherited ones too: a method added to the contract must not bypass it.
   */
  public static void checkOverridesAll(Class<?> contract, Class<?> decorator) {
    List<Method> missing = new ArrayList<>();
    for (Method method : contract.getMethods()) {
      if (!Modifier.isStatic(method.getModifiers()) && !declares(decorator, method)) {
        missing.add(method);
      }
    }
    if (!missing.isEmpty()) {
      throw new AssertionError(decorator.getName() + " does not override " + missing);
    }
  }

  private static boolean declares(Class<?> decorator, Method method) {
    try {
      return decorator.getDeclaredMethod(method.getName(), method.getParameterTypes()) != null;
    } catch (NoSuchMethodException e) {
      return false;
    }
  }
}
