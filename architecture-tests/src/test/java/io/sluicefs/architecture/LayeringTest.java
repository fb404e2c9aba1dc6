// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayeringTest {
  private static final JavaClasses SLUICE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.sluicefs");

  /**
   * Say when something was, in logs, reports, journals and attributes of files; sign requests, by
   * the store's clock where that differs; renew credentials before the time the store gave them is
   * over; and tell the age of what another process has written down.
   */
  private static final Set<String> TIMES_OF_DAY =
      Set.of(
          "io.sluicefs.fuse.direct.NameRequests",
          "io.sluicefs.fuse.jnr.NativeStructs",
          "io.sluicefs.kernel.metrics.AccessLog",
          "io.sluicefs.kernel.mount.HandoverFile",
          "io.sluicefs.kernel.mount.MountFigures",
          "io.sluicefs.kernel.mount.MountReport",
          "io.sluicefs.kernel.staging.StagingArea",
          "io.sluicefs.kernel.transport.CountingTransport",
          "io.sluicefs.transport.oss.OidcRole",
          "io.sluicefs.transport.oss.OssSigner",
          "io.sluicefs.transport.oss.RenewedCredentials",
          "io.sluicefs.transport.s3.ControlAuthentication",
          "io.sluicefs.transport.s3.S3Copies",
          "io.sluicefs.transport.s3.S3Credentials",
          "io.sluicefs.transport.s3.S3MultipartUpload",
          "io.sluicefs.transport.s3.S3Signer",
          "io.sluicefs.transport.s3.S3Writes");

  static final List<String> PLUGINS =
      List.of(
          "io.sluicefs.cache.disk.lmdb",
          "io.sluicefs.cache.memory",
          "io.sluicefs.fuse.direct",
          "io.sluicefs.fuse.jnr",
          "io.sluicefs.prefetch.model",
          "io.sluicefs.prefetch.sequential",
          "io.sluicefs.transport.oss",
          "io.sluicefs.transport.s3");

  /**
   * Allocate a page or so each, for heads of answers, secrets and structures of the Linux kernel;
   * and the slabs, what a channel reads requests into, and a command that runs by itself, which
   * reserve what they allocate; and commands that measure or try, which have no budget. A library
   * of the host stays loaded by an arena that holds nothing else.
   */
  private static final Set<String> SMALL_BUFFERS =
      Set.of(
          "io.sluicefs.cache.disk.lmdb.NativeBuffer",
          "io.sluicefs.cache.memory.Slab",
          "io.sluicefs.cli.MountBench",
          "io.sluicefs.cli.StoreBench",
          "io.sluicefs.cli.WriteCheck",
          "io.sluicefs.fuse.direct.QueuedRequest",
          "io.sluicefs.fuse.direct.RequestBuffer",
          "io.sluicefs.fuse.direct.ServingThread",
          "io.sluicefs.fuse.jnr.DirectoryBuffer",
          "io.sluicefs.fuse.jnr.Session",
          "io.sluicefs.http.Connection",
          "io.sluicefs.http.LzmaCrc64",
          "io.sluicefs.http.PlainWire",
          "io.sluicefs.kernel.staging.Recovery",
          "io.sluicefs.spi.Secret");

  @Test
  void theSpiDependsOnNothingButJavaAndAnnotations() {
    check(
        classes()
            .that()
            .resideInAPackage("io.sluicefs.spi..")
            .and()
            .resideOutsideOfPackage("io.sluicefs.spi.testkit..")
            .should()
            .onlyDependOnClassesThat(
                resideInAnyPackage(
                        "java..",
                        "io.sluicefs.spi..",
                        "org.jspecify..",
                        "com.google.errorprone.annotations..")
                    .and(resideOutsideOfPackages("io.sluicefs.spi.testkit.."))));
  }

  @Test
  void theTestkitDependsOnTheSpiAndJunitOnly() {
    check(
        classes()
            .that()
            .resideInAPackage("io.sluicefs.spi.testkit..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                "java..",
                "com.sun.management..",
                "io.sluicefs.spi..",
                "org.junit..",
                "org.opentest4j..",
                "org.jspecify..",
                "com.google.errorprone.annotations.."));
  }

  @ParameterizedTest
  @FieldSource("PLUGINS")
  void aPluginDependsOnTheSpiAndTheRangeReaderAndNothingElseOfOurs(String plugin) {
    check(
        noClasses()
            .that()
            .resideInAPackage(plugin + "..")
            .should()
            .dependOnClassesThat(
                resideInAPackage("io.sluicefs..")
                    .and(
                        resideOutsideOfPackages(
                            plugin + "..", "io.sluicefs.spi..", "io.sluicefs.http.."))));
  }

  @ParameterizedTest
  @FieldSource("PLUGINS")
  void theKernelAndTheCommandDependOnNoPlugin(String plugin) {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("io.sluicefs.kernel..", "io.sluicefs.cli..", "io.sluicefs.http..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(plugin + ".."));
  }

  @Test
  void theKernelDependsOnNoCommandAndNoTestkit() {
    check(
        noClasses()
            .that()
            .resideInAPackage("io.sluicefs.kernel..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.sluicefs.cli..", "io.sluicefs.spi.testkit.."));
  }

  @Test
  void packagesOfTheKernelHaveNoCycles() {
    check(slices().matching("io.sluicefs.kernel.(*)..").should().beFreeOfCycles());
  }

  @Test
  void memoryOutsideTheHeapComesFromTheBudget() {
    check(
        noClasses()
            .that(describe("are installed", LayeringTest::isInstalled))
            .should()
            .callMethodWhere(describe("it allocates outside the heap", LayeringTest::allocates))
            .because("bulk memory is what the cache's slabs allocate and the budget counts"));
  }

  private static boolean isInstalled(JavaClass type) {
    return !type.getPackageName().matches("io\\.sluicefs\\.(emulator|spi\\.testkit).*")
        && !SMALL_BUFFERS.contains(type.getName());
  }

  private static boolean allocates(JavaMethodCall call) {
    String method = call.getTargetOwner().getName() + "." + call.getName();
    return method.matches(
        "java\\.nio\\.ByteBuffer\\.allocateDirect"
            + "|java\\.lang\\.foreign\\.Arena\\.(ofShared|ofAuto|global)"
            + "|net\\.openhft\\..*(?i:native).*");
  }

  /** A clock that is set, by hand or by a server, must not end what was to last a while. */
  @Test
  void onlyWhatPeopleAndStoresAreToldGoesByTheWallClock() {
    check(
        noClasses()
            .that(describe("are in a mount", LayeringTest::isMonotonic))
            .should()
            .callMethodWhere(describe("it asks for the time of day", LayeringTest::asksForTheTime))
            .because("times to live, timeouts and deadlines count from System.nanoTime"));
  }

  private static boolean isMonotonic(JavaClass type) {
    return type.getPackageName()
            .matches("io\\.sluicefs\\.(kernel|http|fuse|cache|prefetch|transport|metrics)(\\..*)?")
        && !TIMES_OF_DAY.contains(type.getName());
  }

  private static boolean asksForTheTime(JavaMethodCall call) {
    String method = call.getTargetOwner().getName() + "." + call.getName();
    return method.matches(
        "java\\.lang\\.System\\.currentTimeMillis|java\\.time\\.(Instant|LocalDateTime|ZonedDateTime)\\.now"
            + "|java\\.time\\.Clock\\.system.*");
  }

  @Test
  void onlyTheMemoryCacheKnowsChronicle() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("io.sluicefs.cache.memory..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("net.openhft.."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Impl", "Manager", "Helper", "Util", "Utils", "Common", "Base"})
  void noNameEndsWith(String suffix) {
    check(noClasses().should().haveSimpleNameEndingWith(suffix));
  }

  private static void check(ArchRule rule) {
    rule.check(SLUICE);
  }
}
