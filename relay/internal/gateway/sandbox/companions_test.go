package sandbox_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"testing"

	"ferry/relay/relaytest/waclient"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func TestTwoUsersPairTalkAndSeeTicks(t *testing.T) {
	h := start(t)
	anna, bert := h.user("+4915510000010", "Anna"), h.user("+4915510000011", "Bert")
	if anna.PN().User != "4915510000010" || anna.LID().Server != types.HiddenUserServer {
		t.Errorf("anna is %v, %v", anna.PN(), anna.LID())
	}
	m := talk(t, anna, bert, "hello bert")
	if m.Info.PushName != "Anna" {
		t.Errorf("push name %q", m.Info.PushName)
	}
	must(t, bert.Typing(soon(t), m.Info.Chat, true))
	if _, err := anna.AwaitTyping(soon(t), bert.PN()); err != nil {
		if _, err := anna.AwaitTyping(soon(t), bert.LID()); err != nil {
			t.Error("typing:", err)
		}
	}
	must(t, bert.MarkRead(soon(t), m))
	if _, err := anna.AwaitReceipt(soon(t), m.Info.ID, waclient.Read); err != nil {
		t.Error("read:", err)
	}
	talk(t, bert, anna, "hello anna")
	talk(t, anna, bert, "a third one, in a session by now")
	if d := append(anna.Duplicates(), bert.Duplicates()...); len(d) > 0 {
		t.Errorf("shown twice: %v", d)
	}
}

func TestPairedClientComesBackToARestartedGateway(t *testing.T) {
	h := start(t)
	store := waclient.NewStore()
	must(t, h.box().CreatePhone(soon(t), "+4915510000012", "Cleo", true))
	cleo := h.companion("+4915510000012", store)
	dora := h.user("+4915510000013", "Dora")
	talk(t, dora, cleo, "before")
	cleo.Close()
	id, err := dora.SendText(soon(t), waclient.PN("4915510000012"), "while you were away")
	must(t, err)

	h.stop()
	h.run()
	again := h.client(store)
	must(t, again.Connect(soon(t)))
	m, err := again.AwaitText(soon(t), "while you were away")
	must(t, err)
	if m.Info.ID != id {
		t.Errorf("id %s", m.Info.ID)
	}
	if _, err := dora.AwaitReceipt(soon(t), id, waclient.Delivered); err != nil {
		t.Error("dora, who has come back by herself:", err)
	}
	talk(t, again, dora, "after")
}

func TestSeveralCompanionsOfOnePhoneAllGetEverything(t *testing.T) {
	h := start(t)
	must(t, h.box().CreatePhone(soon(t), "+4915510000014", "Emil", true))
	desk := h.companion("+4915510000014", nil)
	fred := h.user("+4915510000015", "Fred")
	talk(t, fred, desk, "to the only one") // fred knows one companion now
	tablet := h.companion("+4915510000014", nil)
	if desk.PN() != tablet.PN() || desk.Device() == tablet.Device() {
		t.Fatalf("devices %d and %d", desk.Device(), tablet.Device())
	}
	id, err := fred.SendText(soon(t), desk.PN(), "to both")
	must(t, err)
	for _, c := range []*waclient.Client{desk, tablet} {
		if m, err := c.AwaitText(soon(t), "to both"); err != nil || m.Info.ID != id {
			t.Error(err)
		}
	}
	_, err = desk.SendText(soon(t), fred.PN(), "from the desk")
	must(t, err)
	if _, err := fred.AwaitText(soon(t), "from the desk"); err != nil {
		t.Error(err)
	}
	own, err := waclient.Await(soon(t), tablet, func(m *events.Message) bool {
		return m.Info.IsFromMe && waclient.Text(m.Message) == "from the desk"
	})
	if err != nil {
		t.Error("the tablet has no copy:", err)
	} else if own.Info.Chat.User != fred.PN().User && own.Info.Chat.User != fred.LID().User {
		t.Errorf("copy in chat %v", own.Info.Chat)
	}
}

func TestUnlinkedCompanionIsLoggedOutAndMayPairAnew(t *testing.T) {
	h := start(t)
	const phone = "+4915510000016"
	gina := h.user(phone, "Gina")
	device := gina.Device()
	must(t, h.box().Unlink(soon(t), phone, device))
	out, err := gina.AwaitLoggedOut(soon(t))
	must(t, err)
	if out.OnConnect {
		t.Error("logged out only at the next login")
	}
	again := h.companion(phone, nil)
	if again.Device() <= device {
		t.Errorf("device number %d after %d", again.Device(), device)
	}
	talk(t, h.user("+4915510000017", "Hugo"), again, "welcome back")
}

func TestCompanionThatWasUnlinkedWhileAwayLearnsItAtLogin(t *testing.T) {
	h := start(t)
	const phone = "+4915510000018"
	ida := h.user(phone, "Ida")
	device := ida.Device()
	ida.Disconnect()
	must(t, h.box().Unlink(soon(t), phone, device))
	if err := ida.Connect(soon(t)); err == nil {
		t.Error("logged in")
	}
	if out, err := ida.AwaitLoggedOut(soon(t)); err != nil || !out.OnConnect {
		t.Errorf("%+v, %v", out, err)
	}
	if ida.Paired() {
		t.Error("the client has kept its device")
	}
}

func TestDeletedPhoneLogsItsCompanionsOut(t *testing.T) {
	h := start(t)
	const phone = "+4915510000019"
	jan := h.user(phone, "Jan")
	lid := jan.LID()
	must(t, h.box().DeletePhone(soon(t), phone))
	if _, err := jan.AwaitLoggedOut(soon(t)); err != nil {
		t.Error(err)
	}
	var api *waclient.APIError
	if _, err := h.box().Scan(soon(t), phone, "x"); !errors.As(err, &api) || api.Code != "unknown_phone" {
		t.Error(err)
	}
	must(t, h.box().CreatePhone(soon(t), phone, "Jan again", true))
	other := h.companion(phone, nil)
	if other.LID() == lid {
		t.Error("a new account has the old one's hidden identity")
	}
}

func TestClientThatLogsItselfOutIsGone(t *testing.T) {
	h := start(t)
	kim := h.user("+4915510000020", "Kim")
	lea := h.user("+4915510000021", "Lea")
	talk(t, kim, lea, "bye soon")
	must(t, kim.Logout(soon(t)))
	if kim.Paired() {
		t.Error("still paired")
	}
	if _, err := lea.SendText(soon(t), waclient.PN("4915510000020"), "are you there?"); err != nil {
		t.Error("mail to a phone without companions:", err)
	}
}

// alter changes field n of a QR text.
func alter(qr string, n int, value string) string {
	prefix := ""
	if i := strings.IndexByte(qr, '#'); i >= 0 {
		prefix, qr = qr[:i+1], qr[i+1:]
	}
	fields := strings.Split(qr, ",")
	fields[n] = value
	return prefix + strings.Join(fields, ",")
}

func TestWrongScansCostNothing(t *testing.T) {
	h := start(t)
	const phone = "+4915510000022"
	must(t, h.box().CreatePhone(soon(t), phone, "Max", true))
	max := h.client(nil)
	other := base64.StdEncoding.EncodeToString(make([]byte, 32))
	used := ""
	err := max.Pair(soon(t), func(ctx context.Context, qr string) error {
		for name, wrong := range map[string]string{
			"unknown_qr: ref":      alter(qr, 0, "2@nobody"),
			"unknown_qr: noise":    alter(qr, 1, other),
			"unknown_qr: identity": alter(qr, 2, other),
			"bad_qr: text":         "hello",
		} {
			_, err := h.box().Scan(ctx, phone, wrong)
			var api *waclient.APIError
			if want, _, _ := strings.Cut(name, ":"); !errors.As(err, &api) || api.Code != want {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := h.box().Scan(ctx, phone, qr)
		used = qr
		return err
	})
	must(t, err)
	if _, err := h.box().Scan(soon(t), phone, used); err == nil {
		t.Error("a QR text was good for two scans")
	}
}

func TestNewFormOfQRTextPairsToo(t *testing.T) {
	h := start(t)
	const phone = "+4915510000023"
	must(t, h.box().CreatePhone(soon(t), phone, "Nora", true))
	nora := h.client(nil)
	must(t, nora.Pair(soon(t), func(ctx context.Context, qr string) error {
		_, err := h.box().Scan(ctx, phone, "https://wa.me/settings/linked_devices#"+qr+",9")
		return err
	}))
}

func TestClientRefusesAPhoneThatDoesNotKnowItsSecret(t *testing.T) {
	h := start(t)
	const phone = "+4915510000024"
	must(t, h.box().CreatePhone(soon(t), phone, "Olga", true))
	olga := h.client(nil)
	var api *waclient.APIError
	err := olga.Pair(soon(t), func(ctx context.Context, qr string) error {
		_, err := h.box().Scan(ctx, phone, alter(qr, 3, base64.StdEncoding.EncodeToString(make([]byte, 32))))
		return err
	})
	if !errors.As(err, &api) || api.Code != "pairing_refused" {
		t.Errorf("got %v", err)
	}
	e, err := waclient.Await[*events.PairError](soon(t), olga, nil)
	if err != nil || !errors.Is(e.Error, whatsmeow.ErrPairInvalidDeviceIdentityHMAC) {
		t.Errorf("the client says %v, %v", e, err)
	}
	again := h.companion(phone, nil)
	if again.Device() == 0 {
		t.Error("paired as the phone itself")
	}
}

func TestNewerConnectionOfADeviceReplacesTheOlder(t *testing.T) {
	h := start(t)
	store := waclient.NewStore()
	const phone = "+4915510000025"
	must(t, h.box().CreatePhone(soon(t), phone, "Paul", true))
	first := h.companion(phone, store)
	second := h.client(store.Clone())
	must(t, second.Connect(soon(t)))
	if _, err := waclient.Await[*events.StreamReplaced](soon(t), first, nil); err != nil {
		t.Error(err)
	}
}

func TestManyMessagesBothWaysAtOnceArriveOnceEachAndInOrder(t *testing.T) {
	const n = 150
	h := start(t)
	quinn, rita := h.user("+4915510000026", "Quinn"), h.user("+4915510000027", "Rita")
	// One session first: when both sides begin one at the same moment, libsignal spoils the current state of the
	// session while it finds out that a message belongs to an older state, and messages need to be sent again.
	talk(t, quinn, rita, "first")
	talk(t, rita, quinn, "first")
	ctx := soon(t)
	sent := make(chan error, 2)
	for _, pair := range [][2]*waclient.Client{{quinn, rita}, {rita, quinn}} {
		go func() {
			for i := range n {
				if _, err := pair[0].SendText(ctx, pair[1].PN(), strconv.Itoa(i)); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
	}
	must(t, errors.Join(<-sent, <-sent))
	for _, c := range []*waclient.Client{quinn, rita} {
		next := 0
		err := waclient.Follow(ctx, c, func(m *events.Message) bool {
			if got := waclient.Text(m.Message); got == "first" {
				return true
			} else if got != strconv.Itoa(next) {
				t.Errorf("%q in place of %d", got, next)
				return false
			}
			next++
			return next < n
		})
		must(t, err)
		if d := c.Duplicates(); len(d) > 0 {
			t.Errorf("shown twice: %v", d)
		}
		if u := waclient.All[*events.UndecryptableMessage](c); len(u) > 0 {
			t.Errorf("%d messages could not be decrypted at first", len(u))
		}
	}
}
