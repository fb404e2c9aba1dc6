// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Broken stores and configurations, each of which the doctor names with what to do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DoctorTest {
  private Installation installation;
  private EmulatorProcess emulator;

  @BeforeAll
  void startAStore() {
    installation = Installation.open(getClass());
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "a.bin", 4 << 20, 1);
  }

  @AfterAll
  void stopIt() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void whereNothingIsWrongNothingFailsAndTheStoreIsMeasured() {
    Command doctor = doctor(Map.of());

    assertEquals(0, doctor.status(), doctor::toString);
    for (String check :
        List.of("ok    bucket", "ok    latency", "ok    bandwidth", "ok    clock")) {
      assertTrue(doctor.out().contains(check), doctor::toString);
    }
  }

  @Test
  void aWrongKeyIsNamed() {
    assertNamed(
        doctor(Map.of("AWS_SECRET_ACCESS_KEY", "wrong")), "FAIL  bucket", "the key and secret");
  }

  @Test
  void aBucketOfAnotherRegionIsNamed() {
    assertNamed(
        doctor(Map.of(), "transport.s3.region=eu-central-1"),
        "FAIL  bucket",
        "transport.s3.region");
  }

  @Test
  void aMissingPermissionToListIsNamed() {
    emulator.refuse("list", 403, "AccessDenied");
    try {
      assertNamed(doctor(Map.of()), "FAIL  bucket", "let these credentials list the bucket");
    } finally {
      emulator.refuseNothing();
    }
  }

  @Test
  void aCertificateNobodyTrustsIsNamedUntilItIsTrusted() {
    Path certificate = installation.work().resolve("store.pem");
    try (EmulatorProcess tls =
        EmulatorProcess.start(
            "--tls", "--tls-certificate-file", certificate.toString(), "--bucket", "models")) {
      assertNamed(
          doctor(Map.of(), "transport.s3.endpoint=" + tls.s3()),
          "FAIL  TLS",
          "set transport.s3.ca-certificate");
      Command trusting =
          doctor(
              Map.of(),
              "transport.s3.endpoint=" + tls.s3(),
              "transport.s3.ca-certificate=" + certificate);
      assertEquals(0, trusting.status(), trusting::toString);
    }
  }

  @Test
  void aMemoryLimitUnderTheLeastIsNamed() {
    assertNamed(doctor(Map.of(), "memory.limit=100MiB"), "FAIL  configuration", "memory.limit");
  }

  @Test
  void writingIsTriedOnRequestAndLeavesNothing() {
    Path writable =
        installation.configuration("writable.conf", Store.S3.transport(emulator, "models"));
    Command without = installation.sluice("doctor", "-c", writable.toString());
    assertTrue(without.out().contains("skip  writing"), without::toString);

    Command doctor = installation.sluice("doctor", "--write", "-c", writable.toString());
    assertEquals(0, doctor.status(), doctor::toString);
    assertTrue(doctor.out().contains("ok    writing"), doctor::toString);
    assertEquals(List.of("a.bin"), emulator.keys("models"));

    emulator.refuse("head", 500, "InternalError");
    try {
      assertNamed(
          installation.sluice("doctor", "--write", "-c", writable.toString()),
          "FAIL  writing",
          "an object cannot be asked of");
    } finally {
      emulator.refuseNothing();
    }
    assertEquals(List.of("a.bin"), emulator.keys("models"), "deleted all the same");
  }

  private Command doctor(Map<String, String> environment, String... settings) {
    Path configuration =
        installation.configuration(
            Store.S3.transport(emulator, "models") + "mount.read-only = true");
    List<String> words = new ArrayList<>(List.of("doctor", "-c", configuration.toString()));
    for (String setting : settings) {
      words.add("--set");
      words.add(setting);
    }
    return installation.sluice(environment, words.toArray(String[]::new));
  }

  private static void assertNamed(Command doctor, String check, String remedy) {
    assertEquals(1, doctor.status(), doctor::toString);
    assertTrue(doctor.out().contains(check), doctor::toString);
    assertTrue(doctor.out().contains(remedy), doctor::toString);
    assertEquals("", doctor.err());
  }
}
