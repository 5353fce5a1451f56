package view

import (
	"ferry/app/internal/lang"
	"ferry/app/internal/model"
)

// Summary is a message in one bounded line, for the chat list, quotes and
// announcements: an icon for what it holds, "" for a text, and words.
func Summary(l *lang.Texts, m model.Message) (icon, text string) {
	return SummaryOf(l, m.Kind, m.Text, m.Media)
}

// SummaryOf is Summary of what is known of a message; media may be nil.
func SummaryOf(l *lang.Texts, kind model.Kind, text string, media *model.Media) (icon, line string) {
	return "", Preview(text)
}
