// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class Ossfs2ImportTest {
  private static final String BUCKET =
      "--oss_endpoint=https://oss-cn-hangzhou.aliyuncs.com\n--oss_bucket=models\n";

  /** What a command line did. */
  private record Result(int status, String out, String err) {}

  @TempDir Path temp;

  @Test
  void everyOptionBecomesASettingOrIsNamedWithTheReason() throws Exception {
    String every = everyOption();
    Result result = importing(every);

    assertEquals(0, result.status, result.err);
    for (String line : every.lines().filter(line -> line.startsWith("--")).toList()) {
      String option = line.replaceFirst("--([a-z0-9_]+).*", "$1");
      // An empty value says nothing.
      if (!line.endsWith("=")) {
        assertTrue(
            result.out.lines().anyMatch(l -> l.matches(" *#.*\\b" + option + "\\b.*")),
            option + " is lost in:\n" + result.out);
      }
    }
  }

  @Test
  void whatIsImportedIsAConfigurationThatSaysTheSame() throws Exception {
    Configuration configuration = loaded(importing(everyOption()));

    assertEquals("llama/", configuration.mount().prefix());
    assertTrue(configuration.mount().readOnly());
    assertFalse(configuration.mount().allowOther());
    assertEquals(0640, configuration.mount().fileMode());
    assertEquals(0750, configuration.mount().directoryMode());
    assertEquals(1000, configuration.mount().uid().orElseThrow());
    assertEquals(1001, configuration.mount().gid().orElseThrow());
    assertEquals(OptionalLong.of(8L << 30), configuration.memory().limit());
    assertEquals(
        List.of("memory", "disk-lmdb"),
        configuration.caches().stream().map(choice -> choice.name()).toList());
  }

  @Test
  void defaultsThatProgramsWouldMissAreWrittenOut() throws Exception {
    Configuration configuration = loaded(importing(BUCKET));

    assertTrue(configuration.mount().allowOther());
    assertEquals(0777, configuration.mount().fileMode());
    assertEquals(0777, configuration.mount().directoryMode());
  }

  @Test
  void noSecretIsPrinted() throws Exception {
    Result result = importing(everyOption());

    for (String secret : List.of("LTAI-the-key-id", "the-key-secret")) {
      assertFalse((result.out + result.err).contains(secret));
    }
    assertTrue(result.out.contains("credentials = environment"), result.out);
    assertTrue(result.err.contains("OSS_ACCESS_KEY_SECRET"), result.err);
  }

  @Test
  void theAccessKeyGoesToAFileOfThisUserAloneWhereOneIsNamed() throws Exception {
    Path keys = temp.resolve("models.keys");
    Result result = importing(everyOption(), "--credentials-file", keys.toString());

    assertEquals(0, result.status, result.err);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(keys)));
    assertEquals(
        "[default]\noss_access_key_id = LTAI-the-key-id\noss_secret_access_key = the-key-secret\n",
        Files.readString(keys));
    assertTrue(result.out.contains("profile-file = \"" + keys + "\""), result.out);
    assertFalse(result.out.contains("the-key-secret"), result.out);
  }

  @Test
  void aFileThatIsThereIsNotOverwritten() throws Exception {
    Path there = Files.writeString(temp.resolve("there"), "mine");

    Result output = importing(BUCKET, "-o", there.toString());
    Result keys = importing(everyOption(), "--credentials-file", there.toString());

    for (Result result : List.of(output, keys)) {
      assertEquals(1, result.status);
      assertEquals(
          "sluice: " + there + ": is there already; remove it or name another file\n", result.err);
    }
    assertEquals("mine", Files.readString(there));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--ram_role=gpu-host | instance-role = \"gpu-host\"",
        "--ram_role=http://100.100.100.200/a/b/gpu-host | instance-role = \"gpu-host\"",
        "--credential_process=/usr/bin/keys | credential-process = \"/usr/bin/keys\"",
        "--close_to_open | attribute-ttl = 0",
        "--noenable_crc64 | verify-uploads = false",
        "--prefetch_chunks=-1 | chunks = unlimited",
        "--prefetch_chunk_size=12m | chunk-size = 8388608B",
        "--prefetch_concurrency=16 | requests-per-file = 16",
        "--memory_data_cache_size=16g | limit = 18253611008B",
        "--total_mem_limit=1m | limit = 268435456B",
        "--d | level = debug",
        "--oss_endpoint=http://oss.example.com/ | allow-http = true",
        "--oss_endpoint=oss.example.com | endpoint = \"oss.example.com\"",
        "--oss_bucket_prefix=/a/b | prefix = \"a/b\"",
      })
  void valuesOfTheirOwnKindAreTranslated(String option, String setting) throws Exception {
    Result result = importing(BUCKET + option + "\n");

    assertEquals(0, result.status, result.err);
    assertTrue(result.out.contains("  " + setting + "\n"), result.out);
    assertNotNull(loaded(result));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--oss_buket=a | 3: unknown ossfs2 option oss_buket; did you mean oss_bucket?",
        "--ro=maybe | 3: ro: expected true or false",
        "--attr_timeout=1m | 3: attr_timeout: expected a whole number from 0 to 2147483647",
        "--total_mem_limit=lots | 3: total_mem_limit: expected a size such as 8388608 or 16g",
        "--file_mode=644 | 3: file_mode: expected octal permission bits such as 0640",
        "--oss_access_key_id=LTAI | 3: oss_access_key_id: expected both oss_access_key_id and",
        "oss_access_key_secret LTAI | 3: expected --name=value or a comment",
        "--temp_dir=tmp | 3: temp_dir: expected an absolute path",
      })
  void whatIsWrongIsOneLineThatSaysWhere(String line, String expected) throws Exception {
    Result result = importing(BUCKET + line + "\n");

    assertEquals(1, result.status, result.out);
    assertEquals("", result.out);
    assertEquals(1, result.err.lines().count(), result.err);
    assertTrue(
        result.err.startsWith("sluice: " + temp.resolve("ossfs2.conf") + ": " + expected),
        result.err);
    assertFalse(result.err.contains("LTAI"), result.err);
  }

  @Test
  void aFileWithoutBucketIsRefused() {
    SettingException refused =
        assertThrows(
            SettingException.class,
            () ->
                Ossfs2Import.of(
                    Files.writeString(temp.resolve("a.conf"), "--oss_endpoint=a\n"), null));

    assertTrue(String.valueOf(refused.getMessage()).endsWith("a.conf: --oss_bucket is missing"));
  }

  private static String everyOption() throws IOException {
    try (InputStream file =
        Ossfs2ImportTest.class.getResourceAsStream("/ossfs2/every-option.conf")) {
      assertNotNull(file);
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private Configuration loaded(Result imported) throws IOException, SettingException {
    return Configuration.load(
        Files.writeString(temp.resolve("imported.conf"), imported.out), List.of());
  }

  private Result importing(String text, String... options) throws IOException {
    Path file = Files.writeString(temp.resolve("ossfs2.conf"), text);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = new String[options.length + 3];
    words[0] = "config";
    words[1] = "import";
    words[2] = file.toString();
    System.arraycopy(options, 0, words, 3, options.length);
    CommandLine command =
        Sluice.commandLine(words).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return new Result(command.execute(words), out.toString(), err.toString());
  }
}
