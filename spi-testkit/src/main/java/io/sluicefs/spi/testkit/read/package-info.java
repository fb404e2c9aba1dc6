// SPDX-License-Identifier: Apache-2.0
/** That what is read through any stack are the object's bytes, and a store to read from. */
package io.sluicefs.spi.testkit.read;
