package account

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/clocktest"
	"ferry/relay/internal/limit"
)

type world struct {
	*clocktest.Clock
	*Accounts
	t   *testing.T
	bus *bus.Bus
	dir string
}

func newWorld(t *testing.T, change func(*limit.Limits)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), Clock: clocktest.New()}
	var err error
	if w.bus, err = bus.Open(t.Context(), bus.Config{Dir: w.dir}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.bus.Close)
	l := limit.Default()
	if change != nil {
		change(&l)
	}
	w.Accounts, err = Open(t.Context(), Config{Bus: w.bus, Limits: l, Now: w.Now, cost: cost{memory: 64, passes: 1, threads: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) user(name string) Account {
	w.t.Helper()
	a, err := w.SignUp(w.t.Context(), name, "correct horse")
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func TestUsernamesAndPasswordsFollowRules(t *testing.T) {
	for _, c := range []struct{ name, password, field string }{
		{"anna", "correct horse", ""},
		{"Anna.B_c-9", "correct horse", ""},
		{"ab", "correct horse", "username"},
		{strings.Repeat("a", 31), "correct horse", "username"},
		{"änna", "correct horse", "username"},
		{"an na", "correct horse", "username"},
		{"anna\n", "correct horse", "username"},
		{".anna", "correct horse", "username"},
		{"anna-", "correct horse", "username"},
		{"an..na", "correct horse", "username"},
		{"Admin", "correct horse", "username"},
		{"berta", "short", "password"},
		{"berta", strings.Repeat("x", 257), "password"},
		{"berta", "Password123", "password"},
		{"berta", "zzzzzzzzzz", "password"},
		{"berta", "\xff\xff\xff\xff\xff\xff\xff\xff\xfe", "password"},
		{"berta-berta", "BERTA-berta", "password"},
		{"berta", "пароль-длинный", ""},
	} {
		field := ""
		if checkUsername(c.name) != "" {
			field = "username"
		} else if checkPassword(c.name, c.password) != "" {
			field = "password"
		}
		if field != c.field {
			t.Errorf("%q %q: complains about %q, want %q", c.name, c.password, field, c.field)
		}
	}
}

func TestANameIsGivenOnceWhateverItsCapitalsEvenAtTheSameInstant(t *testing.T) {
	w := newWorld(t, nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	made, taken := 0, 0
	for _, name := range []string{"Anna.b", "anna.b", "ANNA.B", "anna.B"} {
		wg.Go(func() {
			_, err := w.SignUp(t.Context(), name, "correct horse")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case errors.Is(err, ErrTaken):
				taken++
			}
		})
	}
	wg.Wait()
	if made != 1 || taken != 3 {
		t.Fatalf("%d made, %d taken", made, taken)
	}
	if _, err := w.SignUp(t.Context(), "anna-b", "correct horse"); err != nil {
		t.Fatalf("another name: %v", err)
	}
}

func TestTheRightPasswordSignsInAndNothingElseDoes(t *testing.T) {
	w := newWorld(t, nil)
	a := w.user("anna")
	got, err := w.SignIn(t.Context(), "ANNA", "correct horse", "a")
	if err != nil || got.ID != a.ID || got.Username != "anna" {
		t.Fatalf("sign-in: %+v, %v", got, err)
	}
	for _, c := range [][2]string{{"anna", "correct Horse"}, {"anna", ""}, {"nobody", "correct horse"}, {"no such name!", "x"}, {"", ""}} {
		if _, err := w.SignIn(t.Context(), c[0], c[1], "a"); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: %v", c, err)
		}
	}
}

func TestAnUnknownUserCostsAHashToo(t *testing.T) {
	w := newWorld(t, func(l *limit.Limits) { l.Hashes, l.HashQueue = 1, 0 })
	done, err := w.hasher.slot(t.Context()) // somebody is hashing
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.SignIn(t.Context(), "nobody", "correct horse", "a"); !errors.Is(err, ErrBusy) {
		t.Fatalf("did not want to hash: %v", err)
	}
	done()
	if _, err := w.SignIn(t.Context(), "nobody", "correct horse", "a"); !errors.Is(err, ErrWrong) {
		t.Fatal(err)
	}
}

func TestWrongGuessesMakeTheirAddressWaitButNeverLockTheOwnerOut(t *testing.T) {
	w := newWorld(t, nil)
	w.user("anna")
	guess := func(address string) error {
		_, err := w.SignIn(t.Context(), "anna", "wrong guess", address)
		return err
	}
	for i := range 5 {
		if err := guess("evil"); !errors.Is(err, ErrWrong) {
			t.Fatalf("guess %d: %v", i, err)
		}
	}
	var wait *WaitError
	last := time.Duration(0)
	for range 12 {
		if err := guess("evil"); !errors.As(err, &wait) {
			t.Fatalf("not told to wait: %v", err)
		}
		if wait.Wait < last || wait.Wait > 15*time.Minute {
			t.Fatalf("wait %v after %v", wait.Wait, last)
		}
		last = wait.Wait
		w.Pass(wait.Wait)
		if err := guess("evil"); !errors.Is(err, ErrWrong) {
			t.Fatalf("after the wait: %v", err)
		}
	}
	if last != 15*time.Minute {
		t.Errorf("the wait grew to %v", last)
	}
	if _, err := w.SignIn(t.Context(), "anna", "correct horse", "home"); err != nil {
		t.Fatalf("the owner at another address: %v", err)
	}
	w.Pass(15 * time.Minute)
	if _, err := w.SignIn(t.Context(), "anna", "correct horse", "evil"); err != nil {
		t.Fatalf("the right password after the wait: %v", err)
	}
	for range 5 {
		if err := guess("evil"); !errors.Is(err, ErrWrong) {
			t.Fatalf("success did not start afresh: %v", err)
		}
	}
}

func TestGuessesAtTheSameInstantAreAllCounted(t *testing.T) {
	w := newWorld(t, nil)
	w.user("anna")
	var wg sync.WaitGroup
	var mu sync.Mutex
	tried := 0
	for range 30 {
		wg.Go(func() {
			if _, err := w.SignIn(t.Context(), "anna", "wrong guess", "evil"); errors.Is(err, ErrWrong) {
				mu.Lock()
				tried++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if tried > 5 {
		t.Fatalf("%d of 30 guesses were tried", tried)
	}
}

func TestSessionsAreListedUsedAndRevoked(t *testing.T) {
	w := newWorld(t, nil)
	a := w.user("anna")
	s1, t1, err := w.Start(t.Context(), a, "Chromium on Linux")
	if err != nil {
		t.Fatal(err)
	}
	w.Pass(time.Hour)
	s2, t2, err := w.Start(t.Context(), a, " \u202eevil\x00 ")
	if err != nil || s2.Device != "evil" {
		t.Fatalf("second session %+v, %v", s2, err)
	}
	if acc, s, err := w.Session(t.Context(), t1); err != nil || acc.ID != a.ID || s.ID != s1.ID {
		t.Fatalf("%+v %+v %v", acc, s, err)
	}
	list, err := w.Sessions(t.Context(), a.ID)
	if err != nil || len(list) != 2 {
		t.Fatalf("list: %+v, %v", list, err)
	}
	revoked := make(chan string, 1)
	cancel, err := w.bus.Subscribe(RevokedSubject, func(b []byte) { revoked <- string(b) })
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	if err := w.Revoke(t.Context(), a.ID, s1.ID); err != nil {
		t.Fatal(err)
	}
	if got := <-revoked; got != s1.ID {
		t.Fatalf("announced %q", got)
	}
	if _, _, err := w.Session(t.Context(), t1); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("a revoked session: %v", err)
	}
	if err := w.Alive(t.Context(), a.ID, s1.ID); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("alive: %v", err)
	}
	if _, _, err := w.Session(t.Context(), t2); err != nil {
		t.Fatalf("the other session: %v", err)
	}
	for _, id := range []string{s1.ID, "nothing", "..", "*", ""} {
		if err := w.Revoke(t.Context(), a.ID, id); !errors.Is(err, ErrNoSession) {
			t.Errorf("revoke %q: %v", id, err)
		}
	}
}

func TestOneCannotRevokeOrReadAnothersSession(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.user("anna"), w.user("berta")
	s, token, err := w.Start(t.Context(), a, "x")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Revoke(t.Context(), b.ID, s.ID); !errors.Is(err, ErrNoSession) {
		t.Fatalf("berta revoked anna's: %v", err)
	}
	forged := ParseToken(strings.Replace(token.Reveal(), a.ID, b.ID, 1))
	if _, _, err := w.Session(t.Context(), forged); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("forged: %v", err)
	}
}

func TestSessionsExpireUnusedAndOfAge(t *testing.T) {
	w := newWorld(t, func(l *limit.Limits) { l.SessionIdle, l.SessionAge = 24*time.Hour, 72*time.Hour })
	a := w.user("anna")
	_, used, _ := w.Start(t.Context(), a, "used")
	_, unused, _ := w.Start(t.Context(), a, "unused")
	for hours := 0; hours < 60; hours += 12 {
		w.Pass(12 * time.Hour)
		if _, _, err := w.Session(t.Context(), used); err != nil {
			t.Fatalf("used, after %d h: %v", hours, err)
		}
	}
	if _, _, err := w.Session(t.Context(), unused); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("unused: %v", err)
	}
	w.Pass(12 * time.Hour)
	if _, _, err := w.Session(t.Context(), used); !errors.Is(err, ErrSignedOut) {
		t.Fatalf("of age: %v", err)
	}
}

func TestTooManySessionsEndTheOldest(t *testing.T) {
	w := newWorld(t, func(l *limit.Limits) { l.Sessions = 3 })
	a := w.user("anna")
	var tokens []Token
	for i := range 5 {
		_, token, err := w.Start(t.Context(), a, fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
		w.Pass(time.Minute)
	}
	for i, token := range tokens {
		_, _, err := w.Session(t.Context(), token)
		if (err == nil) != (i >= 2) {
			t.Errorf("session %d: %v", i, err)
		}
	}
}

func TestMalformedTokensAreSignedOut(t *testing.T) {
	w := newWorld(t, nil)
	for _, text := range []string{"", "x", "ferry-session...", "ferry-session.a.b.c", "ferry-session.*.>.x", "a.b.c.d", strings.Repeat("ferry-session.", 99)} {
		if _, _, err := w.Session(t.Context(), ParseToken(text)); !errors.Is(err, ErrSignedOut) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestNoSecretIsPrintedOrStored(t *testing.T) {
	w := newWorld(t, nil)
	a := w.user("anna")
	_, token, err := w.Start(t.Context(), a, "x")
	if err != nil {
		t.Fatal(err)
	}
	secret := token.Reveal()[strings.LastIndexByte(token.Reveal(), '.')+1:]
	if s := fmt.Sprintf("%v %+v %#v %s", token, token, token, token); strings.Contains(s, secret) {
		t.Errorf("printed: %s", s)
	}
	w.bus.Close()
	_ = filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && (strings.Contains(string(b), secret) || strings.Contains(string(b), "correct horse")) {
			t.Errorf("a secret is in %s", path)
		}
		return err
	})
}

func TestHashesAreReadBackOrRefused(t *testing.T) {
	h := newHasher(cost{64, 1, 1}, strings.NewReader(strings.Repeat("s", 100)), 1, 1)
	phc, err := h.make(t.Context(), "password")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := h.check(t.Context(), phc, "password"); !ok || err != nil {
		t.Fatalf("%v, %v", ok, err)
	}
	if h.stale(phc) || !newHasher(owasp, nil, 1, 1).stale(phc) {
		t.Error("wrong about which hash is stale")
	}
	for _, bad := range []string{"x", phc[:len(phc)-40], strings.Replace(phc, "m=64", "m=99999999", 1), strings.Replace(phc, "t=1", "t=0", 1)} {
		if _, err := h.check(t.Context(), bad, "password"); !errors.Is(err, errHash) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestWaitingToHashEndsWithTheRequest(t *testing.T) {
	h := newHasher(cost{64, 1, 1}, nil, 1, 1)
	done, err := h.slot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.slot(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	done()
	if h.waiting.Load() != 0 {
		t.Fatal("a place is lost")
	}
}
