// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The code blocks of a page in one shell script: those of a shell as they stand, those with a file
 * name as what writes the file.
 */
final class GuideScript {
  private static final Pattern BLOCK =
      Pattern.compile("^```(\\w+)(?: (\\S+))?\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

  private GuideScript() {}

  static String of(Path page) throws IOException {
    StringBuilder script = new StringBuilder();
    Matcher block = BLOCK.matcher(Files.readString(page));
    while (block.find()) {
      if (block.group(2) != null) {
        script.append(
            "cat > '%s' <<'END OF FILE'\n%sEND OF FILE\n"
                .formatted(block.group(2), block.group(3)));
      } else if (block.group(1).equals("sh")) {
        script.append(block.group(3));
      }
    }
    return script.toString();
  }
}
