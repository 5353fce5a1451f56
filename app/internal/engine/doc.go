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
//
// What a user does to a message (reacts to it, edits it, takes it back) is a
// message of its own, without a place in the thread. It has its effect here in
// the turn of the command, which also puts it into the outbox; if it fails for
// good, the effect is taken back and subscribers are told with
// port.ChangeFailed. What a peer does to a message that is not here yet waits
// for that message; which of two comes first does not matter, since each has
// the time at which it was done.
package engine
