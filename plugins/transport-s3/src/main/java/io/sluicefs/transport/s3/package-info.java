// SPDX-License-Identifier: Apache-2.0
/** Talks to Amazon S3 and stores compatible with it. */
package io.sluicefs.transport.s3;
