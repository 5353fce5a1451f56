package media

import (
	"bytes"
	"testing"
)

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

func TestWhatADeadWriterStoredBeyondWhatCountsGoesWithTheLastByte(t *testing.T) {
	w := open(t, nil)
	data, _ := content(1, 12<<20)
	s := w.begin("anna", data)
	r, err := w.owned(t.Context(), "anna", s.Token)
	if err != nil {
		t.Fatal(err)
	}
	dead := &writer{host: w.Host, body: body(data), done: make(chan struct{})}
	if err := dead.claim(t.Context(), r.key, Part{0, 12 << 20, 12 << 20}); err != nil {
		t.Fatal(err)
	}
	out := w.blobs.Writer(t.Context(), dead.blob)
	defer out.Close()
	counted := commitSteps * out.Block()
	if _, err := out.Write(data[:counted]); err != nil {
		t.Fatal(err)
	}
	blob, err := out.Durable()
	if err != nil {
		t.Fatal(err)
	}
	dead.hash.Write(data[:counted])
	if err := dead.commit(t.Context(), 0, blob); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Write(data[counted : counted+2*out.Block()]); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Durable(); err != nil { // and dies
		t.Fatal(err)
	}
	if s = w.begin("anna", data); s.Offset != counted {
		t.Fatalf("it goes on at %d", s.Offset)
	}
	if s := w.send("anna", data); !s.Done {
		t.Fatalf("%+v", s)
	}
	if got, err := w.Audit(t.Context()); err != nil || got != (Audit{Files: 1}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := w.get(s.Token); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
