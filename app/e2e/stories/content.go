package main

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// Stories of what a message can be and do beside text.
func init() {
	maps.Copy(stories, map[string]func() story{
		"formats":   func() story { return told(formats()) },
		"replies":   func() story { return told(replies()) },
		"reactions": func() story { return told(reactions()) },
		"cards":     func() story { return told(contacts()) },
		"stand-ins": func() story { return told(standIns()) },
		"edits":     func() story { return told(edits()) },
		"hostile":   func() story { return told(hostile()) },
		"online":    func() story { return present(model.Presence{Online: true}) },
		"last-seen": func() story { return present(model.Presence{LastSeen: at(0, "13:20")}) },
		"recording": func() story {
			s := busy()
			s.events = []port.Event{port.PeerTyping{Chat: mira, Recording: true}}
			return s
		},
		"private": func() story {
			s := busy()
			s.state.Privacy = model.Privacy{ReadReceipts: true}
			return s
		},
	})
}

// told is Mira's chat with these messages, and all privacy switches on.
func told(messages []model.Message) story {
	s := busy()
	s.state.Privacy = model.Privacy{ReadReceipts: true, Typing: true, LastSeen: true}
	for i := range messages {
		m := &messages[i]
		m.ID, m.Chat, m.Order = model.MessageID(fmt.Sprintf("3EB0%018X", i+1)), mira, uint64(i+1)
		if m.At.IsZero() {
			m.At = at(0, "14:30").Add(time.Duration(i) * time.Minute)
		}
		if m.State == "" {
			if m.State = model.Received; m.FromMe {
				m.State = model.Read
			}
		}
	}
	s.threads[mira] = messages
	s.state.Chats[0].Last, s.state.Chats[0].Unread = &messages[len(messages)-1], 0
	return s
}

func present(p model.Presence) story {
	s := told(replies())
	s.events = []port.Event{port.PeerPresence{Chat: mira, Presence: p}}
	return s
}

func theirs(text string) model.Message { return model.Message{Text: text} }
func mine(text string) model.Message   { return model.Message{Text: text, FromMe: true} }

func formats() []model.Message {
	named := theirs("Ask @100000000000002 or *@100000000000002*, not @someone.")
	named.Mentions = []string{"100000000000002@lid"}
	return []model.Message{
		theirs("*Bold*, _italic_, ~gone~, `code`, *_~all of them~_* and snake_case_names, 2*3*4."),
		mine("Bring:\n* scarf\n* tickets (`QR` or paper)\n* *no* umbrella\nand then\n1. U3 to Baumwall\n2. pier 3\n3. wave"),
		theirs("> Shall we take the later one?\nYes. See https://example.org/harbour_map_2026_ for the _way_."),
		mine("Run this:\n```\nfunc main() {\n\tfmt.Println(\"ferry\") // a rather long line of code that does not fit on a phone's screen\n}\n```"),
		theirs("```inline block```"),
		named,
		mine("⛴️"), theirs("👍🏽❤️"), mine("🎉🎉🎉"), theirs("🎉 party 🎉"),
		theirs("مرحبا *بالعالم*\n> اقتباس\n1. واحد\n2. اثنان"),
	}
}

func replies() []model.Message {
	answer := func(mine bool, text string, q model.Quote) model.Message {
		return model.Message{FromMe: mine, Text: text, Reply: &q}
	}
	of := func(n int, fromMe bool) model.Ref {
		return model.Ref{ID: model.MessageID(fmt.Sprintf("3EB0%018X", n)), FromMe: fromMe}
	}
	return []model.Message{
		theirs("Shall we take the later one? I looked at the timetable: there is one at 9:10 and one at 11:40, and the second one stops at Blankenese, so we could have breakfast there."),
		mine("9:10 then."),
		answer(true, "Breakfast on board?", model.Quote{Ref: of(1, false), Text: "Shall we take the later one? I looked at the timetable: there is one at 9:10 and one at 11:40, and the second one stops at Blankenese…", Order: 1}),
		answer(false, "Yes!", model.Quote{Ref: of(2, true), Text: "9:10 then.", Order: 2}),
		answer(false, "This one?", model.Quote{Ref: of(99, true), Kind: model.KindImage}),
		answer(true, "Too long to listen to", model.Quote{Ref: of(98, false), Kind: model.KindVoice}),
		answer(true, "👍", model.Quote{Ref: of(97, false), Kind: model.KindLocation}),
		answer(false, "ok", model.Quote{Ref: of(3, true), Text: "Breakfast on board?", Order: 3}),
	}
}

func reactions() []model.Message {
	with := func(m model.Message, emoji ...string) model.Message {
		for i, e := range emoji {
			m.Reactions = append(m.Reactions, model.Reaction{Emoji: e, FromMe: i%2 == 0, At: at(0, "14:40")})
		}
		return m
	}
	many := strings.Fields("👍 ❤️ 😂 😮 😢 🙏 🎉 🔥 👏 🚢 ⛴️ 🌊 🧣 ☔ 🍳 ☕ 🐟 🗺️ 🎫 ⚓")
	return []model.Message{
		with(theirs("Two minutes!"), "❤️"),
		with(mine("I am at the pier"), "👍", "👍"),
		with(theirs("Can you see me?"), "", "😂"),
		with(mine("No"), many...),
		with(theirs("The one with the scarf, next to the man with the accordion. I am waving with both arms now, people are looking."), many...),
		with(mine("🚢"), "👍", "❤️"),
		with(theirs("<i>"), "<b>not an emoji at all, but a long text</b>", "\u202eevil"),
		theirs("ok"),
	}
}

func contacts() []model.Message {
	return []model.Message{
		{Kind: model.KindContact, Cards: []model.Card{{Name: "Jonas Petersen", Phones: []string{"+49 171 7654321", "+49 40 99999"}, Emails: []string{"jonas@example.org"}}}},
		{Kind: model.KindContact, FromMe: true, Cards: []model.Card{{Name: "Harbour office", Phones: []string{"+49 40 428470"}}, {Name: "", Emails: []string{"a.very.long.address.that.does.not.fit@a.rather.long.domain.example"}}}},
		{Kind: model.KindContact, Cards: []model.Card{{Name: "Nobody"}}},
		{Kind: model.KindLocation, Place: &model.Place{Latitude: 53.54590, Longitude: 9.96850, Name: "Landungsbrücken", Address: "Bei den St. Pauli-Landungsbrücken, 20359 Hamburg"}},
		{Kind: model.KindLocation, FromMe: true, Place: &model.Place{Latitude: -33.85678, Longitude: -151.21530, Live: true}, Text: "I am here"},
	}
}

func standIns() []model.Message {
	forwarded := theirs("Ferries do not run in storms. Pass it on!")
	forwarded.Forwarded = true
	return []model.Message{
		{Kind: model.KindSticker}, {Kind: model.KindPoll, FromMe: true}, {Kind: model.KindViewOnce}, {Kind: model.KindCall},
		{Kind: model.KindInvite}, {Kind: model.KindUnknown}, {Kind: "hologram"}, {Kind: model.KindDeleted}, {Kind: model.KindDeleted, FromMe: true}, forwarded,
	}
}

func edits() []model.Message {
	edited := func(m model.Message) model.Message { m.Edited = at(0, "14:58"); return m }
	soon := mine("Good, see you in a minuet.")
	soon.At = at(0, "15:02")
	return []model.Message{
		edited(theirs("At half past nine")), edited(mine("At pier 3, not 4")), edited(mine("Bring:\n* scarf\n* tickets")),
		edited(theirs("ok")), mine("Then all is well"), soon,
	}
}

func hostile() []model.Message {
	card := model.Message{Kind: model.KindContact, Cards: []model.Card{{Name: "\u202e<script>" + strings.Repeat("Ẑ̷̛̺̤", 30), Phones: []string{"javascript:alert(1)", strings.Repeat("9", 300)}}}}
	place := model.Message{Kind: model.KindLocation, Place: &model.Place{Latitude: 1e300, Longitude: 12, Name: strings.Repeat("n", 500), Address: "a\nb\nc"}}
	reply := theirs("\u202egnp.exe *x*")
	reply.Reply = &model.Quote{Ref: model.Ref{ID: "none"}, Text: strings.Repeat("Unterbeamtengesellschaft", 40)}
	fence := theirs("```\n" + strings.Repeat("x", 400) + "\n```")
	words := theirs("*" + strings.Repeat("Donaudampfschifffahrt", 12) + "* `" + strings.Repeat("code", 60) + "`\n> " + strings.Repeat("quote", 40) + "\n* " + strings.Repeat("item", 50))
	reply.Forwarded = true
	return []model.Message{card, place, reply, fence, words, theirs(strings.Repeat("> deep ", 9)), theirs("<img src=x onerror=alert(1)> *<b>*")}
}
