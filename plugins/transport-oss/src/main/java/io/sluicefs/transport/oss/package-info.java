// SPDX-License-Identifier: Apache-2.0
/** Talks to Aliyun OSS. */
package io.sluicefs.transport.oss;
