package echo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/relay/internal/bus"
	"ferry/relay/internal/gateway/echo"
	"ferry/relay/internal/gateway/sandbox"
	"ferry/relay/internal/gateway/wastore"
	"ferry/relay/relaytest/waclient"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// studio is a place with contacts.
type studio struct {
	*place
	cast *echo.Cast
	stop func()
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	s := &studio{place: newPlace(t)}
	s.open()
	t.Cleanup(func() { s.stop() })
	return s
}

// open begins, or begins again, with what was kept.
func (s *studio) open() {
	s.t.Helper()
	b, err := s.bus.Bucket(s.t.Context(), "contacts", bus.BucketOptions{})
	must(s.t, err)
	s.cast = echo.NewCast(echo.CastConfig{
		Address: s.address, Root: s.gw.Root(), Store: wastore.OnBucket(b), Stage: s.gw.Sandbox(), Typing: -1,
		Log: slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	s.gw.Sandbox().Play(s.cast)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.cast.Run(ctx) }()
	stopped := false
	s.stop = func() {
		if !stopped {
			stopped = true
			cancel()
			must(s.t, <-ended)
		}
	}
}

// call makes a request to the sandbox; the answer has to be of that status.
func (s *studio) call(want int, method, path, body string, into any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(soon(s.t), method, "http://"+s.address+"/sandbox"+path, strings.NewReader(body))
	must(s.t, err)
	resp, err := http.DefaultClient.Do(r)
	must(s.t, err)
	defer resp.Body.Close() //nolint:errcheck // read to the end
	raw, err := io.ReadAll(resp.Body)
	must(s.t, err)
	if resp.StatusCode != want {
		s.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, raw)
	}
	if into != nil {
		must(s.t, json.Unmarshal(bytes.TrimSpace(raw), into))
	}
}

const ada = "+4915510000070"

// contact makes Ada, with these knobs.
func (s *studio) contact(knobs string) {
	s.t.Helper()
	if knobs != "" {
		knobs = "," + knobs
	}
	s.call(http.StatusCreated, http.MethodPost, "/contacts", `{"phone":"`+ada+`","name":"Ada"`+knobs+`}`, nil)
	s.t.Cleanup(func() {
		if is, err := s.cast.Contact(ada); s.t.Failed() {
			s.t.Logf("Ada in the end: %+v %v", is, err)
		}
	})
}

// knob changes Ada.
func (s *studio) knob(knobs string) (is sandbox.Contact) {
	s.t.Helper()
	s.call(http.StatusOK, http.MethodPatch, "/contacts/"+ada, knobs, &is)
	return is
}

var adasNumber = waclient.PN(strings.TrimPrefix(ada, "+"))

// until waits for Ada to be so.
func (s *studio) until(what string, so func(sandbox.Contact) bool) {
	s.t.Helper()
	for ctx := soon(s.t); ; {
		is, err := s.cast.Contact(ada) // there is none before Run has brought her back
		if err == nil && so(is) {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			s.t.Fatalf("waited in vain for %s: %+v", what, is)
		}
	}
}

func TestAContactDoesWhatItsScriptSays(t *testing.T) {
	s := newStudio(t)
	s.contact(`"script":"silent"`)
	rosa := s.user("+4915510000071")
	say := func(text string) string {
		id, err := rosa.SendText(soon(t), adasNumber, text)
		must(t, err)
		return id
	}
	id := say("one")
	_, err := rosa.AwaitReceipt(soon(t), id, types.ReceiptTypeDelivered)
	must(t, err)
	s.call(http.StatusOK, http.MethodGet, "/contacts/"+ada+"/messages?direction=received&text=one&wait=20", "", nil)
	s.knob(`{"script":"read"}`)
	id = say("two")
	_, err = rosa.AwaitReceipt(soon(t), id, types.ReceiptTypeRead)
	must(t, err)
	if texts := waclient.Texts(rosa); len(texts) > 0 {
		t.Errorf("it answered: %q", texts)
	}
	for _, r := range rosa.Receipts("one") {
		t.Errorf("a silent contact sent %v", r)
	}
	s.knob(`{"script":"echo"}`)
	say("three")
	m, err := rosa.AwaitText(soon(t), "three")
	must(t, err)
	if m.Info.PushName != "Ada" {
		t.Errorf("it calls itself %q", m.Info.PushName)
	}
	s.knob(`{"script":"flood","flood":40}`)
	say("four")
	_, err = rosa.AwaitText(soon(t), "Message 40 of 40")
	must(t, err)
	s.until("all receipts of the flood", func(is sandbox.Contact) bool { return is.Received == 4 && is.Sent == 41 })
	if d := rosa.Duplicates(); len(d) > 0 {
		t.Errorf("twice: %v", d)
	}
}

func TestAContactSendsEveryType(t *testing.T) {
	s := newStudio(t)
	s.contact(`"script":"everything"`)
	rosa := s.user("+4915510000072")
	id, err := rosa.SendText(soon(t), adasNumber, "show me")
	must(t, err)
	_, err = rosa.AwaitReaction(soon(t), id, "👍")
	must(t, err)
	_, err = rosa.AwaitReply(soon(t), id)
	must(t, err)
	for _, kind := range []waclient.Kind{waclient.Photo, waclient.Video, waclient.Voice, waclient.Document, waclient.Sticker} {
		m, err := rosa.AwaitMedia(soon(t), kind)
		must(t, err)
		if _, err := rosa.Download(soon(t), m); err != nil {
			t.Errorf("%v: %v", kind, err)
		}
	}
	for what, fits := range map[string]func(*events.Message) bool{
		"a contact":  func(m *events.Message) bool { return m.Message.GetContactMessage() != nil },
		"a location": func(m *events.Message) bool { return m.Message.GetLocationMessage() != nil },
		"a poll":     func(m *events.Message) bool { return m.Message.GetPollCreationMessage() != nil },
	} {
		_, err := rosa.AwaitMessage(soon(t), what, fits)
		must(t, err)
	}
	var all struct{ Messages []sandbox.Message }
	s.until("the last", func(is sandbox.Contact) bool { return is.Sent == 15 })
	s.call(http.StatusOK, http.MethodGet, "/contacts/"+ada+"/messages?direction=sent", "", &all)
	ids := map[string]string{}
	for _, m := range all.Messages {
		ids[m.Type] = m.ID
		if m.With != "+4915510000072" {
			t.Errorf("with %q", m.With)
		}
	}
	if len(ids) != 12 { // a reply is a text
		t.Errorf("sent %v", ids)
	}
}

func TestAContactIsSlowOfflineOrGone(t *testing.T) {
	s := newStudio(t)
	s.contact(`"slow":600000`)
	rosa := s.user("+4915510000073")
	id, err := rosa.SendText(soon(t), adasNumber, "well?")
	must(t, err)
	_, err = rosa.AwaitReceipt(soon(t), id, types.ReceiptTypeDelivered)
	must(t, err)
	if r := rosa.Receipts(id); len(r) != 1 {
		t.Errorf("a slow contact sent %v", r)
	}
	s.knob(`{"slow":0}`)
	_, err = rosa.AwaitText(soon(t), "well?")
	must(t, err)

	if is := s.knob(`{"offline":3600}`); is.Online || is.OfflineUntil == "" {
		t.Errorf("%+v", is)
	}
	id, err = rosa.SendText(soon(t), adasNumber, "and now?")
	must(t, err)
	s.call(http.StatusConflict, http.MethodPost, "/contacts/"+ada+"/messages", `{"to":"+4915510000073","text":"hm"}`, nil)
	if r := rosa.Receipts(id); len(r) != 0 {
		t.Errorf("a contact that is offline sent %v", r)
	}
	if is := s.knob(`{"offline":0}`); !is.Online || is.OfflineUntil != "" {
		t.Errorf("%+v", is)
	}
	_, err = rosa.AwaitText(soon(t), "and now?")
	must(t, err)

	s.call(http.StatusNoContent, http.MethodDelete, "/contacts/"+ada, "", nil)
	s.call(http.StatusNotFound, http.MethodGet, "/phones/"+ada, "", nil)
	s.call(http.StatusNotFound, http.MethodGet, "/contacts/"+ada, "", nil)
}

func TestAContactThatWasReinstalledHasOtherKeysAndCanStillBeTalkedTo(t *testing.T) {
	s := newStudio(t)
	s.contact("")
	rosa := s.user("+4915510000074")
	_, err := rosa.SendText(soon(t), adasNumber, "who are you?")
	must(t, err)
	_, err = rosa.AwaitText(soon(t), "who are you?")
	must(t, err)
	before := s.keys()
	s.knob(`{"reinstall":true}`)
	after := s.keys()
	if len(after) != 2 || before[0] == after[0] || before[1] == after[1] {
		t.Error("the keys are the same")
	}
	for ctx := soon(t); ; { // what she writes before she has heard of the new device is for the old one
		_, err = rosa.SendText(ctx, adasNumber, "and now?")
		must(t, err)
		wait, cancel := context.WithTimeout(ctx, 2*time.Second)
		_, err = rosa.AwaitText(wait, "and now?")
		cancel()
		if err == nil {
			break
		}
		must(t, ctx.Err())
	}
}

// keys are those of Ada's devices.
func (s *studio) keys() (out [][32]byte) {
	s.t.Helper()
	a, err := s.gw.Directory().PhoneByNumber(soon(s.t), ada)
	must(s.t, err)
	for _, d := range a.Devices {
		if d.Keys != nil {
			out = append(out, d.Keys.Identity)
		}
	}
	return out
}

func TestNobodyCanBeginAConversationWithBadKeys(t *testing.T) {
	s := newStudio(t)
	s.contact(`"badKeys":true`)
	rosa := s.user("+4915510000075")
	id, err := rosa.SendText(soon(t), adasNumber, "are you there?")
	if err == nil { // whatsmeow leaves out whom it has no good keys of
		if r := rosa.Receipts(id); len(r) != 0 {
			t.Errorf("it was received: %v", r)
		}
	}
	if is := s.knob(`{"badKeys":false}`); is.BadKeys || is.Received != 0 {
		t.Errorf("%+v", is)
	}
	_, err = rosa.SendText(soon(t), adasNumber, "and now?")
	must(t, err)
	_, err = rosa.AwaitText(soon(t), "and now?")
	must(t, err)
}

func TestAContactBlocksAndForgives(t *testing.T) {
	s := newStudio(t)
	s.contact("")
	rosa := s.user("+4915510000076")
	_, err := rosa.SendText(soon(t), adasNumber, "hello")
	must(t, err)
	_, err = rosa.AwaitText(soon(t), "hello")
	must(t, err)
	s.knob(`{"blocks":true}`)
	var phone sandbox.Phone
	s.call(http.StatusOK, http.MethodGet, "/phones/"+ada, "", &phone)
	if len(phone.Blocked) != 1 {
		t.Errorf("blocked %v", phone.Blocked)
	}
	s.knob(`{"blocks":false}`)
	s.call(http.StatusOK, http.MethodGet, "/phones/"+ada, "", &phone)
	if len(phone.Blocked) != 0 {
		t.Errorf("blocked %v", phone.Blocked)
	}
}

func TestAContactWithdrawsAfterSoManyMessages(t *testing.T) {
	s := newStudio(t)
	s.contact(`"withdrawAfter":2`)
	rosa := s.user("+4915510000077")
	for _, text := range []string{"one", "two"} {
		var phone sandbox.Phone
		s.call(http.StatusOK, http.MethodGet, "/phones/"+ada, "", &phone)
		if !phone.ThirdPartyChats {
			t.Errorf("off before %q", text)
		}
		_, err := rosa.SendText(soon(t), adasNumber, text)
		must(t, err)
		_, err = rosa.AwaitText(soon(t), text) // phones among themselves go on
		must(t, err)
	}
	var phone sandbox.Phone
	s.call(http.StatusOK, http.MethodGet, "/phones/"+ada, "", &phone)
	if phone.ThirdPartyChats {
		t.Error("still on")
	}
}

func TestAContactWritesFirstAndItsMessageIsFollowed(t *testing.T) {
	s := newStudio(t)
	s.contact("")
	rosa := s.user("+4915510000078")
	var m sandbox.Message
	s.call(http.StatusCreated, http.MethodPost, "/contacts/"+ada+"/messages", `{"to":"+4915510000078","text":"hi Rosa","until":"delivered"}`, &m)
	if m.State != "delivered" || m.With != "+4915510000078" || m.Text != "hi Rosa" {
		t.Errorf("%+v", m)
	}
	_, err := rosa.AwaitText(soon(t), "hi Rosa")
	must(t, err)
	s.call(http.StatusCreated, http.MethodPost, "/contacts/"+ada+"/messages", `{"to":"+4915510000078","type":"photo"}`, &m)
	_, err = rosa.AwaitMedia(soon(t), waclient.Photo)
	must(t, err)
	s.call(http.StatusNotFound, http.MethodPost, "/contacts/"+ada+"/messages", `{"to":"7/nobody","text":"hi"}`, nil)
	s.call(http.StatusUnprocessableEntity, http.MethodPost, "/contacts/"+ada+"/messages", `{"to":"+4915510000078","type":"song"}`, nil)
	s.call(http.StatusGatewayTimeout, http.MethodGet, "/contacts/"+ada+"/messages?text=never&wait=1", "", nil)
}

func TestContactsComeBackAfterARestartAndLeaveWithAReset(t *testing.T) {
	s := newStudio(t)
	s.contact(`"script":"read","slow":5`)
	before := s.keys()
	s.stop()
	s.open()
	s.until("her return", func(is sandbox.Contact) bool { return is.Online && is.Script == "read" && is.Slow == 5 })
	if after := s.keys(); len(after) != 2 || after[1] != before[1] {
		t.Error("she was linked anew")
	}
	s.call(http.StatusOK, http.MethodPut, "/faults", `{"rules":[{"fault":"drop","account":"`+ada+`"}]}`, nil)
	s.call(http.StatusNoContent, http.MethodPost, "/reset", "", nil)
	if left := s.cast.Contacts(); len(left) > 0 || len(s.gw.Faults().Rules) > 0 {
		t.Errorf("left: %+v, %+v", left, s.gw.Faults())
	}
	s.contact("")
	if after := s.keys(); len(after) != 2 || after[1] == before[1] {
		t.Error("the old keys are back")
	}
}
