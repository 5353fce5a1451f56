// Package wire speaks the gateway's protocol, the one WhatsApp's own clients
// speak: length-prefixed frames, a Noise channel with a certificate chain, a
// login payload, and binary XML stanzas with JIDs. It is the one door between
// the app and the gateway and compiles for both: it knows neither sockets nor
// browsers, only Pipe.
//
// # Flow
//
//	client                                          server
//	[preamble] "WA" 6 3  ClientHello(e)     ──►
//	                                        ◄──     ServerHello(e, s, certificate chain)
//	ClientFinish(s, ClientPayload)          ──►
//	                                        ◄──     <success/> or <failure reason=…/>
//	stanzas                                 ◄─►     stanzas
//
// Every frame is three bytes of big-endian length and that many bytes. The
// layouts were learnt from the open clients (whatsmeow's socket, binary and
// handshake.go; Baileys' WABinary) and are tested against whatsmeow's code.
// What Meta has not published about third-party clients sits in profile.go.
//
// Nothing read from the other side panics or makes this package allocate more
// than a small multiple of what the other side sent; limits.go has the bounds.
package wire
