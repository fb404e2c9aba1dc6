// SPDX-License-Identifier: Apache-2.0
/** The verbs of the sluice command. */
package io.sluicefs.cli;
