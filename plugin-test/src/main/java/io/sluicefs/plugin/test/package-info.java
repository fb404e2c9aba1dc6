// SPDX-License-Identifier: Apache-2.0
/** The contract suites, run against an installed plugin with its configured settings. */
package io.sluicefs.plugin.test;
