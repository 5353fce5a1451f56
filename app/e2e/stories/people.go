package main

import (
	"fmt"
	"strings"

	"ferry/app/internal/model"
)

// The people of the stories.
const (
	echo   = model.ChatID("100000000000001@lid")
	mira   = model.ChatID("100000000000002@lid")
	long   = model.ChatID("100000000000003@lid")
	arabic = model.ChatID("100000000000004@lid")
	failed = model.ChatID("100000000000005@lid")
	silent = model.ChatID("100000000000006@lid")
	bare   = model.ChatID("100000000000007@lid")
	evil   = model.ChatID("100000000000008@lid")
)

type line struct {
	mine  bool
	days  int
	clock string
	text  string
	state model.SendState
	fail  model.Failure
}

func thread(chat model.ChatID, lines []line) []model.Message {
	var out []model.Message
	for i, l := range lines {
		state := l.state
		if state == "" {
			if state = model.Received; l.mine {
				state = model.Read
			}
		}
		out = append(out, model.Message{
			ID: model.MessageID(fmt.Sprintf("3EB0%018X", i+1)), Chat: chat, FromMe: l.mine, Text: l.text,
			At: at(l.days, l.clock), Order: uint64(i + 1), State: state, Failure: l.fail,
		})
	}
	return out
}

// busy is a person with chats of every kind.
func busy() story {
	threads := map[model.ChatID][]model.Message{
		echo: thread(echo, []line{
			{mine: true, days: 1, clock: "18:20", text: "Hello from Ferry!"},
			{days: 1, clock: "18:20", text: "You said: Hello from Ferry!"},
			{mine: true, clock: "14:58", text: "Are you still there?"},
			{days: 0, clock: "14:58", text: "You said: Are you still there?"},
			{mine: true, clock: "15:01", text: "Good.", state: model.Delivered},
		}),
		mira: thread(mira, []line{
			{days: 2, clock: "09:12", text: "Morning! Did you get the tickets?"},
			{mine: true, days: 2, clock: "09:15", text: "Yes, two of them. The 7:40 from Landungsbrücken."},
			{mine: true, days: 2, clock: "09:15", text: "Window seats ⛴️"},
			{days: 2, clock: "09:16", text: "❤️"},
			{days: 1, clock: "21:03", text: "Weather for tomorrow looks rough. Shall we take the later one? I looked at the timetable: there is one at 9:10 and one at 11:40, and the second one stops at Blankenese, so we could have breakfast there."},
			{mine: true, days: 1, clock: "21:20", text: "9:10 then.\nBring a scarf."},
			{mine: true, clock: "14:31", text: "I am at the pier"},
			{days: 0, clock: "14:47", text: "Two minutes!"},
			{days: 0, clock: "14:48", text: "Here is the map: https://example.org/harbour/landungsbruecken/pier-3/how-to-find-us-when-it-rains?from=u-bahn&with=umbrella"},
			{days: 0, clock: "15:02", text: "Can you see me?"},
		}),
		long: thread(long, []line{
			{days: 0, clock: "11:00", text: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + strings.Repeat("ö", 60)},
			{mine: true, clock: "11:02", text: strings.Repeat("A long message with many words in it. ", 30), state: model.Sent},
			{mine: true, clock: "11:03", text: "🚢", state: model.Sent},
		}),
		arabic: thread(arabic, []line{
			{days: 0, clock: "10:00", text: "مرحبا، متى يصل القارب؟"},
			{mine: true, clock: "10:05", text: "الساعة 9:10 من رصيف 3 (Landungsbrücken)."},
			{days: 0, clock: "10:06", text: "شكرا 👍"},
		}),
		failed: thread(failed, []line{
			{mine: true, days: 6, clock: "08:00", text: "Good morning!"},
			{days: 6, clock: "08:02", state: model.Received, fail: model.CannotDecrypt},
			{days: 6, clock: "08:04", state: model.Received, fail: model.NotSupported, text: ""},
			{mine: true, clock: "12:00", text: "Did you get my letter?", state: model.Failed, fail: model.NoConsent},
			{mine: true, clock: "12:01", text: "And this one?", state: model.Failed, fail: model.Rejected},
			{mine: true, clock: "12:02", text: "On its way, perhaps", state: model.Pending},
		}),
		silent: nil,
		bare:   thread(bare, []line{{days: 40, clock: "16:00", text: "Who is this?"}}),
		evil:   thread(evil, []line{{days: 400, clock: "16:00", text: "<img src=x onerror=alert(1)> \u202egnp.exe"}}),
	}
	chats := []model.Chat{
		{ID: mira, Contact: model.Contact{Name: "Mira Petersen", Phone: "+49 40 1234567"}, Unread: 3},
		{ID: echo, Contact: model.Contact{Name: "Echo", Phone: "+49 151 00000001"}},
		{ID: failed, Contact: model.Contact{Name: "Jonas", Phone: "+49 171 7654321"}},
		{ID: long, Contact: model.Contact{Name: "Maximiliane Freifrau von Habsburg-Lothringen und zu Hohenzollern-Sigmaringen", Phone: "+43 1 999999"}, Unread: 128},
		{ID: arabic, Contact: model.Contact{Name: "ليلى", Phone: "+971 4 1234567"}},
		{ID: silent, Contact: model.Contact{Name: "Noor de Vries", Phone: "+31 20 5550123"}},
		{ID: bare, Contact: model.Contact{Phone: "+33 1 55501234"}},
		{ID: evil, Contact: model.Contact{Name: "\u202eevil<script>", Phone: "+44 20 55501234"}},
	}
	s := story{state: connected(), threads: threads}
	for i := range chats {
		chats[i].Order = uint64(100 - i)
		if t := threads[chats[i].ID]; len(t) > 0 {
			chats[i].Last = &t[len(t)-1]
		}
	}
	s.state.Chats = chats
	return s
}

// history is a long thread, for scrolling.
func history(n int) []model.Message {
	var lines []line
	for i := range n {
		lines = append(lines, line{
			mine: i%3 == 0, days: (n - i) / 12, clock: fmt.Sprintf("%02d:%02d", 9+i%10, (i*7)%60),
			text: fmt.Sprintf("Message %d. %s", i+1, strings.Repeat("More words. ", i%5)),
		})
	}
	return thread(mira, lines)
}
