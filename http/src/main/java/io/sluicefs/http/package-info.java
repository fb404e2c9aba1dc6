// SPDX-License-Identifier: Apache-2.0
/** Ranged GETs into native memory and PUTs from it: connections, requests, answers. */
package io.sluicefs.http;
