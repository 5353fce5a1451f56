// Package engine is the messenger: it owns all state, and is one goroutine.
// Commands, stanzas and timers go in on channels; replies and events come out.
//
// It works in turns. A turn takes what is waiting (a command, stanzas, an
// answer), changes the state in memory and collects every lasting change in
// one batch, ratchets included; commits the batch; and only then replies,
// tells subscribers and sends. So what was sent or acknowledged is on disk,
// whenever the process dies. If a commit fails, memory is thrown away and read
// again from the store, and the connection begun anew: the gateway delivers
// again what was not acknowledged, and the outbox sends again what was not
// acked, as the same ciphertext.
package engine
