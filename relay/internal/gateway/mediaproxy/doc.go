// Package mediaproxy fetches, for WhatsApp users, the files that third-party
// users have sent them. Those are at the provider's media host, which WhatsApp's
// clients do not know: they ask WhatsApp's media hosts for a path that names the
// provider and the file (wire.MediaPath).
//
// The path comes out of an encrypted message, so a third party can put anything
// into it. What is fetched is therefore only ever the provider's registered
// origin, "/m/" and a token of the letters of base64url; the connection goes only
// to an address that was checked (package outside); and nothing of the answer but its
// bytes, bounded in number and in time, reaches the client.
package mediaproxy
