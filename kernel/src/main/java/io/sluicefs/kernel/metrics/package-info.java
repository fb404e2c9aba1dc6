// SPDX-License-Identifier: Apache-2.0

/** What is counted for operators: operations, requests, and how long they take. */
package io.sluicefs.kernel.metrics;
