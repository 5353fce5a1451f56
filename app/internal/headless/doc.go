//go:build !js

// Package headless is the client without a screen: it reads commands from its
// standard input and prints replies and events to its standard output, one JSON
// value a line. Tests, load tools and bots use it. It is the same engine as the
// browser's, with a bbolt file for its store.
//
//	app headless -relay URL -dir DIR -user NAME (-password-file FILE | -password-env VAR)
//
// A command is what package port encodes, with an optional id that the reply
// repeats:
//
//	{"id":"1","type":"connect"}
//	{"id":"2","type":"lookUp","value":{"phone":"+49 155 5000 0002"}}
//	{"id":"3","type":"sendText","value":{"chat":"123@lid","id":"3EB0C1…","text":"hello"}}
//	{"id":"4","type":"messages","value":{"chat":"123@lid","limit":50}}
//	{"id":"5","type":"markRead","value":{"chat":"123@lid","upto":17}}
//
// All types: snapshot, connect, disconnect, lookUp, openChat, messages,
// sendText, retry, delete, markRead, typing, active, online. Commands are taken
// in in the order of their lines. Each gets one reply, when what it changed is
// durable:
//
//	{"type":"reply","id":"2","value":{"status":"ok","chat":"123@lid","contact":{…}}}
//	{"type":"reply","id":"3","code":"not_connected","error":"third-party chats are off"}
//
// An absent code means success; a line that is no command is replied to with
// the code "bad_command". A command may be given again after a crash: with the
// same message id a text is sent once.
//
// Events have the same form as commands: self, link, chat, message, deleted,
// peerTyping, halted. The first line printed is
//
//	{"type":"ready","value":{"username":"alice","provider":"Ferry"}}
//
// The program ends, with status 0, on SIGTERM and SIGINT, and when standard
// input ends and all replies are out, unless -stay is given. It ends with
// status 1 when the engine halts. If nobody reads its output it stops, and so
// does the taking in of messages. What was replied to, and every message whose
// receipt went out, survives SIGKILL.
package headless
