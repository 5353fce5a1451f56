package view

import "testing"

func TestASnippetShowsWhereTheWordsAre(t *testing.T) {
	for _, c := range []struct {
		text  string
		spans [][2]int
		want  string
	}{
		{"the boat", [][2]int{{4, 8}}, "the [boat]"},
		{"a\nboat \u202e x", [][2]int{{2, 6}}, "a [boat] x"},
		{"one two three four five six seven eight nine ten eleven boat", [][2]int{{56, 60}}, "…five six seven eight nine ten eleven [boat]"},
		{"short", [][2]int{{3, 99}, {-1, 2}}, "short"},
		{"é", [][2]int{{1, 2}}, "é"},
		{"", nil, ""},
	} {
		got := ""
		for _, p := range Snippet(c.text, c.spans) {
			if p.Hit {
				got += "[" + p.Text + "]"
				continue
			}
			got += p.Text
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
