package engine_test

import (
	"strings"
	"testing"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

func TestWhatTheUserCallsSomebodyStays(t *testing.T) {
	_, a, _ := met(t)
	const ada = model.ChatID("77@lid")
	must[model.Chat](a, port.OpenChat{Chat: ada, Contact: model.Contact{Name: "Countess", Phone: "+4915550001", Given: "not this way"}})
	called := func() string {
		return must[model.Chat](a, port.OpenChat{Chat: ada, Contact: model.Contact{Name: "Lady L."}}).Contact.Given
	}
	if got := called(); got != "" {
		t.Errorf("unnamed, and called %q", got)
	}
	if c := must[model.Chat](a, port.Name{Chat: ada, Name: "  Ada\n" + strings.Repeat("x", 300)}).Contact; !strings.HasPrefix(c.Given, "Ada x") || len(c.Given) > 200 {
		t.Errorf("called %q", c.Given)
	}
	must[model.Chat](a, port.Name{Chat: ada, Name: "Ada"})
	if err := a.kill(); err != nil {
		t.Fatal(err)
	}
	a.start()
	if got := called(); got != "Ada" {
		t.Errorf("after a crash: %q", got)
	}
	must[model.Chat](a, port.Name{Chat: ada})
	if got := called(); got != "" {
		t.Errorf("the name was taken off: %q", got)
	}
}

func TestOnlyWhatsAppUsersWithAChatAreGivenNames(t *testing.T) {
	_, a, _ := met(t)
	const kate = model.ChatID("7-4242@interop")
	for _, chat := range []model.ChatID{"77@lid", "", "x", kate} {
		if chat == kate {
			must[model.Chat](a, port.OpenChat{Chat: kate})
		}
		if r := a.do(port.Name{Chat: chat, Name: "Kate"}); r.Code != "no_chat" {
			t.Errorf("%q: %+v", chat, r)
		}
	}
}
