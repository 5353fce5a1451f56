package gateway

import (
	"context"
	"encoding/binary"
	"errors"

	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// keyType is the type byte of Curve25519 keys.
const keyType = 5

// queryKeys answers what a client asks of the key store: how many of its
// one-time prekeys are left, a digest of what it has uploaded, or the bundles of
// other devices.
func (c *conn) queryKeys(ctx context.Context, n wire.Node) ([]wire.Node, error) {
	if _, ok := n.Child("count"); ok {
		left, err := c.gw.dir.CountPreKeys(ctx, c.dev)
		if err != nil {
			return nil, err
		}
		return []wire.Node{wire.N("count", []wire.Attr{wire.A("value", number(left))})}, nil
	}
	if _, ok := n.Child("digest"); ok {
		return c.queryDigest(ctx)
	}
	if key, ok := n.Child("key"); ok {
		return c.queryBundles(ctx, key)
	}
	return nil, errBadRequest
}

// queryDigest shows a client its own long-term keys; without them it uploads
// everything again.
func (c *conn) queryDigest(ctx context.Context) ([]wire.Node, error) {
	a, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	d, _ := a.Device(c.dev.Device)
	if d.Keys == nil {
		return nil, errNoItem
	}
	return []wire.Node{wire.N("digest", nil, keyNodes(d.Keys)...)}, nil
}

func (c *conn) queryBundles(ctx context.Context, key wire.Node) ([]wire.Node, error) {
	users := key.ChildrenOf("user")
	if err := c.lookup(len(users)); err != nil {
		return nil, err
	}
	me, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	list := wire.N("list", nil)
	for _, u := range users {
		bundle, err := c.bundle(ctx, &me, u)
		if err != nil {
			return nil, err
		}
		list.Children = append(list.Children, bundle)
	}
	return []wire.Node{list}, nil
}

// bundle is one device's answer. The asked JID is echoed exactly as it came:
// clients look the answer up under it.
func (c *conn) bundle(ctx context.Context, me *directory.Account, asked wire.Node) (wire.Node, error) {
	out := wire.N("user", attrsOf(asked, "jid"))
	jid, ok := asked.JID("jid")
	if !ok {
		return failed(out, errBadRequest), nil
	}
	a, d, err := c.gw.dir.Device(ctx, jid)
	if errors.Is(err, directory.ErrNotFound) || err == nil && (d.Keys == nil || !c.gw.visible(me, &a)) {
		return failed(out, errNoItem), nil
	}
	if err != nil {
		return wire.Node{}, err
	}
	out.Attrs = append(out.Attrs, wire.A("t", unix(c.gw.now())))
	out.Children = keyNodes(d.Keys)
	dev := a.ID.WithDevice(d.Number)
	if dev == c.dev {
		return out, nil // some clients ask for themselves and throw it away
	}
	one, ok, left, err := c.gw.dir.TakePreKey(ctx, dev)
	if err != nil {
		return wire.Node{}, err
	}
	if ok {
		out.Children = append(out.Children, wire.N("key", nil,
			wire.Bytes("id", nil, id24(one.ID)), wire.Bytes("value", nil, one.Key[:])))
		c.gw.lowStock(ctx, dev, left)
	}
	return out, nil
}

func failed(n wire.Node, e *iqError) wire.Node {
	n.Children = []wire.Node{wire.N("error", []wire.Attr{wire.A("code", number(e.code)), wire.A("text", e.text)})}
	return n
}

// attrsOf copies one attribute, as text or as JID, as it was.
func attrsOf(n wire.Node, key string) []wire.Attr {
	for _, a := range n.Attrs {
		if a.Key == key {
			return []wire.Attr{a}
		}
	}
	return nil
}

func keyNodes(k *directory.Keys) []wire.Node {
	return []wire.Node{
		wire.Bytes("registration", nil, binary.BigEndian.AppendUint32(nil, k.Registration)),
		wire.Bytes("type", nil, []byte{keyType}),
		wire.Bytes("identity", nil, k.Identity[:]),
		wire.N("skey", nil,
			wire.Bytes("id", nil, id24(k.Signed.ID)),
			wire.Bytes("value", nil, k.Signed.Key[:]),
			wire.Bytes("signature", nil, k.Signed.Signature[:])),
	}
}

func id24(id uint32) []byte { return []byte{byte(id >> 16), byte(id >> 8), byte(id)} }

// setKeys takes an upload of keys, or a new signed prekey. Signatures are
// checked: peers would refuse the bundle, and nobody would know why.
func (c *conn) setKeys(ctx context.Context, n wire.Node) ([]wire.Node, error) {
	if rotate, ok := n.Child("rotate"); ok {
		return nil, c.rotate(ctx, rotate)
	}
	keys, one, err := parseUpload(n)
	if err != nil {
		return nil, err
	}
	before, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	had, _ := before.Device(c.dev.Device)
	changed, err := c.gw.dir.SetKeys(ctx, c.dev, keys)
	if err != nil {
		return nil, err
	}
	if err := c.gw.dir.AddPreKeys(ctx, c.dev, one); err != nil {
		return nil, err
	}
	if had.Keys == nil {
		return nil, c.gw.announce(ctx, c.dev, true) // from now on others can write to it
	}
	if changed {
		return nil, c.gw.announceIdentity(ctx, c.dev)
	}
	return nil, nil
}

func (c *conn) rotate(ctx context.Context, n wire.Node) error {
	a, err := c.own(ctx)
	if err != nil {
		return err
	}
	d, _ := a.Device(c.dev.Device)
	skey, ok := n.Child("skey")
	if !ok || d.Keys == nil {
		return errBadRequest
	}
	signed, err := parseSigned(skey, d.Keys.Identity)
	if err != nil {
		return err
	}
	return c.gw.dir.SetSignedPreKey(ctx, c.dev, signed)
}

func parseUpload(n wire.Node) (directory.Keys, []directory.PreKey, error) {
	var k directory.Keys
	registration, identity := child(n, "registration"), child(n, "identity")
	if len(registration) != 4 || len(identity) != 32 || string(child(n, "type")) != "\x05" {
		return k, nil, errBadRequest
	}
	k.Registration, k.Identity = binary.BigEndian.Uint32(registration), [32]byte(identity)
	skey, _ := n.Child("skey")
	var err error
	if k.Signed, err = parseSigned(skey, k.Identity); err != nil {
		return k, nil, err
	}
	list, _ := n.Child("list")
	if len(list.Children) > directory.MaxPreKeys {
		return k, nil, errTooMuch
	}
	var one []directory.PreKey
	for _, x := range list.ChildrenOf("key") {
		id, value := child(x, "id"), child(x, "value")
		if len(id) != 3 || len(value) != 32 {
			return k, nil, errBadRequest
		}
		one = append(one, directory.PreKey{ID: uint24(id), Key: [32]byte(value)})
	}
	return k, one, nil
}

func parseSigned(n wire.Node, identity [32]byte) (directory.SignedPreKey, error) {
	id, value, signature := child(n, "id"), child(n, "value"), child(n, "signature")
	if len(id) != 3 || len(value) != 32 || len(signature) != 64 {
		return directory.SignedPreKey{}, errBadRequest
	}
	if !wire.VerifySignature(identity, append([]byte{keyType}, value...), [64]byte(signature)) {
		return directory.SignedPreKey{}, errBadRequest
	}
	return directory.SignedPreKey{ID: uint24(id), Key: [32]byte(value), Signature: [64]byte(signature)}, nil
}

func uint24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }

// child is the data of the first child of that tag.
func child(n wire.Node, tag string) []byte {
	x, _ := n.Child(tag)
	return x.Data
}
