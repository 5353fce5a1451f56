package wire

import (
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Marshal encodes p (waWa6 ClientPayload).
func (p *ClientPayload) Marshal() []byte {
	var b []byte
	if p.Username != 0 {
		b = putUint(b, 1, p.Username)
	}
	b = putBool(b, 3, p.Passive)
	if p.UserAgent != (UserAgent{}) {
		b = putBytes(b, 5, p.UserAgent.marshal())
	}
	if p.WebInfo {
		b = putBytes(b, 6, putUint(nil, 4, 0))
	}
	b = putText(b, 7, p.PushName)
	if p.SessionID != 0 {
		b = putFixed32(b, 9, uint32(p.SessionID))
	}
	if p.ShortConnect {
		b = putBool(b, 10, true)
	}
	b = putNonZero(b, 12, p.ConnectType)
	b = putNonZero(b, 13, p.ConnectReason)
	b = putNonZero(b, 16, p.ConnectAttempts)
	if p.HasDevice {
		b = putUint(b, 18, uint64(p.Device))
	}
	if p.Pairing != nil {
		b = putBytes(b, 19, p.Pairing.marshal())
	}
	b = putNonZero(b, 20, uint32(p.Product))
	b = putBool(b, 33, p.Pull)
	if p.Interop != nil {
		b = putBytes(b, 38, p.Interop.marshal())
	}
	if p.LIDDBMigrated {
		b = putBool(b, 41, true)
	}
	return b
}

func putNonZero(dst []byte, number protowire.Number, v uint32) []byte {
	if v == 0 {
		return dst
	}
	return putUint(dst, number, uint64(v))
}

func (u *UserAgent) marshal() []byte {
	b := putUint(nil, 1, uint64(u.Platform))
	var version []byte
	for i, v := range u.AppVersion {
		version = putUint(version, protowire.Number(i+1), uint64(v))
	}
	b = putBytes(b, 2, version)
	for i, s := range u.texts() {
		b = putText(b, userAgentTexts[i], *s)
	}
	return putNonZero(b, 10, u.ReleaseChannel)
}

// userAgentTexts are the field numbers of texts.
var userAgentTexts = [...]protowire.Number{3, 4, 5, 6, 7, 8, 11, 12}

func (u *UserAgent) texts() [len(userAgentTexts)]*string {
	return [...]*string{&u.MCC, &u.MNC, &u.OSVersion, &u.Manufacturer, &u.Device, &u.OSBuild, &u.Language, &u.Country}
}

func (p *PairingData) marshal() []byte {
	b := putBytes(nil, 1, binary.BigEndian.AppendUint32(nil, p.RegistrationID))
	b = putBytes(b, 2, []byte{p.KeyType})
	b = putBytes(b, 3, p.Identity[:])
	id := p.SignedPreKeyID
	b = putBytes(b, 4, []byte{byte(id >> 16), byte(id >> 8), byte(id)})
	b = putBytes(b, 5, p.SignedPreKey[:])
	b = putBytes(b, 6, p.SignedPreKeySignature[:])
	b = putBytes(b, 7, p.BuildHash)
	return putBytes(b, 8, p.DeviceProps)
}

func (d *InteropData) marshal() []byte {
	b := putUint(nil, 1, d.AccountID)
	b = putBytes(b, 2, d.Token)
	return putBool(b, 3, d.ReadReceipts)
}

// UnmarshalPayload decodes a login payload. Fields that it does not know, and
// known ones of another type, are skipped; the fixed-size parts of pairing
// data must have their size. It copies what it keeps.
func UnmarshalPayload(b []byte) (*ClientPayload, error) {
	if len(b) > MaxHandshakeFrame {
		return nil, fmt.Errorf("%w: %d bytes", ErrPayload, len(b))
	}
	p := &ClientPayload{}
	if err := eachField(b, p.field); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPayload, err)
	}
	return p, nil
}

func (p *ClientPayload) field(f field) error {
	switch {
	case f.bytes():
		return p.bytesField(f)
	case f.fixed() && f.number == 9:
		p.SessionID = int32(f.value)
	case f.varint():
		p.varintField(f)
	}
	return nil
}

func (p *ClientPayload) varintField(f field) {
	switch f.number {
	case 1:
		p.Username = f.value
	case 3:
		p.Passive = f.value != 0
	case 10:
		p.ShortConnect = f.value != 0
	case 12:
		p.ConnectType = uint32(f.value)
	case 13:
		p.ConnectReason = uint32(f.value)
	case 16:
		p.ConnectAttempts = uint32(f.value)
	case 18:
		p.Device, p.HasDevice = uint32(f.value), true
	case 20:
		p.Product = Product(f.value)
	case 33:
		p.Pull = f.value != 0
	case 41:
		p.LIDDBMigrated = f.value != 0
	}
}

func (p *ClientPayload) bytesField(f field) error {
	switch f.number {
	case 5:
		return eachField(f.raw, p.UserAgent.field)
	case 6:
		p.WebInfo = true
	case 7:
		p.PushName = string(f.raw)
	case 19:
		p.Pairing = &PairingData{}
		return p.Pairing.unmarshal(f.raw)
	case 38:
		p.Interop = &InteropData{}
		return eachField(f.raw, p.Interop.field)
	}
	return nil
}

func (u *UserAgent) field(f field) error {
	switch {
	case f.number == 1 && f.varint():
		u.Platform = uint32(f.value)
	case f.number == 10 && f.varint():
		u.ReleaseChannel = uint32(f.value)
	case f.number == 2 && f.bytes():
		return eachField(f.raw, func(f field) error {
			if i := f.number - 1; f.varint() && int(i) < len(u.AppVersion) {
				u.AppVersion[i] = uint32(f.value)
			}
			return nil
		})
	case f.bytes():
		for i, number := range userAgentTexts {
			if f.number == number {
				*u.texts()[i] = string(f.raw)
			}
		}
	}
	return nil
}

func (d *InteropData) field(f field) error {
	switch {
	case f.number == 1 && f.varint():
		d.AccountID = f.value
	case f.number == 2 && f.bytes():
		d.Token = append(Token{}, f.raw...)
	case f.number == 3 && f.varint():
		d.ReadReceipts = f.value != 0
	}
	return nil
}

// unmarshal asks for all six keys and ids, each of its size.
func (p *PairingData) unmarshal(b []byte) error {
	var parts [9][]byte
	err := eachField(b, func(f field) error {
		if f.bytes() && int(f.number) < len(parts) {
			parts[f.number] = f.raw
		}
		return nil
	})
	if err != nil {
		return err
	}
	for number, size := range map[int]int{1: 4, 2: 1, 3: KeySize, 4: 3, 5: KeySize, 6: 64} {
		if len(parts[number]) != size {
			return fmt.Errorf("%w: pairing field %d has %d bytes, want %d", ErrMessage, number, len(parts[number]), size)
		}
	}
	id := parts[4]
	*p = PairingData{
		RegistrationID:        binary.BigEndian.Uint32(parts[1]),
		KeyType:               parts[2][0],
		Identity:              [KeySize]byte(parts[3]),
		SignedPreKeyID:        uint32(id[0])<<16 | uint32(id[1])<<8 | uint32(id[2]),
		SignedPreKey:          [KeySize]byte(parts[5]),
		SignedPreKeySignature: [64]byte(parts[6]),
		BuildHash:             append([]byte(nil), parts[7]...),
		DeviceProps:           append([]byte(nil), parts[8]...),
	}
	return nil
}
