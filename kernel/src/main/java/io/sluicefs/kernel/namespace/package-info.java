// SPDX-License-Identifier: Apache-2.0
/**
 * Names over keys: which keys are files and directories, what is known of them and for how long.
 *
 * <p>An {@code Inode} stands for a directory or for one version of one object: an object that is
 * overwritten gets a new inode, so that pages of two versions never meet in the Linux page cache. A
 * {@code Listing} is what a LIST of a directory brought, packed; it answers readdir and feeds
 * lookups. The {@code Namespace} ties them together and is the only one that sends requests.
 */
package io.sluicefs.kernel.namespace;
