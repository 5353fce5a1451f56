package control

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
	"ferry/app/internal/ui/view"
)

// drawer is the browser's emoji.
type drawer struct {
	host.NoAttachments
	data   string
	err    error
	asked  int
	recent []string
}

func (d *drawer) Emoji(done func([]byte, error)) {
	d.asked++
	done([]byte(d.data), d.err)
}
func (d *drawer) Recent() []string         { return d.recent }
func (d *drawer) SetRecent(emoji []string) { d.recent = emoji }

const someEmoji = `[["😀","grinning face","grinning","smile happy","0",""],["😄","grinning face with smiling eyes","smile","happy","0",""],
["👋","waving hand","wave","hello bye","1","👋🏻 👋🏼 👋🏽 👋🏾 👋🏿"],["🚢","ship","ship","boat","4",""],["⛴️","ferry","ferry","boat","4",""]]`

func withEmoji(t *testing.T) (*world, *drawer) {
	w := signedIn(t)
	d := &drawer{data: someEmoji}
	w.c.files = d
	return w, d
}

func TestANameBecomesItsEmoji(t *testing.T) {
	w, d := withEmoji(t)
	w.types("hi :sm")
	if len(w.c.Complete.Items) == 0 || w.c.Complete.Items[0].Text != "😄" {
		t.Fatalf("offered %+v", w.c.Complete)
	}
	if !w.c.ComposeKey("Enter") || w.c.Text != "hi 😄 " || w.values["composer"] != w.c.Text || w.caret != 6 {
		t.Errorf("%q, cursor at %d", w.c.Text, w.caret)
	}
	if len(sent[port.SendText](w.core)) != 0 || w.c.ComposeKey("Enter") {
		t.Error("Enter was not the composer's own again")
	}
	w.types("go :ferry: ")
	if w.c.Text != "go ⛴️ " || !slices.Equal(d.recent, []string{"⛴️", "😄"}) {
		t.Errorf("%q, recent %q", w.c.Text, d.recent)
	}
	for _, text := range []string{"at 10:30 ", "http://a", "a:smile", "::smile", ":s", "ratio 3:sm", ":nothing_at_all: ", ":)"} {
		w.types(text)
		if w.c.Text != text || len(w.c.Complete.Items) > 0 {
			t.Errorf("%q became %q, offered %v", text, w.c.Text, w.c.Complete.Items)
		}
	}
	w.types(":wa")
	if !w.c.Escape() || len(w.c.Complete.Items) > 0 || w.c.Text != ":wa" {
		t.Error("Escape did not close the names")
	}
	if d.asked != 1 {
		t.Errorf("the emoji were loaded %d times", d.asked)
	}
}

func TestANameInTheMiddleOfATextIsCompletedThere(t *testing.T) {
	w, _ := withEmoji(t)
	w.caret = units("🚢 :shi")
	w.c.Typed("🚢 :shi and more")
	w.run()
	if len(w.c.Complete.Items) != 1 {
		t.Fatalf("offered %+v", w.c.Complete)
	}
	w.c.TakeComplete(0)
	if want := "🚢 🚢  and more"; w.c.Text != want || w.caret != units("🚢 🚢 ") {
		t.Errorf("%q, cursor at %d", w.c.Text, w.caret)
	}
}

func TestTheArrowsGoThroughTheNames(t *testing.T) {
	w, _ := withEmoji(t)
	w.types(":boat")
	n := len(w.c.Complete.Items)
	if n != 2 {
		t.Fatalf("offered %+v", w.c.Complete.Items)
	}
	w.c.ComposeKey("ArrowUp")
	if w.c.Complete.At != n-1 {
		t.Errorf("at %d", w.c.Complete.At)
	}
	w.c.ComposeKey("ArrowDown")
	w.c.ComposeKey("Tab")
	if w.c.Text != "🚢 " {
		t.Errorf("%q", w.c.Text)
	}
}

func TestThePickerWritesWhereTheCursorIs(t *testing.T) {
	w, d := withEmoji(t)
	w.types("ab")
	w.caret = 1
	w.c.ToggleEmoji()
	w.run()
	if !w.c.Emoji.Open || w.focus != "emoji-search" || len(w.c.Emoji.Shown()) != 2 {
		t.Fatalf("focus on %q, shown %v", w.focus, w.c.Emoji.Shown())
	}
	w.c.EmojiGroup(1)
	w.c.SetTone(3)
	w.c.PickEmoji(0)
	if w.c.Text != "a👋🏽b" || !w.c.Emoji.Open || view.ToneOf(d.recent) != 3 || d.recent[0] != "👋🏽" {
		t.Errorf("%q, recent %q", w.c.Text, d.recent)
	}
	w.c.EmojiSearch("boat")
	if got := w.c.Emoji.Shown(); len(got) != 2 || got[0].Text != "🚢" {
		t.Errorf("found %v", got)
	}
	if !w.c.Escape() || w.c.Emoji.Open {
		t.Error("Escape did not close the picker")
	}
	w.c.ToggleEmoji()
	if got := w.c.Emoji.Shown(); w.c.Emoji.Group != RecentGroup || w.c.Emoji.Lately() != 1 || w.c.Emoji.Face(0, got[0]) != "👋🏽" {
		t.Errorf("opened with %v", got)
	}
}

func TestTheArrowsGoThroughThePickerLineByLine(t *testing.T) {
	w, d := withEmoji(t)
	var many []string
	for range 12 {
		many = append(many, `["😀","x","x","","0",""]`)
	}
	d.data = "[" + strings.Join(many, ",") + `,["🚢","ship","ship","","4",""]]`
	d.recent = []string{"🚢"}
	w.c.ToggleEmoji()
	w.run()
	for _, step := range []struct{ by, at int }{{EmojiColumns, 1}, {EmojiColumns, 9}, {1, 10}, {-EmojiColumns, 2}, {-EmojiColumns, 0}, {1, 1}, {-1, 0}} {
		w.c.MoveEmoji(step.by)
		if w.c.Emoji.At != step.at || w.focus != EmojiID(step.at) {
			t.Errorf("after %d: at %d, focus on %q, want %d", step.by, w.c.Emoji.At, w.focus, step.at)
		}
	}
	w.c.MoveEmoji(-EmojiColumns)
	if w.focus != "emoji-search" {
		t.Errorf("focus on %q", w.focus)
	}
}

func TestThePickerReacts(t *testing.T) {
	w, _ := withEmoji(t)
	w.c.OpenMenu(MessageKey{ID: "IN1"}, MenuAll, 0, 0)
	w.c.OpenEmoji(w.c.Menu)
	w.run()
	w.c.EmojiGroup(4)
	w.c.PickEmoji(1)
	if got := lastOf[port.React](w); got.Emoji != "⛴️" || w.c.Emoji.Open || w.c.Menu.ID != "" {
		t.Errorf("told %+v", got)
	}
}

func TestEmojiThatDoNotComeCanBeAskedForAgain(t *testing.T) {
	w, d := withEmoji(t)
	d.err = errors.New("no network")
	w.c.ToggleEmoji()
	w.run()
	if !w.c.Emoji.Failed {
		t.Fatal("the failure is not said")
	}
	d.err = nil
	w.c.LoadEmoji()
	w.run()
	if w.c.Emoji.Failed || w.c.Emoji.Set == nil {
		t.Error("they did not come")
	}
	d.data, w.c.Emoji.Set = `{"no":1}`, nil
	w.c.LoadEmoji()
	w.run()
	if !w.c.Emoji.Failed {
		t.Error("nonsense was taken for emoji")
	}
}

func TestPlacesInATextAreCountedAsBrowsersDo(t *testing.T) {
	for _, c := range []struct {
		text string
		unit int
		at   int
	}{{"abc", 1, 1}, {"äb", 1, 2}, {"🚢b", 2, 4}, {"🚢b", 99, 5}, {"", 0, 0}, {"🚢b", 3, 5}} {
		if got := byteAt(c.text, c.unit); got != c.at {
			t.Errorf("byteAt(%q, %d) = %d, want %d", c.text, c.unit, got, c.at)
		}
	}
}
