// Package idb keeps the local store in the browser's IndexedDB.
//
// Each record is sealed with an AES-GCM-256 key that JavaScript can use but not
// read out. What remains legible on disk: how many records a table has, their
// sizes, and of a record's key the part after its second slash, as the position
// in "t/chat/position"; what comes before, which may name a contact, is
// replaced by a keyed hash, and so is a key with fewer slashes as a whole. The
// keys of counting tables have no names in them and stay as they are, so that
// their order can be used. The record's place is bound to it by the seal, so
// that rows cannot be swapped; a whole older copy of the database is not noticed.
package idb

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"

	"ferry/app/internal/store"
)

// hashed is the length of the hash that stands for the start of a key.
const hashed = 16

// plainKeys are the tables whose keys are counters.
var plainKeys = map[store.Table]bool{store.Outbox: true}

// names turns record keys into row ids.
type names struct {
	secret []byte
	cache  map[string][]byte
}

// maxCache bounds the cache of hashes; at the bound it starts anew.
const maxCache = 4096

func newNames(secret []byte) *names {
	return &names{secret: secret, cache: make(map[string][]byte)}
}

// split cuts a key after its second slash. A key without one is all head.
func split(t store.Table, key string) (head, tail string) {
	if plainKeys[t] {
		return "", key
	}
	if n := headLen(key); n > 0 {
		return key[:n], key[n:]
	}
	return key, ""
}

// headLen is the length of a key up to and with its second slash, or 0.
func headLen(key string) int {
	first := strings.IndexByte(key, '/')
	second := strings.IndexByte(key[first+1:], '/')
	if first < 0 || second < 0 {
		return 0
	}
	return first + second + 2
}

// row gives the row id of a key.
func (n *names) row(t store.Table, key string) []byte {
	head, tail := split(t, key)
	if head == "" && plainKeys[t] {
		return []byte(tail)
	}
	return append(n.hash(t, head), tail...)
}

func (n *names) hash(t store.Table, head string) []byte {
	place := string(t) + "\x00" + head
	sum, ok := n.cache[place]
	if !ok {
		mac := hmac.New(sha256.New, n.secret)
		mac.Write([]byte(place))
		sum = mac.Sum(nil)[:hashed]
		if len(n.cache) >= maxCache {
			clear(n.cache)
		}
		n.cache[place] = sum
	}
	return append(make([]byte, 0, hashed+32), sum...)
}

// span is a stretch of row ids; nil bounds are open.
type span struct{ from, to []byte }

// rows gives the stretch of row ids that holds exactly the range, or false if
// the range goes over several heads, whose rows are in no useful order.
func (n *names) rows(t store.Table, r store.Range) (span, bool) {
	if plainKeys[t] {
		return span{bound(r.From), bound(r.To)}, true
	}
	if headLen(r.From) == 0 {
		return span{}, false
	}
	head, tail := split(t, r.From)
	s := span{from: append(n.hash(t, head), tail...)}
	switch end := store.Prefix(head).To; {
	case r.To == end:
		s.to = successor(n.hash(t, head))
	case strings.HasPrefix(r.To, head):
		s.to = append(n.hash(t, head), r.To[len(head):]...)
	default:
		return span{}, false
	}
	return s, true
}

func bound(key string) []byte {
	if key == "" {
		return nil
	}
	return []byte(key)
}

// successor is the smallest string after all that start with b; nil if there is none.
func successor(b []byte) []byte {
	return bound(store.Prefix(string(b)).To)
}

var errPacked = errors.New("idb: malformed answer of the seal helper")

// unpack takes apart what ferryOpen gives: texts, each led by its length.
func unpack(b []byte) ([][]byte, error) {
	var out [][]byte
	for len(b) > 0 {
		if len(b) < 4 {
			return nil, errPacked
		}
		n := int(binary.BigEndian.Uint32(b))
		if n > len(b)-4 {
			return nil, errPacked
		}
		out = append(out, b[4:4+n:4+n])
		b = b[4+n:]
	}
	return out, nil
}

// inside is the text that is sealed: the record's key, then its value.
func inside(key string, value []byte) []byte {
	b := make([]byte, 0, 4+len(key)+len(value))
	b = binary.BigEndian.AppendUint32(b, uint32(len(key)))
	b = append(b, key...)
	return append(b, value...)
}

func outside(b []byte) (key string, value []byte, ok bool) {
	if len(b) < 4 {
		return "", nil, false
	}
	n := int(binary.BigEndian.Uint32(b))
	if n > len(b)-4 {
		return "", nil, false
	}
	return string(b[4 : 4+n]), b[4+n:], true
}
