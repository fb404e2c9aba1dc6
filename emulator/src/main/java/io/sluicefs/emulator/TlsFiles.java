// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.nio.file.Path;

/**
 * A certificate and its key as PEM files.
 *
 * @param certificate the certificate chain, the server's own first
 * @param key its private key, PKCS #8, not encrypted
 */
public record TlsFiles(Path certificate, Path key) {}
