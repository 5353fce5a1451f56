// Package consent tests who may write to whom, and what each side learns of it,
// with a third-party user and a WhatsApp user who are both our own client, and
// with whatsmeow, through a real relay and gateway.
package consent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// provider is Ferry's number at the sandbox's gateway.
const provider = 7

// world is a third-party user, anna, and a WhatsApp user, bert, who have not met.
type world struct {
	*relaytest.World
	t          *testing.T
	ctx        context.Context
	anna, bert *thirdparty.User
	phone      string       // bert's
	atAnnas    model.ChatID // bert, once met
	atBerts    model.ChatID // anna
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	w := &world{World: relaytest.Start(t, relaytest.Options{}), t: t, ctx: ctx, phone: "+4915510000010"}
	w.anna = thirdparty.New(t, thirdparty.Config{Relay: w.URL, Name: "anna", Asked: true})
	w.bert = thirdparty.New(t, thirdparty.Config{Relay: w.URL, Name: "Bert", Phone: w.phone, Asked: true})
	w.anna.Connect()
	w.bert.Connect()
	w.atBerts = model.ChatID(w.anna.State().Self.Address)
	thirdparty.Await(w.bert, "its consent", func(e port.ConsentChanged) bool { return e.Known })
	return w
}

// meet has bert write to anna first, who accepts.
func (w *world) meet() {
	w.t.Helper()
	w.bert.Do(port.OpenChat{Chat: w.atBerts}, nil)
	id := w.bert.Send(w.atBerts, "hello anna")
	w.atAnnas = w.anna.AwaitText("hello anna").Chat
	w.anna.Do(port.Accept{Chat: w.atAnnas}, nil)
	w.bert.AwaitState(id, model.Delivered)
}

func (w *world) setConsent(c port.SetConsent) (got model.Consent) {
	w.t.Helper()
	w.bert.Do(c, &got)
	return got
}

// sandbox calls the gateway's sandbox.
func (w *world) sandbox(method, path string, in, out any) {
	w.t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(w.ctx, method, w.GatewayURL+"/sandbox"+path, bytes.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		w.t.Fatalf("%s %s: %s", method, path, answer.Status)
	}
	if out != nil {
		if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
			w.t.Fatal(err)
		}
	}
}

// chat is what a list has of a chat.
func chat(u *thirdparty.User, id model.ChatID) model.Chat {
	for _, c := range u.State().Chats {
		if c.ID == id {
			return c
		}
	}
	return model.Chat{}
}

// awaitChat waits for a chat to become something.
func awaitChat(u *thirdparty.User, mark int, what string, id model.ChatID, fits func(model.Chat) bool) {
	thirdparty.AwaitAfter(u, mark, what, func(e port.ChatChanged) bool { return e.ID == id && fits(e.Chat) })
}

func closed(u *thirdparty.User, mark int, id model.ChatID, why model.ClosedWhy) {
	awaitChat(u, mark, fmt.Sprintf("its chat closed %q", why), id, func(c model.Chat) bool { return c.Closed == why })
}

// notices are the lines of a thread that are no messages.
func notices(u *thirdparty.User, id model.ChatID) string {
	var all []string
	for _, m := range u.Thread(id) {
		if m.Kind == model.KindNotice {
			all = append(all, string(m.Notice))
		}
	}
	return strings.Join(all, " ")
}

// heard are the states that others' receipts gave a message of u's since a mark.
func heard(u *thirdparty.User, mark int, id model.MessageID) (all []model.SendState) {
	for _, e := range thirdparty.AllAfter[port.MessageChanged](u, mark) {
		if e.ID == id && e.FromMe && !slices.Contains(all, e.State) {
			all = append(all, e.State)
		}
	}
	return all
}

// awaitFailure waits for an own message to fail.
func awaitFailure(u *thirdparty.User, id model.MessageID, why model.Failure) {
	thirdparty.Await(u, "a refusal", func(e port.MessageChanged) bool {
		return e.ID == id && e.State == model.Failed && e.Failure == why
	})
}

func (w *world) whatsmeow(phone, name string) *waclient.Client {
	w.t.Helper()
	c, err := waclient.NewUser(w.ctx, waclient.Sandbox{URL: w.GatewayURL}, phone, name)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	return c
}
