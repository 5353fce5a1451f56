package wire

import (
	"bytes"

	"go.mau.fi/whatsmeow/binary/token"
)

// value reads an attribute's value: a string in any form, or an address.
func (d *decoder) value() (string, JID, error) {
	tag, err := d.byte()
	if err != nil {
		return "", JID{}, err
	}
	var j JID
	switch tag {
	case token.JIDPair:
		j, err = d.jidPair()
	case token.ADJID:
		j, err = d.jidDevice()
	case token.InteropJID:
		j, err = d.jidInterop()
	case token.FBJID:
		j, err = d.jidMessenger()
	default:
		d.pos--
		text, err := d.text()
		return text, JID{}, err
	}
	if err != nil {
		return "", JID{}, err
	}
	if j.check() != nil {
		return "", JID{}, d.fail("bad JID")
	}
	return "", j, nil
}

func (d *decoder) jidPair() (j JID, err error) {
	if j.User, err = d.text(); err != nil {
		return j, err
	}
	server, err := d.word()
	j.Server = Server(server)
	if err != nil || j.Server != ServerInterop || j.User == "" {
		return j, err
	}
	if !j.splitIntegrator() {
		return j, d.fail("interop JID without integrator")
	}
	j.findIntegrator()
	return j, nil
}

func (d *decoder) jidDevice() (j JID, err error) {
	p, err := d.take(2)
	if err != nil {
		return j, err
	}
	server, ok := serverOfDomain(p[0])
	if !ok {
		return j, d.fail("unknown JID domain")
	}
	j.Server, j.Device = server, uint16(p[1])
	j.User, err = d.word()
	return j, err
}

// interopTail is how every known writer but, it is said, WhatsApp Web's own
// ends an interop JID. No attribute key or text is the word "interop", so a
// form without it can be told apart.
var interopTail = append([]byte{token.Binary8, byte(len(ServerInterop))}, ServerInterop...)

func (d *decoder) jidInterop() (j JID, err error) {
	j.Server = ServerInterop
	if j.User, err = d.word(); err != nil {
		return j, err
	}
	if j.Device, err = d.uint16(); err != nil {
		return j, err
	}
	if j.Integrator, err = d.uint16(); err != nil {
		return j, err
	}
	if bytes.HasPrefix(d.b[d.pos:], interopTail) {
		d.pos += len(interopTail)
	}
	j.findIntegrator()
	return j, nil
}

func (d *decoder) jidMessenger() (j JID, err error) {
	if j.User, err = d.word(); err != nil {
		return j, err
	}
	if j.Device, err = d.uint16(); err != nil {
		return j, err
	}
	server, err := d.word()
	if err == nil && Server(server) != ServerMessenger {
		err = d.fail("bad server of a Messenger JID")
	}
	j.Server = ServerMessenger
	return j, err
}
