// SPDX-License-Identifier: Apache-2.0
/** The configuration: HOCON in, typed settings with their origins out. */
package io.sluicefs.kernel.config;
