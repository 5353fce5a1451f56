//go:build !js

// Package headless is the client without a screen: it reads commands from its
// standard input and prints replies and events to its standard output, one JSON
// value a line. Tests, load tools and bots use it. It is the same engine as the
// browser's, with a bbolt file for its store.
//
//	app headless -relay URL -dir DIR -user NAME (-password-file FILE | -password-env VAR)
//	app headless -relay URL -dir DIR -user NAME -whatsapp +4915510000010
//
// The second is a WhatsApp user of the relay's sandbox: a phone is made if there
// is none with that number, connect pairs this client with it as a companion
// device by a QR code, and disconnect takes it off. Such a user has no password.
// Third-party people are found with findPerson, by the number of their provider
// and their username.
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
// What is done to a message is a message of its own, with an id of its own; a
// target is named by its id and by whose it is, fromMe or not:
//
//	{"id":"6","type":"sendText","value":{"chat":"123@lid","id":"3EB0C2…","text":"yes","replyTo":{"id":"3A…","fromMe":false}}}
//	{"id":"7","type":"react","value":{"chat":"123@lid","id":"3EB0C3…","target":{"id":"3A…"},"emoji":"👍"}}
//	{"id":"8","type":"edit","value":{"chat":"123@lid","id":"3EB0C4…","target":"3EB0C1…","text":"hello!"}}
//	{"id":"9","type":"revoke","value":{"chat":"123@lid","id":"3EB0C5…","target":"3EB0C1…"}}
//	{"id":"10","type":"messages","value":{"chat":"123@lid","around":17,"limit":50}}
//	{"id":"11","type":"typing","value":{"chat":"123@lid","recording":true}}
//	{"id":"12","type":"watch","value":{"chat":"123@lid"}}
//	{"id":"13","type":"setPrivacy","value":{"readReceipts":true,"typing":true,"lastSeen":false}}
//
// react, edit and revoke are replied to with their target as it is now; an
// empty emoji takes a reaction away. They take effect here at once. If one
// cannot be sent after all, it is taken back, and the event changeFailed says
// so. Refusals: no_message, not_editable, too_late, not_sent, bad_emoji, empty,
// too_long, bad_id (the id is that of another message).
//
// Files are named by their paths, and kept, as ciphertext, in the directory
// media. What sendFile leaves out is found out from the file: its kind, an
// image, video, voice, audio or document, and, under media, its mime, seconds
// and waveform. A photo is sent without what it tells of its making, unless
// original is true; a voice message may be a recording in WebM.
//
//	{"id":"14","type":"sendFile","value":{"chat":"123@lid","id":"3EB0C6…","path":"cat.jpg","caption":"look"}}
//	{"id":"15","type":"fetch","value":{"chat":"123@lid","target":{"id":"3A…"}}}
//	{"id":"16","type":"stop","value":{"chat":"123@lid","target":{"id":"3EB0C6…","fromMe":true}}}
//	{"id":"17","type":"save","value":{"chat":"123@lid","target":{"id":"3A…"},"path":"received.jpg"}}
//	{"id":"18","type":"played","value":{"chat":"123@lid","target":{"id":"3A…"}}}
//
// sendFile, fetch and stop are replied to with the message as it then is; the
// event message tells when its media.state changes (preparing, uploading,
// remote, downloading, paused, failed, local), moved how far it is. Both ways
// go on where they stopped when the program starts again. save is replied to
// when the file is written: not_here where it has to be fetched first.
//
// All types: snapshot, connect, disconnect, lookUp, openChat, messages,
// sendText, sendMedia, sendFile, fetch, stop, save, react, edit, revoke, retry, delete, transfer, played,
// markRead, typing, active, watch, setPrivacy, search, online. Commands are
// taken in in the order of their lines. Each gets one reply, when what it changed is
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
// peerTyping, peerPresence (of who is watched), moved, privacy, changeFailed,
// halted. The first line printed is
//
//	{"type":"ready","value":{"username":"alice","provider":"Ferry"}}
//
// The program ends, with status 0, on SIGTERM and SIGINT, and when standard
// input ends and all replies are out, unless -stay is given. It ends with
// status 1 when the engine halts. If nobody reads its output it stops, and so
// does the taking in of messages. What was replied to, and every message whose
// receipt went out, survives SIGKILL.
package headless
