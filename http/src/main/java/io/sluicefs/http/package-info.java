// SPDX-License-Identifier: Apache-2.0
/** Ranged GETs into direct memory: connections, requests, answers. */
package io.sluicefs.http;
