// SPDX-License-Identifier: Apache-2.0
/** The disk cache: block bytes in a slab file, their index in LMDB. */
package io.sluicefs.cache.disk.lmdb;
