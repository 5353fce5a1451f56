package control

import (
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

func found(orders ...uint64) (hits []port.Hit) {
	for _, o := range orders {
		hits = append(hits, port.Hit{Message: incoming(o)})
	}
	return hits
}

func TestQuickTypingAsksOnlyForWhatItHasComeTo(t *testing.T) {
	w := signedIn(t)
	for _, text := range []string{"b", "bo", "boa", "boat"} {
		w.c.Search(text)
	}
	asked := sent[port.Search](w.core)
	if len(asked) != 1 || asked[0].Text != "b" {
		t.Fatalf("asked for %+v", asked)
	}
	answer[port.Search](w, value(port.SearchResult{Hits: found(9)}))
	if w.c.Find.Fresh() {
		t.Error("the answer to an older text counts as that of the present one")
	}
	asked = sent[port.Search](w.core)
	if len(asked) != 2 || asked[1].Text != "boat" || asked[1].Before != 0 {
		t.Fatalf("then asked for %+v", asked)
	}
	answer[port.Search](w, value(port.SearchResult{Hits: found(7)}))
	if f := w.c.Find; !f.Fresh() || len(f.Hits) != 1 || f.Hits[0].Message.Order != 7 {
		t.Errorf("shown %+v", f)
	}
}

func TestASearchGoesOnUntilThereIsAPageOfHits(t *testing.T) {
	w := signedIn(t)
	w.c.Search("boat")
	answer[port.Search](w, value(port.SearchResult{Hits: found(9, 8), More: 5}))
	asked := sent[port.Search](w.core)
	if len(asked) != 2 || asked[1].Before != 5 {
		t.Fatalf("asked for %+v", asked)
	}
	answer[port.Search](w, value(port.SearchResult{Hits: found(3)}))
	if n := len(w.c.Find.Hits); n != 3 || len(sent[port.Search](w.core)) != 2 {
		t.Errorf("%d hits after %d questions", n, len(sent[port.Search](w.core)))
	}
}

func TestAHitLeadsToItsMessageInAnotherChat(t *testing.T) {
	w := signedIn(t)
	w.c.View.PutChat(model.Chat{ID: "2@lid"})
	w.c.Search("boat")
	far := incoming(70)
	far.Chat = "2@lid"
	answer[port.Search](w, value(port.SearchResult{Hits: []port.Hit{{Message: far}}}))
	w.c.OpenHit(&w.c.Find, 0)
	w.run()
	pages := sent[port.Messages](w.core)
	if last := pages[len(pages)-1]; last.Chat != "2@lid" || last.Around != 70 {
		t.Errorf("asked for %+v", last)
	}
}

func TestASearchWithinAChatEndsWithTheChat(t *testing.T) {
	w := signedIn(t)
	if !w.c.OpenFind() {
		t.Fatal("it does not open")
	}
	w.c.FindHere("hi")
	if asked := sent[port.Search](w.core); len(asked) != 1 || asked[0].Chat != mira {
		t.Errorf("asked for %+v", asked)
	}
	w.Go(PathChats)
	w.run()
	answer[port.Search](w, value(port.SearchResult{Hits: found(1)}))
	if w.c.Within.On || len(w.c.Within.Hits) != 0 {
		t.Errorf("still there: %+v", w.c.Within)
	}
}

func TestKeysInAHurryAreForWhatIsFound(t *testing.T) {
	found := value(port.SearchResult{Hits: []port.Hit{{Message: incoming(1)}}})
	w := signedIn(t)
	w.c.Search("bo")
	w.run()
	w.c.Search("boat")
	w.c.EnterHits(&w.c.Find, false)
	w.run()
	answer[port.Search](w, found) // of "bo"
	if w.focus == HitID(&w.c.Find, 0) {
		t.Error("the focus went to what an earlier word has found")
	}
	answer[port.Search](w, found)
	if w.focus != HitID(&w.c.Find, 0) {
		t.Errorf("the focus is on %q", w.focus)
	}
	w.c.OpenFind()
	w.c.FindHere("boat")
	w.c.NextHit(1)
	w.run()
	if w.c.Within.At != -1 {
		t.Error("a hit was shown before it was found")
	}
	answer[port.Search](w, found)
	if w.c.Within.At != 0 {
		t.Errorf("hit %d is shown", w.c.Within.At)
	}
}
