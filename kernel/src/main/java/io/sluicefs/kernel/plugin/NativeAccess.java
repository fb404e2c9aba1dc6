// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * Whether the jar of a module says that it calls native code, and whether it does. Java would only
 * warn, in four lines, and telling it to refuse costs the archived module graph and with it a start
 * from the cache: so the classes of jars that say nothing are looked through.
 */
final class NativeAccess {
  /** The attribute of the manifest that says it. */
  static final String ATTRIBUTE = "Sluice-Native-Access";

  /** The restricted methods of Java 25, as its documentation lists them. */
  private static final Set<String> RESTRICTED =
      Set.of(
          "java/lang/foreign/AddressLayout.withTargetLayout",
          "java/lang/foreign/Linker.downcallHandle",
          "java/lang/foreign/Linker.upcallStub",
          "java/lang/foreign/MemorySegment.reinterpret",
          "java/lang/foreign/SymbolLookup.libraryLookup",
          "java/lang/ModuleLayer$Controller.enableNativeAccess",
          "java/lang/Runtime.load",
          "java/lang/Runtime.loadLibrary",
          "java/lang/System.load",
          "java/lang/System.loadLibrary");

  private NativeAccess() {}

  /** Returns what a jar says of whether its module calls native code; empty if nothing. */
  static Optional<Boolean> declared(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      return Optional.ofNullable(file.getManifest())
          .map(manifest -> manifest.getMainAttributes().getValue(ATTRIBUTE))
          .map(Boolean::parseBoolean);
    }
  }

  /** Returns what is wrong with a jar that calls native code without saying so. */
  static Optional<PluginException> defect(Path jar) throws IOException {
    return caller(jar)
        .map(
            call ->
                new PluginException(
                    "%s: %s and the jar does not say so; put %s: true into the manifest"
                        .formatted(jar, call, ATTRIBUTE)));
  }

  /** Returns a class in a jar that calls a restricted method, with the method, if there is one. */
  private static Optional<String> caller(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      for (JarEntry entry : Collections.list(file.entries())) {
        if (!entry.getName().endsWith(".class")) {
          continue;
        }
        ClassModel model;
        try (InputStream bytes = file.getInputStream(entry)) {
          model = ClassFile.of().parse(bytes.readAllBytes());
        } catch (IllegalArgumentException e) {
          throw new IOException(entry.getName() + " is no class: " + e.getMessage(), e);
        }
        for (PoolEntry constant : model.constantPool()) {
          if (constant instanceof MemberRefEntry member && isRestricted(member)) {
            return Optional.of(
                "%s calls %s"
                    .formatted(model.thisClass().asInternalName().replace('/', '.'), name(member)));
          }
        }
      }
      return Optional.empty();
    }
  }

  private static boolean isRestricted(MemberRefEntry member) {
    return RESTRICTED.contains(member.owner().asInternalName() + "." + member.name().stringValue());
  }

  private static String name(MemberRefEntry member) {
    String owner = member.owner().asInternalName();
    return owner.substring(owner.lastIndexOf('/') + 1) + "." + member.name().stringValue();
  }
}
