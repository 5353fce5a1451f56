package view

import (
	"testing"
	"time"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

func link(v *View, l model.Link) { v.Apply([]port.Event{port.LinkChanged{Link: l}}) }

func TestABannerWaitsAMoment(t *testing.T) {
	v := signedIn(t)
	link(v, model.Link{Phase: model.LinkWaiting, Down: model.HopRelay, RetryAt: noon.Add(10 * time.Second)})
	if _, shown := v.Banner(); shown {
		t.Error("shown at once")
	}
	if w := v.Wake(); !w.Equal(noon.Add(calm)) {
		t.Errorf("wakes at %v", w)
	}
	v.Advance(noon.Add(calm))
	b, shown := v.Banner()
	if !shown || b.Next != "Next attempt in 9 s." {
		t.Errorf("shown %v: %+v", shown, b)
	}
	link(v, model.Link{Phase: model.LinkConnecting, Down: model.HopRelay})
	if b, shown := v.Banner(); !shown || b.Next != "Trying again…" {
		t.Errorf("the banner flickers between attempts: %v, %+v", shown, b)
	}
	link(v, model.Link{Phase: model.LinkOnline})
	if _, shown := v.Banner(); shown {
		t.Error("shown while all is fine")
	}
}

func TestTheCountdownWakesEachSecond(t *testing.T) {
	v := signedIn(t)
	link(v, model.Link{Phase: model.LinkWaiting, Down: model.HopGateway, RetryAt: noon.Add(3500 * time.Millisecond)})
	var texts []string
	for range 5 {
		v.Advance(v.Wake())
		if b, shown := v.Banner(); shown {
			texts = append(texts, b.Next)
		}
	}
	want := []string{"Next attempt in 3 s.", "Next attempt in 2 s.", "Next attempt in 1 s.", "Trying again…"}
	for i, w := range want {
		if i >= len(texts) || texts[i] != w {
			t.Fatalf("said %q, want %q", texts, want)
		}
	}
}

func TestEachHopHasItsOwnWords(t *testing.T) {
	cases := []struct {
		name string
		link model.Link
		off  bool
		want string
		act  Act
	}{
		{"the device is offline, whatever the engine says", model.Link{Phase: model.LinkOnline}, true, "This device is offline.", NoAct},
		{"network", model.Link{Phase: model.LinkWaiting, Down: model.HopNetwork}, false, "This device is offline.", NoAct},
		{"relay", model.Link{Phase: model.LinkWaiting, Down: model.HopRelay}, false, "Ferry's server cannot be reached.", ActRetry},
		{"gateway", model.Link{Phase: model.LinkWaiting, Down: model.HopGateway}, false, "WhatsApp's gateway cannot be reached. Ferry's server is fine.", ActRetry},
		{"suspended", model.Link{Phase: model.LinkWaiting, Down: model.HopGateway, Reason: "suspended"}, false, "WhatsApp takes no messages from \u2068Ferry\u2069 at the moment. Your chats stay as they are.", ActRetry},
		{"signed out", model.Link{Phase: model.LinkOff, Down: model.HopSession, Reason: "unauthorized"}, false, "You are signed out.", ActSignIn},
		{"cut off by the gateway", model.Link{Phase: model.LinkOff, Down: model.HopSession, Reason: "logged_out"}, false, "WhatsApp no longer accepts this device.", ActConnect},
		{"catching up", model.Link{Phase: model.LinkCatchingUp, Done: 12, Total: 10000}, false, "Catching up: 12 of 10,000", NoAct},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			v := signedIn(t)
			v.SetOnline(!c.off)
			link(v, c.link)
			v.Advance(noon.Add(time.Minute))
			b, shown := v.Banner()
			if !shown || b.Text != c.want || b.Act != c.act {
				t.Errorf("shown %v: %+v", shown, b)
			}
		})
	}
}

func TestNothingIsSaidWhileThirdPartyChatsAreOff(t *testing.T) {
	v := signedIn(t)
	link(v, model.Link{Phase: model.LinkOff})
	v.Advance(noon.Add(time.Hour))
	if b, shown := v.Banner(); shown {
		t.Errorf("shown: %+v", b)
	}
}
