/** The admin listener: counters, conditions and objects over HTTP. */
package io.sluicefs.emulator.admin;
