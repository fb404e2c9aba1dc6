// SPDX-License-Identifier: Apache-2.0
/** HTTP/1.1 over Netty: requests in, answers out, counted, delayed and paced. */
package io.sluicefs.emulator.http;
