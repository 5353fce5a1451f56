// Package frame is the form of what crosses the message port between a page
// and the core: one octet of operation, a 32-bit id, a payload.
package frame

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
)

// Op says what a frame is.
type Op byte

// From the page to the core. The id is chosen by the page; the answer bears it.
const (
	Attach  Op = 0x01 // payload: JSON of AttachInfo; the first frame of a port
	Command Op = 0x02 // payload: port.EncodeCommand; answered with Reply
	Bye     Op = 0x03 // the page goes away; no payload
	SetNote Op = 0x04 // payload: JSON of Note; answered with Reply
	Notes   Op = 0x05 // asks for all notes; answered with Reply, value: JSON []Note
	Wipe    Op = 0x06 // deletes all data of this account from the browser; answered with Reply
	Stage   Op = 0x08 // hands over a file, which travels beside the frame; payload: its model.FileID; answered with Reply
)

// From the core to the page.
const (
	Hello  Op = 0x81 // payload: JSON of HelloInfo; the first frame of the core
	Reply  Op = 0x82 // payload: JSON of port.Reply; the id is the command's
	Events Op = 0x83 // payload: PackEvents; the id counts batches on this port from 1
)

// AttachInfo is what a page says of itself.
type AttachInfo struct {
	Proto int    `json:"proto"` // port.Proto
	Lock  string `json:"lock"`  // a Web Lock held while the page lives
}

// HelloInfo is what a core says of itself.
type HelloInfo struct {
	Proto    int    `json:"proto"`
	Build    string `json:"build"`
	Epoch    uint64 `json:"epoch"`            // of the store; grows with each owner
	Instance string `json:"instance"`         // differs for each core that ever ran
	Alive    string `json:"alive"`            // the Web Lock that the core holds for life
	Ending   bool   `json:"ending,omitempty"` // this core takes no more; wait for its death
	Error    string `json:"error,omitempty"`
	Code     string `json:"code,omitempty"` // set if the core could not start: "store_lost", "store_full", "internal"
}

// Note is a small text that a page keeps sealed in the core, a draft for instance.
type Note struct {
	Key  string `json:"key"`
	Text string `json:"text"` // "" deletes
}

// MaxNote bounds the text of a note, in octets.
const MaxNote = 1 << 17

const header = 5

// Frame is one message on the port.
type Frame struct {
	Op      Op
	ID      uint32
	Payload []byte
}

// Marshal gives the octets of the frame.
func (f Frame) Marshal() []byte {
	b := make([]byte, header, header+len(f.Payload))
	b[0] = byte(f.Op)
	binary.BigEndian.PutUint32(b[1:], f.ID)
	return append(b, f.Payload...)
}

// ErrShort: fewer octets than the form needs.
var ErrShort = errors.New("frame: too short")

// Parse reads what Marshal wrote. The payload shares memory with b.
func Parse(b []byte) (Frame, error) {
	if len(b) < header {
		return Frame{}, ErrShort
	}
	return Frame{Op: Op(b[0]), ID: binary.BigEndian.Uint32(b[1:]), Payload: b[header:]}, nil
}

// JSON makes a frame with v as its payload.
func JSON(op Op, id uint32, v any) (Frame, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return Frame{}, fmt.Errorf("frame %#x: %w", op, err)
	}
	return Frame{Op: op, ID: id, Payload: raw}, nil
}

// PackEvents joins encoded events, each led by its length.
func PackEvents(events [][]byte) []byte {
	n := 0
	for _, e := range events {
		n += 4 + len(e)
	}
	b := make([]byte, 0, n)
	for _, e := range events {
		b = binary.BigEndian.AppendUint32(b, uint32(len(e)))
		b = append(b, e...)
	}
	return b
}

// UnpackEvents takes apart what PackEvents joined. The parts share memory with b.
func UnpackEvents(b []byte) ([][]byte, error) {
	var out [][]byte
	for len(b) > 0 {
		if len(b) < 4 {
			return nil, ErrShort
		}
		n := binary.BigEndian.Uint32(b)
		if uint64(n) > uint64(len(b)-4) {
			return nil, ErrShort
		}
		out = append(out, b[4:4+n])
		b = b[4+n:]
	}
	return out, nil
}
