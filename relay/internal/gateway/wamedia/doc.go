// Package wamedia keeps the files that WhatsApp users send: what WhatsApp's
// media servers do for its clients (whatsmeow mediaconn.go, upload.go and
// download.go).
//
// A client asks for the hosts and an authorisation over its chat connection,
// posts the encrypted file under the hash of it, and gets a path that nobody can
// guess; whoever is told that path, inside an encrypted message, may fetch it.
// The keys are in the messages: only ciphertext comes here.
package wamedia
