// SPDX-License-Identifier: Apache-2.0
/** Plans read-ahead by the tensors of a model file. */
package io.sluicefs.prefetch.model;
