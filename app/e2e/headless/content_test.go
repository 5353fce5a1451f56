package headless

import (
	"context"
	"testing"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/app/e2e/thirdparty"
	"ferry/app/internal/model"
	"ferry/app/internal/port"
	"ferry/relay/relaytest"
	"ferry/relay/relaytest/waclient"
)

// talk is anna, a third-party user, and ben, on an unmodified whatsmeow, who
// have said hello to each other.
type talk struct {
	*world
	anna  *thirdparty.User
	ben   *whatsApp
	chat  model.ChatID // ben, to anna
	alias types.JID    // anna, to ben

	hers      model.MessageID // "hello Ben"
	his       string          // "hello Anna"
	received  *events.Message // hers, at ben's
	hisToAnna model.Message   // his, at anna's
}

func newTalk(t *testing.T) *talk {
	t.Helper()
	w := newWorld(t, relaytest.Options{})
	k := &talk{world: w, anna: w.thirdParty("anna"), ben: w.whatsApp("Ben")}
	k.chat = k.anna.OpenChat(k.ben.phone)
	k.hers = k.anna.Send(k.chat, "hello Ben")
	k.received = k.ben.gets("hello Ben")
	k.alias = w.alias("anna")
	k.his = k.ben.send(k.alias, "hello Anna")
	k.hisToAnna = k.anna.AwaitText("hello Anna")
	return k
}

// did passes on what a helper of ben's returned.
func (k *talk) did(_ string, err error) {
	k.t.Helper()
	k.ok(err)
}

// finds waits for what ben is to see.
func finds(k *talk, await func(ctx context.Context) (*events.Message, error)) *events.Message {
	k.t.Helper()
	ctx, cancel := thirdparty.Within()
	defer cancel()
	m, err := await(ctx)
	k.ok(err)
	return m
}

// becomes waits until a message at anna's is as it should be.
func (k *talk) becomes(id model.MessageID, what string, ok func(m model.Message) bool) model.Message {
	k.t.Helper()
	return thirdparty.Await(k.anna, what, func(m port.MessageChanged) bool { return m.ID == id && ok(m.Message) }).Message
}

func TestRepliesCrossBothWays(t *testing.T) {
	k := newTalk(t)
	for _, c := range []struct {
		target model.Ref
		author types.JID
		text   string
	}{
		{model.Ref{ID: k.hisToAnna.ID}, k.ben.LID().ToNonAD(), "hello Anna"},
		{model.Ref{ID: k.hers, FromMe: true}, k.alias, "hello Ben"},
	} {
		k.anna.Do(port.SendText{Chat: k.chat, ID: thirdparty.NewID(), Text: "about " + c.text, ReplyTo: &c.target}, nil)
		m := finds(k, func(ctx context.Context) (*events.Message, error) { return k.ben.AwaitReply(ctx, string(c.target.ID)) })
		about := waclient.Context(m.Message)
		if about.GetParticipant() != c.author.String() || about.GetQuotedMessage().GetConversation() != c.text {
			t.Errorf("whatsmeow sees a reply to %v", about)
		}
	}
	k.did(k.ben.Reply(k.ctx, k.received, "I see"))
	m := k.anna.AwaitText("I see")
	if q := m.Reply; q == nil || q.ID != k.hers || !q.FromMe || q.Text != "hello Ben" || q.Order == 0 {
		t.Errorf("anna has a reply to %+v", m.Reply)
	}
	k.ben.once()
}

func TestReactionsCrossBothWays(t *testing.T) {
	k := newTalk(t)
	for _, emoji := range []string{"👍", "❤️", ""} {
		k.anna.Do(port.React{Chat: k.chat, ID: thirdparty.NewID(), Target: k.hisToAnna.Ref(), Emoji: emoji}, nil)
		m := finds(k, func(ctx context.Context) (*events.Message, error) { return k.ben.AwaitReaction(ctx, k.his, emoji) })
		if key := m.Message.GetReactionMessage().GetKey(); key.GetFromMe() {
			t.Error("anna calls ben's message her own")
		}
		k.did(k.ben.React(k.ctx, k.alias, k.alias, string(k.hers), emoji))
		k.becomes(k.hers, "ben's "+emoji, func(m model.Message) bool {
			return emoji == "" && len(m.Reactions) == 0 && m.State != model.Pending || len(m.Reactions) == 1 && m.Reactions[0].Emoji == emoji && !m.Reactions[0].FromMe
		})
	}
	k.did(k.ben.React(k.ctx, k.alias, k.ben.LID(), k.his, "😂")) // to his own
	k.becomes(k.hisToAnna.ID, "ben laughs", func(m model.Message) bool {
		return len(m.Reactions) == 1 && m.Reactions[0].Emoji == "😂" && !m.Reactions[0].FromMe
	})
	k.ben.once()
}

func TestEditsAndDeletionsCrossBothWays(t *testing.T) {
	k := newTalk(t)
	k.anna.Do(port.Edit{Chat: k.chat, ID: thirdparty.NewID(), Target: k.hers, Text: "hello dear Ben"}, nil)
	m := finds(k, func(ctx context.Context) (*events.Message, error) {
		return k.ben.AwaitEdit(ctx, string(k.hers), "hello dear Ben")
	})
	if !m.IsEdit || m.Info.Edit != types.EditAttributeMessageEdit {
		t.Errorf("whatsmeow sees %+v", m.Info)
	}
	k.did(k.ben.Edit(k.ctx, k.alias, k.his, "hello dear Anna"))
	k.becomes(k.hisToAnna.ID, "the edit", func(m model.Message) bool {
		return m.Text == "hello dear Anna" && !m.Edited.IsZero() && m.Order == k.hisToAnna.Order
	})
	k.anna.Do(port.Revoke{Chat: k.chat, ID: thirdparty.NewID(), Target: k.hers}, nil)
	m = finds(k, func(ctx context.Context) (*events.Message, error) { return k.ben.AwaitRevoke(ctx, string(k.hers)) })
	if m.Info.Edit != types.EditAttributeSenderRevoke {
		t.Errorf("whatsmeow sees %+v", m.Info)
	}
	k.did(k.ben.Revoke(k.ctx, k.alias, k.his))
	deleted := func(m model.Message) bool { return m.Kind == model.KindDeleted && m.Text == "" }
	k.becomes(k.hisToAnna.ID, "the deletion", deleted)
	if all := k.anna.Thread(k.chat); len(all) != 2 || !deleted(all[0]) || !deleted(all[1]) {
		t.Errorf("%+v", all)
	}
	k.ben.once()
}

func TestCardsPlacesAndWhatCannotBeShown(t *testing.T) {
	k := newTalk(t)
	k.did(k.ben.SendContact(k.ctx, k.alias, "Ada", waclient.VCard("Ada Lovelace", "+49 155 1234567")))
	k.did(k.ben.SendLocation(k.ctx, k.alias, 54.32, 10.14, "the pier", "Kiel"))
	k.did(k.ben.SendPoll(k.ctx, k.alias, "tea?", "yes", "no"))
	kind := func(kind model.Kind) model.Message {
		return thirdparty.Await(k.anna, "a message of kind "+string(kind), func(m port.MessageChanged) bool { return m.Kind == kind }).Message
	}
	if m := kind(model.KindContact); len(m.Cards) != 1 || m.Cards[0].Name != "Ada Lovelace" || len(m.Cards[0].Phones) != 1 || m.Cards[0].Phones[0] != "+49 155 1234567" {
		t.Errorf("%+v", m.Cards)
	}
	if m := kind(model.KindLocation); m.Place == nil || m.Place.Name != "the pier" || m.Place.Latitude != 54.32 || m.Place.Longitude != 10.14 {
		t.Errorf("%+v", m.Place)
	}
	if m := kind(model.KindPoll); m.Failure != model.NoFailure {
		t.Errorf("%+v", m)
	}
}

func TestPresenceAndRecordingCrossBothWays(t *testing.T) {
	k := newTalk(t)
	ctx, cancel := thirdparty.Within()
	defer cancel()
	k.ok(k.ben.Available(k.ctx, true))
	k.anna.Do(port.Active{Active: true}, nil)
	k.anna.Do(port.Watch{Chat: k.chat}, nil)
	thirdparty.Await(k.anna, "ben is there", func(p port.PeerPresence) bool { return p.Chat == k.chat && p.Online })
	k.ok(k.ben.Available(k.ctx, false))
	thirdparty.Await(k.anna, "ben was there", func(p port.PeerPresence) bool { return !p.Online && !p.LastSeen.IsZero() })
	k.ok(k.ben.Available(k.ctx, true))
	k.ok(k.ben.Subscribe(k.ctx, k.alias))
	_, err := k.ben.AwaitPresence(ctx, k.alias, true)
	k.ok(err)
	k.ok(k.ben.Recording(k.ctx, k.alias, true))
	thirdparty.Await(k.anna, "ben records", func(p port.PeerTyping) bool { return p.Composing && p.Recording })
	k.anna.Do(port.Typing{Chat: k.chat, Recording: true}, nil)
	_, err = k.ben.AwaitRecording(ctx, k.alias)
	k.ok(err)
	k.anna.Do(port.SetPrivacy{Privacy: model.Privacy{}}, nil)
	_, err = k.ben.AwaitPresence(ctx, k.alias, false)
	k.ok(err)
}
