package site

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ferry/app/internal/site/npm"
)

// Emoji is the name of the emoji's data, which the page loads when it first
// needs them. See view.ParseEmoji for its form.
const Emoji = "emoji.json"

var emojibase = npm.Package{Name: "emojibase-data", Version: "17.0.0", // MIT
	Integrity: "sha512-Yvgb5AWoHViHV/gq1qr5ZAarcBip+B27/ZLRsUJkbgAEaLlZ/fof9g882LTpmEpyhBNEC0m2SEmItljHsTygjA=="}

// fetchEmoji makes the data from Emojibase's, for the English language.
func fetchEmoji(ctx context.Context) ([]byte, error) {
	data, err := npm.File(ctx, emojibase, "en/data.json")
	if err != nil {
		return nil, err
	}
	var codes [][]byte // what people know from elsewhere first
	for _, name := range []string{"github", "emojibase"} {
		body, err := npm.File(ctx, emojibase, "en/shortcodes/"+name+".json")
		if err != nil {
			return nil, err
		}
		codes = append(codes, body)
	}
	return reduceEmoji(data, codes...)
}

type baseEmoji struct {
	Label string      `json:"label"`
	Hex   string      `json:"hexcode"`
	Tags  []string    `json:"tags"`
	Emoji string      `json:"emoji"`
	Type  int         `json:"type"` // 1 if it is a picture without being told to
	Order int         `json:"order"`
	Group *int        `json:"group"`
	Skins []baseEmoji `json:"skins"`
	Tone  any         `json:"tone"` // 1 to 5, or two of them for two persons
}

// component is Emojibase's group of parts that are no emoji by themselves.
const component = 2

// reduceEmoji keeps what a picker needs: the emoji in their order, each with
// its name, its codes, its tags, the digit of its group without the group of
// components, and its five skin tones.
func reduceEmoji(data []byte, shortcodes ...[]byte) ([]byte, error) {
	var all []baseEmoji
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("reduce the emoji: %w", err)
	}
	codes := map[string][]string{}
	for _, body := range shortcodes {
		var some map[string]any // one or several
		if err := json.Unmarshal(body, &some); err != nil {
			return nil, fmt.Errorf("reduce the emoji: %w", err)
		}
		for hex, v := range some {
			for _, code := range texts(v) {
				if !slices.Contains(codes[hex], code) {
					codes[hex] = append(codes[hex], code)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b baseEmoji) int { return cmp.Compare(a.Order, b.Order) })
	rows := make([][6]string, 0, len(all))
	for _, e := range all {
		if e.Group == nil || *e.Group == component || *e.Group > 9 {
			continue
		}
		group := *e.Group
		if group > component {
			group--
		}
		rows = append(rows, [6]string{
			e.face(), e.Label, strings.Join(codes[e.Hex], " "), strings.ToLower(strings.Join(e.Tags, " ")),
			string(rune('0' + group)), strings.Join(e.tones(), " "),
		})
	}
	slices.SortStableFunc(rows, func(a, b [6]string) int { return cmp.Compare(a[4], b[4]) })
	return json.Marshal(rows)
}

// face is the emoji as phones write it: with the variation selector only where
// it would be a letter without.
func (e baseEmoji) face() string {
	if e.Type != 1 {
		return e.Emoji
	}
	var b strings.Builder
	for hex := range strings.SplitSeq(e.Hex, "-") {
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			return e.Emoji
		}
		b.WriteRune(rune(n))
	}
	return b.String()
}

// tones are the variants in which all persons have the same skin tone.
func (e baseEmoji) tones() []string {
	var out [5]string
	for _, s := range e.Skins {
		tone := -1
		switch t := s.Tone.(type) {
		case float64:
			tone = int(t)
		case []any:
			if len(t) == 2 && t[0] == t[1] {
				if f, ok := t[0].(float64); ok {
					tone = int(f)
				}
			}
		}
		if tone >= 1 && tone <= 5 && out[tone-1] == "" {
			out[tone-1] = s.Emoji
		}
	}
	if slices.Contains(out[:], "") {
		return nil
	}
	return out[:]
}

func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, one := range v {
			if s, ok := one.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// emoji adds the emoji's data.
func (b *builder) emoji() error {
	body, ok := b.in.Parts[Emoji]
	if !ok {
		return nil
	}
	return b.asset(Emoji, body)
}
