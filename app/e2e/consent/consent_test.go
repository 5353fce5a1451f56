package consent

import (
	"net/http"
	"testing"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

func TestARequestToAWhatsAppUser(t *testing.T) {
	w := newWorld(t)
	on := true
	if c := w.setConsent(port.SetConsent{Requests: &on}); !c.On || !c.Requests {
		t.Fatalf("bert takes %+v", c)
	}
	atAnnas := w.anna.OpenChat(w.phone)
	first := w.anna.Send(atAnnas, "who is this")
	w.bert.AwaitText("who is this")
	if c := chat(w.bert, w.atBerts); !c.Request || c.Contact.Provider != provider || c.Contact.ProviderName != "Ferry" || c.Contact.Phone != "" {
		t.Errorf("bert has %+v", c)
	}
	w.bert.Do(port.Decline{Chat: w.atBerts}, nil)
	if c := chat(w.bert, w.atBerts); c.ID != "" {
		t.Errorf("bert still has %+v", c)
	}
	second := w.anna.Send(atAnnas, "hello again")
	m := w.bert.AwaitText("hello again")
	w.bert.Do(port.MarkRead{Chat: w.atBerts, Upto: m.Order}, nil)
	w.bert.LookUp("+49 1551 0999999") // the gateway has all of it
	w.anna.LookUp("+49 1551 0999999")
	if got := heard(w.anna, 0, second); len(got) > 2 {
		t.Errorf("anna learns %v before she is accepted", got)
	}
	w.bert.Do(port.Accept{Chat: w.atBerts}, nil)
	w.anna.AwaitState(second, model.Read)
	if got := heard(w.anna, 0, first); len(got) > 2 {
		t.Errorf("anna learns %v of what was declined", got)
	}
	w.anna.AwaitState(w.anna.Send(atAnnas, "thanks"), model.Delivered)
}

func TestARequestToAThirdPartyUser(t *testing.T) {
	w := newWorld(t)
	w.bert.Do(port.OpenChat{Chat: w.atBerts}, nil)
	id := w.bert.Send(w.atBerts, "hello anna")
	at := w.anna.AwaitText("hello anna").Chat
	if c := chat(w.anna, at); !c.Request {
		t.Errorf("anna has %+v", c)
	}
	w.anna.Stop()
	w.anna.Start()
	w.anna.AwaitOnline()
	if got := heard(w.bert, 0, id); len(got) > 2 {
		t.Errorf("bert learns %v before he is accepted", got)
	}
	w.anna.Send(at, "hello bert")
	w.bert.AwaitText("hello bert")
	w.bert.AwaitState(id, model.Delivered)
}

func TestARequestOfWhatsmeow(t *testing.T) {
	w := newWorld(t)
	carl := w.whatsmeow("+4915510000011", "Carl")
	_, alias, err := waclient.Sandbox{URL: w.GatewayURL}.ThirdParty(w.ctx, provider, "anna")
	if err != nil {
		t.Fatal(err)
	}
	to, err := types.ParseJID(alias)
	if err != nil {
		t.Fatal(err)
	}
	id, err := carl.SendText(w.ctx, to, "hello from whatsmeow")
	if err != nil {
		t.Fatal(err)
	}
	at := w.anna.AwaitText("hello from whatsmeow").Chat
	w.anna.LookUp("+49 1551 0999999")
	if r := waclient.All[*events.Receipt](carl); len(r) > 0 {
		t.Errorf("whatsmeow has %d receipts before it is accepted", len(r))
	}
	w.anna.Do(port.Accept{Chat: at}, nil)
	ctx, cancel := thirdparty.Within()
	defer cancel()
	if _, err := carl.AwaitReceipt(ctx, id, types.ReceiptTypeDelivered); err != nil {
		t.Errorf("no receipt after it is accepted: %v", err)
	}
}

func TestConsentWithdrawnMidChatAndGivenAgain(t *testing.T) {
	w := newWorld(t)
	w.meet()
	on, off := true, false
	for _, c := range []struct {
		name       string
		close      port.SetConsent
		open       port.SetConsent
		blocksApp  bool
		bertClosed model.ClosedWhy
	}{
		{"chats off", port.SetConsent{On: &off}, port.SetConsent{On: &on}, false, model.ClosedConsent},
		{"app not chosen", port.SetConsent{Apps: map[int]bool{provider: false}}, port.SetConsent{Apps: map[int]bool{provider: true}}, false, model.ClosedConsent},
		{"provider blocked", port.SetConsent{}, port.SetConsent{}, true, model.Open},
	} {
		atA, atB := w.anna.Mark(), w.bert.Mark()
		if c.blocksApp {
			w.bert.Do(port.BlockProvider{Provider: provider, Blocked: true}, nil)
			awaitChat(w.bert, atB, "its chat blocked", w.atBerts, func(c model.Chat) bool { return c.ProviderBlocked })
		} else {
			w.setConsent(c.close)
			closed(w.bert, atB, w.atBerts, c.bertClosed)
		}
		closed(w.anna, atA, w.atAnnas, model.ClosedConsent)
		id := w.anna.Send(w.atAnnas, "not now "+c.name)
		awaitFailure(w.anna, id, model.NoConsent)
		atA, atB = w.anna.Mark(), w.bert.Mark()
		if c.blocksApp {
			w.bert.Do(port.BlockProvider{Provider: provider, Blocked: false}, nil)
		} else {
			w.setConsent(c.open)
			closed(w.bert, atB, w.atBerts, model.Open)
		}
		closed(w.anna, atA, w.atAnnas, model.Open)
		w.anna.Do(port.Retry{Chat: w.atAnnas, ID: id}, nil)
		w.anna.AwaitState(id, model.Delivered)
	}
	if got := notices(w.anna, w.atAnnas); got != "accepted consent_off consent_on consent_off consent_on consent_off consent_on" {
		t.Errorf("anna's thread says %s", got)
	}
	if got := notices(w.bert, w.atBerts); got != "consent_off consent_on consent_off consent_on blocked unblocked" {
		t.Errorf("bert's thread says %s", got)
	}
}

func TestBlocksAreNotTold(t *testing.T) {
	w := newWorld(t)
	w.meet()
	for _, c := range []struct {
		by, other     *thirdparty.User
		atBy, atOther model.ChatID
	}{{w.bert, w.anna, w.atBerts, w.atAnnas}, {w.anna, w.bert, w.atAnnas, w.atBerts}} {
		c.by.Do(port.Block{Chat: c.atBy, Blocked: true}, nil)
		c.by.LookUp("+49 1551 0999999")
		id := c.other.Send(c.atOther, "into the void")
		c.other.AwaitState(id, model.Sent)
		mine := c.by.Send(c.atBy, "not to whom I blocked")
		awaitFailure(c.by, mine, model.OwnBlock)
		if b := c.by.State().Blocked; len(b) != 1 || b[0].Chat != c.atBy {
			t.Errorf("%v has blocked %+v", c.by, b)
		}
		c.by.Do(port.Block{Chat: c.atBy, Blocked: false}, nil)
		c.by.LookUp("+49 1551 0999999")
		c.other.AwaitState(c.other.Send(c.atOther, "heard again"), model.Delivered)
		for _, m := range c.by.Thread(c.atBy) {
			if m.Text == "into the void" && !m.FromMe {
				t.Errorf("%v has it", c.by)
			}
		}
	}
}

func TestAReportReachesTheOperator(t *testing.T) {
	w := newWorld(t)
	w.meet()
	id := w.anna.Send(w.atAnnas, "buy this")
	w.bert.AwaitText("buy this")
	w.bert.Do(port.Report{Chat: w.atBerts, Messages: []model.Ref{{ID: id}}, Reason: "scam", Block: true}, nil)
	if b := w.bert.State().Blocked; len(b) != 1 {
		t.Errorf("bert has blocked %+v", b)
	}
	all := relaytest.Reports(t, w.GatewayURL)
	if len(all) != 1 || all[0].Reason != "scam" || len(all[0].Messages) != 1 || string(all[0].Messages[0].Content) != "buy this" {
		t.Errorf("the operator has %+v", all)
	}
}

func TestASuspendedProviderClosesItsChats(t *testing.T) {
	w := newWorld(t)
	w.meet()
	at := w.bert.Mark()
	w.sandbox(http.MethodPost, "/providers/7", map[string]any{"suspended": true}, nil)
	closed(w.bert, at, w.atBerts, model.ClosedSuspended)
	awaitFailure(w.bert, w.bert.Send(w.atBerts, "still there?"), model.NotEnlisted)
	at = w.bert.Mark()
	w.sandbox(http.MethodPost, "/providers/7", map[string]any{}, nil)
	closed(w.bert, at, w.atBerts, model.Open)
	if got := notices(w.bert, w.atBerts); got != "provider_suspended provider_active" {
		t.Errorf("bert's thread says %s", got)
	}
}

func TestTheSafetyNumberIsTheSameOnBothSides(t *testing.T) {
	w := newWorld(t)
	w.meet()
	var a, b model.SafetyNumber
	w.anna.Do(port.SafetyNumber{Chat: w.atAnnas}, &a)
	w.bert.Do(port.SafetyNumber{Chat: w.atBerts}, &b)
	if a.Digits != b.Digits || len(a.Digits) != 60 {
		t.Errorf("%s and %s", a.Digits, b.Digits)
	}
	w.anna.Do(port.Verify{Chat: w.atAnnas, Verified: true, Digits: a.Digits}, nil)
	w.bert.Do(port.Verify{Chat: w.atBerts, Verified: true, Digits: a.Digits}, nil)
	w.bert.Send(w.atBerts, "it is me") // again a first message, with what his phone vouches for
	w.anna.AwaitText("it is me")
	w.anna.AwaitState(w.anna.Send(w.atAnnas, "and me"), model.Delivered)
	w.bert.AwaitState(w.bert.Send(w.atBerts, "good"), model.Delivered)
	if a, b := chat(w.anna, w.atAnnas), chat(w.bert, w.atBerts); !a.Verified || a.Held || !b.Verified || b.Held {
		t.Errorf("anna has %+v, bert %+v", a, b)
	}
}

func TestARequestIsDecidedOnAnyDevice(t *testing.T) {
	w := newWorld(t)
	on := true
	w.setConsent(port.SetConsent{Requests: &on})
	atAnnas := w.anna.OpenChat(w.phone)
	id := w.anna.Send(atAnnas, "who is this")
	w.bert.AwaitText("who is this")
	later := thirdparty.New(t, thirdparty.Config{Relay: w.URL, Name: "Bert", Phone: w.phone, Asked: true}) // was not there
	later.Connect()
	awaitChat(later, 0, "the request", w.atBerts, func(c model.Chat) bool { return c.Request && c.Contact.Name == "anna" })
	at := w.bert.Mark()
	later.Do(port.Accept{Chat: w.atBerts}, nil)
	awaitChat(w.bert, at, "that it is accepted", w.atBerts, func(c model.Chat) bool { return !c.Request && c.Met })
	w.anna.AwaitState(id, model.Delivered)
}
