// SPDX-License-Identifier: Apache-2.0
/** The figures of a mount as OTLP over HTTP. */
package io.sluicefs.metrics.otlp;
