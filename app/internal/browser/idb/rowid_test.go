package idb

import (
	"bytes"
	"testing"

	"ferry/app/internal/store"
)

func TestTheHeadOfAKeyIsHiddenAndTheTailKeepsItsOrder(t *testing.T) {
	n := newNames([]byte("secret"))
	a, b := n.row(store.Messages, "t/12@lid/0001"), n.row(store.Messages, "t/12@lid/0002")
	if bytes.Contains(a, []byte("12@lid")) {
		t.Error("the contact is legible in the row id")
	}
	if bytes.Compare(a, b) >= 0 || !bytes.HasSuffix(a, []byte("0001")) {
		t.Error("rows of one chat are not in order")
	}
	for _, key := range []string{"12@lid", "peer/12@lid"} {
		if bytes.Contains(n.row(store.Identity, key), []byte("12@lid")) {
			t.Errorf("the contact is legible in the row id of %q", key)
		}
	}
	if bytes.Equal(n.row(store.Sessions, "12@lid"), n.row(store.Identity, "12@lid")) {
		t.Error("one contact can be matched across tables")
	}
}

func TestARangeWithinOneHeadIsOneStretchOfRows(t *testing.T) {
	n := newNames([]byte("secret"))
	for _, c := range []struct {
		name string
		r    store.Range
		ok   bool
		in   []string
		out  []string
	}{
		{"a prefix", store.Prefix("t/a/"), true, []string{"t/a/", "t/a/1", "t/a/b/c"}, []string{"t/a", "t/b/1", "a/1"}},
		{"a stretch", store.Range{From: "t/a/3", To: "t/a/5"}, true, []string{"t/a/3", "t/a/4"}, []string{"t/a/5", "t/a/2"}},
		{"from a key to the end", store.Range{From: "t/a/3", To: "t/a0"}, true, []string{"t/a/3", "t/a/9"}, []string{"t/a/2"}},
		{"everything", store.Range{}, false, nil, nil},
		{"no upper bound", store.Range{From: "t/a/"}, false, nil, nil},
		{"across heads", store.Range{From: "t/a/", To: "t/c/"}, false, nil, nil},
		{"a prefix with one slash", store.Prefix("t/"), false, nil, nil},
		{"a prefix without slash", store.Prefix("ab"), false, nil, nil},
	} {
		s, ok := n.rows(store.Messages, c.r)
		if ok != c.ok {
			t.Errorf("%s: %v", c.name, ok)
			continue
		}
		has := func(key string) bool {
			row := n.row(store.Messages, key)
			return bytes.Compare(row, s.from) >= 0 && (s.to == nil || bytes.Compare(row, s.to) < 0)
		}
		for _, key := range c.in {
			if !has(key) {
				t.Errorf("%s: %q is not in it", c.name, key)
			}
		}
		for _, key := range c.out {
			if has(key) {
				t.Errorf("%s: %q is in it", c.name, key)
			}
		}
	}
}

func TestTheCacheOfHashesIsBounded(t *testing.T) {
	n := newNames([]byte("secret"))
	for i := range 2*maxCache + 1 {
		n.row(store.Inbox, string(rune('a'+i%26))+string(rune(i)))
	}
	if len(n.cache) > maxCache {
		t.Errorf("%d entries", len(n.cache))
	}
}

func TestWhatTheHelperGivesIsTakenApartOrRefused(t *testing.T) {
	if _, err := unpack([]byte{0, 0, 0, 9, 1}); err == nil {
		t.Error("a length beyond the end is accepted")
	}
	if _, _, ok := outside([]byte{0, 0, 1, 0, 1}); ok {
		t.Error("a key beyond the end is accepted")
	}
	key, value, ok := outside(inside("k", []byte("v")))
	if !ok || key != "k" || string(value) != "v" {
		t.Errorf("%q %q %v", key, value, ok)
	}
}
