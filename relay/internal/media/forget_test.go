package media

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

// traces is what in the state names an account.
func (w *world) traces(account string) (all []string) {
	w.t.Helper()
	id := hex.EncodeToString([]byte(account))
	err := w.bus.Everything(w.t.Context(), func(stream, key string, data []byte) error {
		if strings.Contains(key, id) || strings.Contains(string(data), id) {
			all = append(all, stream+" "+key)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func TestWhatIsForgottenHasLeftNoTraceAndOthersKeepTheirs(t *testing.T) {
	w := open(t, nil)
	data, _ := content(1, 100_000)
	other, _ := content(2, 100_000)
	half, _ := content(3, 100_000)
	mine, bobs := w.send("anna", data), w.send("bob", data)
	removed := w.send("anna", other)
	if err := w.Remove(t.Context(), "anna", removed.Token); err != nil {
		t.Fatal(err)
	}
	begun := w.begin("anna", half)
	if _, err := w.put("anna", begun.Token, half, 0, 500); err != nil {
		t.Fatal(err)
	}
	held, bytes, err := w.Held(t.Context(), "anna")
	if err != nil || len(held) != 2 || bytes != 200_000 || held[0].ID != mine.Token || held[1].Received != 500 || held[0].Size != 100_000 {
		t.Fatalf("held: %+v, %d, %v", held, bytes, err)
	}
	// A place that a crash has left in somebody else's file, and a token that has outlived its file.
	if _, _, err := w.change(t.Context(), w.fileOf(bobs.Token), func(f *file) bool {
		f.Places[ownKey("anna", [32]byte{9}, newToken())] = w.Now()
		return true
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.tokens.Put(t.Context(), newToken(), []byte(`{"key":"`+ownKey("anna", [32]byte{8}, newToken())+`"}`)); err != nil {
		t.Fatal(err)
	}
	if len(w.traces("anna")) < 5 {
		t.Fatalf("the test has made too few traces: %v", w.traces("anna"))
	}
	for range 2 {
		if err := w.Forget(t.Context(), "anna"); err != nil {
			t.Fatal(err)
		}
		if left := w.traces("anna"); left != nil {
			t.Errorf("left: %v", left)
		}
	}
	if _, err := w.put("anna", begun.Token, half, 500, 600); !errors.Is(err, ErrNotFound) {
		t.Errorf("the upload goes on: %v", err)
	}
	if b, err := w.get(bobs.Token); err != nil || len(b) != len(data) {
		t.Errorf("bob's file: %d bytes, %v", len(b), err)
	}
	if held, bytes, err := w.Held(t.Context(), "anna"); err != nil || len(held) != 0 || bytes != 0 {
		t.Errorf("held: %+v, %d, %v", held, bytes, err)
	}
	w.Pass(time.Hour)
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Forget(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	if n := w.stored(); n != 0 {
		t.Errorf("%d blocks are left of files that nobody has", n)
	}
}

// fileOf is the key of the file that a token leads to.
func (w *world) fileOf(token string) string {
	w.t.Helper()
	r, err := w.find(w.t.Context(), token)
	if err != nil || r.File == "" {
		w.t.Fatal(err)
	}
	return r.File
}
