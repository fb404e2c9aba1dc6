// SPDX-License-Identifier: Apache-2.0
/** Models, the processes that load them and the table of what it cost. */
package io.sluicefs.demo;
