package gateway_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/wire"
)

// traces are the texts that would give a third-party user away, wherever they are.
func (u *user) traces() []string {
	identity := u.identity.PublicKey().PublicKey()
	all := []string{u.jid.User, u.jid.Bare().String(), u.sub, u.sub + "-name", string(u.noise.Public().Bytes()), string(identity[:])}
	for _, text := range all {
		all = append(all, hex.EncodeToString([]byte(text)), base64.StdEncoding.EncodeToString([]byte(text)))
	}
	return all
}

// found lists what is stored with one of the texts in it. What waits in mailboxes
// whose owner is named is passed over.
func found(t *testing.T, b *bus.Bus, texts []string, except ...string) (out []string) {
	t.Helper()
	check(t, b.Everything(t.Context(), func(stream, key string, data []byte) error {
		for _, mine := range except {
			if strings.HasPrefix(key, "gw-mail."+mine) {
				return nil
			}
		}
		for _, text := range texts {
			if strings.Contains(key, text) || strings.Contains(string(data), text) {
				out = append(out, stream+" "+key)
				return nil
			}
		}
		return nil
	}))
	return out
}

// lives leaves traces of a third-party user wherever there can be some.
func lives(t *testing.T, w *world, mo, ada *user) {
	t.Helper()
	mo.says1("M", ada)
	asksFor(t, w, ada)
	_, _, err := w.gw.Directory().Enlist(t.Context(), 7, mo.sub, mo.sub+"-name-before", mo.noise.Public())
	check(t, err)
	_, _, err = w.gw.Directory().Enlist(t.Context(), 7, mo.sub, mo.sub+"-name", mo.noise.Public())
	check(t, err)
	old := w.enlist(mo.sub) // one more device, which is removed
	old.connect()
	old.available(true)
	old.available(false)
	check(t, w.gw.Revoke(t.Context(), 7, mo.sub, old.noise.Public()))
	old.gone()
	ada.says1("A", mo)
	mo.until("A", withID("A"))
	mo.send(wire.N("receipt", []wire.Attr{wire.A("id", "A"), wire.J("to", ada.jid), wire.A("type", "retry")}, wire.N("retry", []wire.Attr{wire.A("count", "1")})))
	ada.send(wire.N("receipt", []wire.Attr{wire.A("id", "M"), wire.J("to", mo.jid), wire.A("type", "retry")}, wire.N("retry", []wire.Attr{wire.A("count", "1")})))
	mo.set("readreceipts", "none")
	mo.available(true)
	mo.available(false)
	mo.available(true)
	ada.subscribe(mo.jid)
	mo.reports(ada, false)
	ada.reports(mo, false)
	ada.iq("blocklist", "set", wire.N("item", []wire.Attr{wire.J("jid", directory.AliasOf(mo.jid)), wire.A("action", "block")}))
	mo.iq("blocklist", "set", wire.N("item", []wire.Attr{wire.J("jid", ada.jid), wire.A("action", "block")}))
	ada.sync()
	mo.sync()
}

func TestOfAnAccountThatHasLeftNothingIsKept(t *testing.T) {
	for name, leave := range map[string]func(*world, *user) error{
		"by the provider, as a whole":   func(w *world, mo *user) error { return w.gw.Revoke(w.t.Context(), 7, mo.sub, wire.PublicKey{}) },
		"by the provider, the last one": func(w *world, mo *user) error { return w.gw.Revoke(w.t.Context(), 7, mo.sub, mo.noise.Public()) },
		"by its own last device": func(_ *world, mo *user) error {
			got := mo.iq("md", "set", wire.N("remove-companion-device", []wire.Attr{wire.J("jid", mo.jid), wire.A("reason", "user_initiated")}))
			if got.Attr("type") != "result" {
				return errors.New(got.String())
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, gateway.Limits{})
			mo, ada := w.enlist("mo-whom-nobody-remembers"), w.phone("+4915120001", "Ada", true)
			mo.connect()
			ada.connectPhone()
			lives(t, w, mo, ada)
			theirs := "l." + ada.jid.User + "."
			if n := len(found(t, w.bus, mo.traces(), theirs)); n < 8 {
				t.Fatalf("only %d traces: the test shows nothing", n)
			}
			check(t, leave(w, mo))
			mo.gone()
			w.stop() // in good order: also what was under way
			b, err := bus.Open(t.Context(), bus.Config{Dir: w.dir})
			check(t, err)
			if left := found(t, b, mo.traces(), theirs); left != nil {
				t.Errorf("there is still %q", left)
			}
			b.Close()
			w.up()
		})
	}
}

func TestWhoComesBackIsSomebodyNewButNoFreer(t *testing.T) {
	w := start(t, gateway.Limits{NewChats: 2, Reporters: 2})
	mo, ada, bob := w.enlist("mo"), w.phone("+4915120001", "Ada", true), w.phone("+4915120002", "Bob", true)
	cyd := w.phone("+4915120003", "Cyd", true)
	mo.connect()
	for _, p := range []*user{ada, bob, cyd} {
		p.connectPhone()
	}
	mo.says1("M1", ada)
	mo.says1("M2", bob)
	ada.iq("blocklist", "set", wire.N("item", []wire.Attr{wire.J("jid", directory.AliasOf(mo.jid)), wire.A("action", "block")}))
	check(t, w.gw.Revoke(t.Context(), 7, "mo", wire.PublicKey{}))
	mo.gone()

	back := w.enlist("mo")
	if back.jid.User == mo.jid.User || back.jid.Device != 0 {
		t.Fatalf("back as %s, who was %s", back.jid, mo.jid)
	}
	back.connect()
	for _, to := range []wire.JID{mo.jid, directory.AliasOf(mo.jid)} { // the old thread
		if got := told(bob.ask(message(fmt.Sprint("to ", to.Server), to, to))); got != "404" {
			t.Errorf("to %s: %s", to, got)
		}
	}
	if _, err := mo.again().failure(mo.again().payload()); err != nil {
		t.Errorf("the old device: %v", err)
	}
	if a, err := w.gw.Directory().Account(t.Context(), ada.jid); err != nil || !a.Blocked.Has(back.jid) || a.Blocked.Has(mo.jid) ||
		a.Blocked[back.jid.Bare().String()] != directory.AliasOf(back.jid.Bare()).String() {
		t.Errorf("ada has blocked %v, %v", a.Blocked, err)
	}
	if got := back.says1("N1", cyd); got != "429 rate" {
		t.Errorf("one more conversation: %s", got)
	}
	if got := bob.says1("B", back); got != "ok" {
		t.Errorf("bob writes to the new one: %s", got)
	}
	b, err := w.bus.Bucket(t.Context(), "gw-leavers", bus.BucketOptions{TTL: 365 * 24 * time.Hour})
	check(t, err)
	if left, err := b.List(t.Context(), ""); err != nil || len(left) != 0 {
		t.Errorf("it is remembered twice: %v, %v", left, err)
	}
}

func TestWhatANodeDidNotFinishIsFinishedAtTheNextStart(t *testing.T) {
	w := start(t, gateway.Limits{})
	mo, ada := w.enlist("mo-whom-nobody-remembers"), w.phone("+4915120001", "Ada", true)
	mo.connect()
	ada.connectPhone()
	lives(t, w, mo, ada)
	// The directory's part only: then the node dies.
	_, _, err := w.gw.Directory().Revoke(t.Context(), 7, mo.sub, wire.PublicKey{})
	check(t, err)
	theirs := "l." + ada.jid.User + "."
	if left := found(t, w.bus, mo.traces(), theirs); len(left) < 4 {
		t.Fatalf("only %q: the test shows nothing", left)
	}
	w.restart()
	w.stop()
	b, err := bus.Open(t.Context(), bus.Config{Dir: w.dir})
	check(t, err)
	if left := found(t, b, mo.traces(), theirs); left != nil {
		t.Errorf("there is still %q", left)
	}
	b.Close()
	w.up()
}
