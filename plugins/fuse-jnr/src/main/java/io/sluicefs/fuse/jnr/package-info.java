// SPDX-License-Identifier: Apache-2.0
/** Talks to the Linux kernel through libfuse 2 and jnr-fuse. */
package io.sluicefs.fuse.jnr;
