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
//
// What a stranger writes is a request where Config.Requests says so: its sender
// gets no receipts until the user accepts it or writes back, and what is owed is
// kept until then. What is written to a person whose verified key has changed
// waits in the outbox: each message is held against the keys that were verified
// before it is encrypted, so that no crash and no order of events lets one
// through. What the user decides about others holds here at once, and is kept
// until the gateway has answered to it.
package engine
