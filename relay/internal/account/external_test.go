package account

import (
	"errors"
	"sync"
	"testing"
)

func TestSomebodyWhoSignsInElsewhereHasOneAccountForLife(t *testing.T) {
	w := newWorld(t, nil)
	ada := External{"https://id.example/", "1", "ada"}
	first, err := w.Admit(t.Context(), ada)
	if err != nil || first.Username != "ada" || first.ID == "" {
		t.Fatalf("%+v %v", first, err)
	}
	again, err := w.Admit(t.Context(), ada)
	if err != nil || again != first {
		t.Errorf("a second sign-in gives %+v %v, not %+v", again, err, first)
	}
	ada.Username = "ada.l"
	renamed, err := w.Admit(t.Context(), ada)
	if err != nil || renamed.ID != first.ID || renamed.Username != "ada.l" {
		t.Errorf("renamed: %+v %v", renamed, err)
	}
	if _, err := w.SignUp(t.Context(), "ada", "correct horse"); err != nil {
		t.Errorf("the old name is not free: %v", err)
	}
	if _, err := w.SignIn(t.Context(), "ada.l", "", "a"); !errors.Is(err, ErrWrong) {
		t.Errorf("signed in without a password: %v", err)
	}
}

func TestNamesOfOthersAreNotTaken(t *testing.T) {
	w := newWorld(t, nil)
	w.user("ada")
	for _, c := range []struct {
		name string
		who  External
		want func(error) bool
	}{
		{"of an own account", External{"i", "1", "Ada"}, func(err error) bool { return errors.Is(err, ErrTaken) }},
		{"reserved", External{"i", "2", "admin"}, isField},
		{"no name here", External{"i", "3", "ada@example.org"}, isField},
		{"nobody", External{"", "", "ada"}, func(err error) bool { return err != nil }},
	} {
		if _, err := w.Admit(t.Context(), c.who); !c.want(err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := w.Admit(t.Context(), External{"i", "4", "bob"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Admit(t.Context(), External{"j", "4", "bob"}); !errors.Is(err, ErrTaken) {
		t.Errorf("another issuer's bob: %v", err)
	}
	if got, err := w.Admit(t.Context(), External{"i", "4", "ada"}); !errors.Is(err, ErrTaken) {
		t.Errorf("renamed to somebody's name: %+v %v", got, err)
	}
	if got, err := w.Admit(t.Context(), External{"i", "4", "bob"}); err != nil || got.Username != "bob" {
		t.Errorf("after a refused change: %+v %v", got, err)
	}
}

func isField(err error) bool {
	var f *FieldError
	return errors.As(err, &f) && f.Field == "username"
}

func TestTwoFirstSignInsAtOnceMakeOneAccount(t *testing.T) {
	w := newWorld(t, nil)
	var all [8]Account
	var errs [8]error
	var wait sync.WaitGroup
	for i := range all {
		wait.Go(func() { all[i], errs[i] = w.Admit(t.Context(), External{"i", "1", "ada"}) })
	}
	wait.Wait()
	for i := range all {
		if errs[i] != nil || all[i].ID != all[0].ID {
			t.Errorf("%+v %v", all[i], errs[i])
		}
	}
}
