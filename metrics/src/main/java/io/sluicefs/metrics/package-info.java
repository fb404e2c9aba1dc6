// SPDX-License-Identifier: Apache-2.0

/** The figures of a mount, for Prometheus as text and for a browser as a page. */
package io.sluicefs.metrics;
