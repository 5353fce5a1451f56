package account

import (
	"errors"
	"testing"

	"ferry/relay/internal/bus"
)

func TestANewPasswordEndsAllOtherSessions(t *testing.T) {
	w := newWorld(t, nil)
	anna := w.user("anna")
	here, token, err := w.Start(t.Context(), anna, "here")
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := w.Start(t.Context(), anna, "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, next string }{{"wrong horse", "battery staple"}, {"correct horse", "short"}, {"correct horse", "anna"}} {
		if err := w.ChangePassword(t.Context(), anna, c.old, c.next, "a", here.ID); err == nil {
			t.Errorf("%v is taken", c)
		}
	}
	if _, _, err := w.Session(t.Context(), other); err != nil {
		t.Errorf("a refused change ended a session: %v", err)
	}
	if err := w.ChangePassword(t.Context(), anna, "correct horse", "battery staple", "a", here.ID); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Session(t.Context(), token); err != nil {
		t.Errorf("this session ended: %v", err)
	}
	if _, _, err := w.Session(t.Context(), other); !errors.Is(err, ErrSignedOut) {
		t.Errorf("the other session lives: %v", err)
	}
	if _, err := w.SignIn(t.Context(), "anna", "correct horse", "b"); !errors.Is(err, ErrWrong) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := w.SignIn(t.Context(), "anna", "battery staple", "c"); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

func TestADeletedAccountLeavesNothing(t *testing.T) {
	w := newWorld(t, nil)
	anna, bob := w.user("anna"), w.user("bob")
	ada, err := w.Admit(t.Context(), External{"i", "1", "ada"})
	if err != nil {
		t.Fatal(err)
	}
	var tokens []Token
	for _, acc := range []Account{anna, ada, bob} {
		_, token, err := w.Start(t.Context(), acc, "here")
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	if err := w.Check(t.Context(), anna, "wrong horse", "a"); !errors.Is(err, ErrWrong) {
		t.Errorf("a wrong password: %v", err)
	}
	if err := w.Check(t.Context(), ada, "", "a"); err != nil {
		t.Errorf("an account without a password: %v", err)
	}
	for range 2 {
		for _, acc := range []Account{anna, ada} {
			if err := w.Delete(t.Context(), acc); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, token := range tokens {
		if _, _, err := w.Session(t.Context(), token); errors.Is(err, ErrSignedOut) != (i < 2) {
			t.Errorf("session %d: %v", i, err)
		}
	}
	for _, b := range []struct {
		name string
		keys func() int
		want int
	}{
		{"users", func() int { return keysOf(t, w.users) }, 1},
		{"others", func() int { return keysOf(t, w.others) }, 0},
		{"sessions", func() int { return keysOf(t, w.sessions) }, 1},
	} {
		if n := b.keys(); n != b.want {
			t.Errorf("%s: %d entries, want bob's %d", b.name, n, b.want)
		}
	}
	if again := w.user("anna"); again.ID == anna.ID {
		t.Error("a new account under the old name is the old one")
	}
}

func keysOf(t *testing.T, b *bus.Bucket) int {
	t.Helper()
	all, err := b.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
