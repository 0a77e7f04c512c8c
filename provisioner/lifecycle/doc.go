// Package lifecycle carries one VPSieNode through its life: the machine is asked for, awaited, joined as a Node, watched, and
// at the end drained, deleted and proven gone. The steps run in that order on every reconcile; each can be repeated, each owns
// one condition, and each has a file. Every external write is preceded by a record of the intent, so that a restart at any
// point continues where the last process stopped.
package lifecycle
