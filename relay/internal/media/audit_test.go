package media

import "testing"

func TestAnAuditSeesWhatNobodyKnowsOf(t *testing.T) {
	w := open(t, nil)
	audit := func(want Audit) {
		t.Helper()
		if got, err := w.Audit(t.Context()); err != nil || got != want {
			t.Fatalf("%+v, %v, want %+v", got, err, want)
		}
	}
	data, _ := content(1, 2<<20+5)
	w.send("anna", data)
	w.send("bert", data) // shares it
	other, _ := content(2, 3<<20)
	s := w.begin("anna", other)
	if _, err := w.put("anna", s.Token, other, 0, 1<<20); err != nil {
		t.Fatal(err)
	}
	audit(Audit{Files: 1, Unfinished: 1})
	out := w.blobs.Writer(t.Context(), newToken())
	defer out.Close()
	if _, err := out.Write(other); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Finish(); err != nil {
		t.Fatal(err)
	}
	audit(Audit{Files: 1, Unfinished: 1, Strays: 4})
}
