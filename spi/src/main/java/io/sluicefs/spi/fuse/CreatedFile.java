// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

/**
 * A file created and opened in one request.
 *
 * @param entry its name
 * @param file its handle
 */
public record CreatedFile(Entry entry, OpenFile file) {}
