package e2e

import (
	"fmt"

	"github.com/chromedp/chromedp/kb"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"ferry/relay/relaytest/waclient"
)

func replies(k *talk) {
	theirs, mine := k.hear("shall we take the ferry?"), k.say("I have bought tickets")

	// Bob answers Ada's message, by mouse, and then his own, by keyboard.
	k.act(theirs, "[data-action=reply]")
	k.seen(fmt.Sprintf(`document.querySelector('#reply-bar[data-mode=reply][data-quote="%s"]')?.innerText.includes('shall we take the ferry?')`, theirs))
	k.keys("yes, gladly")
	k.value("composer", "yes, gladly")
	k.do(takenKey(kb.Enter))
	k.bubble("yes, gladly", "delivered")
	k.quotes(theirs, k.ada.LID(), "shall we take the ferry?", "yes, gladly")
	answer := k.idOf("yes, gladly")
	k.shows(answer, fmt.Sprintf(`e.querySelector('.quote[data-quote="%s"][data-mine="false"]')?.innerText.includes('shall we take the ferry?')`, theirs))
	k.seen("!document.getElementById('reply-bar')")

	k.eval(fmt.Sprintf("document.getElementById('more-%s').focus()", mine))
	k.do(takenKey("r"))
	k.seen(fmt.Sprintf(`document.querySelector('#reply-bar[data-quote="%s"]')`, mine))
	k.seen("document.activeElement.id === 'composer'")
	k.keys("two of them")
	k.do(takenKey(kb.Enter))
	k.bubble("two of them", "delivered")
	k.quotes(mine, k.bob, "I have bought tickets", "two of them")

	// Ada answers.
	m := k.gets(k.ada.AwaitText(k.ctx, "yes, gladly"))
	back := k.did(k.ada.Reply(k.ctx, m, "see you at the pier"))
	k.shows(back, fmt.Sprintf(`e.innerText.includes('see you at the pier') && e.querySelector('.quote[data-quote="%s"][data-mine="true"]')?.innerText.includes('yes, gladly')`, answer))

	// The quote leads back, also where the original is far from what is on
	// screen, and to the place it has in the thread.
	for i := range 45 {
		k.did(k.ada.SendText(k.ctx, k.bob, fmt.Sprintf("wave %d", i)))
	}
	k.bubble("wave 44", "received")
	late := k.did(k.ada.Reply(k.ctx, m, "are you there yet?"))
	k.shows(late, "e.querySelector('.quote')")
	k.reload()
	k.shows(late, "e.querySelector('.quote')")
	if k.is(fmt.Sprintf("!!document.querySelector('%s')", bubbleOf(answer))) {
		k.t.Error("the whole chat is at hand: this shows nothing of going back in it")
	}
	k.press(bubbleOf(late) + " .quote")
	k.inView(answer)
	k.press("#jump")
	k.inView(late)
}

// quotes checks what whatsmeow makes of an answer of bob's.
func (k *talk) quotes(id string, author types.JID, text, answer string) {
	k.t.Helper()
	m := k.gets(k.ada.AwaitReply(k.ctx, id))
	if got := waclient.Text(m.Message); got != answer {
		k.t.Errorf("whatsmeow reads the answer %q, want %q", got, answer)
	}
	about := waclient.Context(m.Message)
	if about.GetStanzaID() != id || about.GetParticipant() != author.String() || waclient.Text(about.GetQuotedMessage()) != text {
		k.t.Errorf("whatsmeow sees an answer to %v, want to %q by %s", about, text, author)
	}
}

func reactions(k *talk) {
	theirs, mine := k.hear("I can row, too"), k.say("I can swim")

	// Bob's reaction: added and changed in the menu, changed again with the
	// picker, and removed in the list of who reacted.
	k.act(theirs, `[data-emoji="👍"]`)
	k.reacted(theirs, "👍")
	k.shows(theirs, `e.querySelector('.chip-mine[data-emoji="👍"]')`)
	k.act(theirs, `[data-emoji="❤️"]`)
	k.reacted(theirs, "❤️")
	k.shows(theirs, `e.querySelectorAll('.chip').length === 1 && e.querySelector('.chip-mine[data-emoji="❤️"]')`)
	k.act(theirs, "[data-action=react]")
	k.seen("document.activeElement.id === 'emoji-search'")
	k.keys("ferry")
	k.press(`#emoji .emoji-cell[aria-label="ferry"]`)
	k.reacted(theirs, "⛴️")
	k.shows(theirs, `e.querySelectorAll('.chip').length === 1 && e.querySelector('.chip-mine[data-emoji="⛴️"]')`)
	k.seen("!document.getElementById('emoji')")
	k.press(bubbleOf(theirs) + " .chip")
	k.press("#who [data-do=unreact]")
	k.reacted(theirs, "")
	k.shows(theirs, "!e.querySelector('.chip')")
	k.seen("!document.getElementById('who')")

	// Ada's, to a message of bob's and to one of her own.
	for _, emoji := range []string{"😂", "🎉"} {
		k.did(k.ada.React(k.ctx, k.bob, k.bob, mine, emoji))
		k.shows(mine, fmt.Sprintf(`e.querySelectorAll('.chip').length === 1 && e.querySelector('.chip[data-emoji="%s"]:not(.chip-mine)')`, emoji))
	}
	// Both with the same: one chip that counts two.
	k.act(mine, "[data-action=react]")
	k.seen("document.activeElement.id === 'emoji-search'")
	k.keys("tada")
	k.press(`#emoji .emoji-cell`)
	k.reacted(mine, "🎉")
	k.shows(mine, `e.querySelector('.chip-mine[data-emoji="🎉"] .chip-count')?.innerText === '2'`)
	k.did(k.ada.React(k.ctx, k.bob, k.bob, mine, ""))
	k.shows(mine, `e.querySelector('.chip-mine[data-emoji="🎉"]') && !e.querySelector('.chip-count')`)
	k.did(k.ada.React(k.ctx, k.bob, k.ada.LID(), theirs, "😢"))
	k.shows(theirs, `e.querySelector('.chip[data-emoji="😢"]:not(.chip-mine)')`)

	// All of it is there after a reload.
	k.reload()
	k.shows(mine, `e.querySelectorAll('.chip').length === 1 && e.querySelector('.chip-mine[data-emoji="🎉"]')`)
	k.shows(theirs, `e.querySelectorAll('.chip').length === 1 && e.querySelector('.chip[data-emoji="😢"]')`)
}

// reacted waits until whatsmeow has bob's reaction, and looks at what it names.
func (k *talk) reacted(id, emoji string) {
	k.t.Helper()
	m := k.gets(k.ada.AwaitReaction(k.ctx, id, emoji))
	mine := k.is(fmt.Sprintf("document.querySelector('%s').dataset.mine === 'true'", bubbleOf(id)))
	if key := m.Message.GetReactionMessage().GetKey(); key.GetFromMe() != mine || m.Info.Sender.ToNonAD() != k.bob {
		k.t.Errorf("whatsmeow sees a reaction of %s to %v", m.Info.Sender, key)
	}
}

func edits(k *talk) {
	mine := k.say("we sail at nine")
	// The key for what was sent last, then a change by keyboard.
	k.press("#composer")
	k.keys(kb.ArrowUp)
	k.seen("document.querySelector('#reply-bar[data-mode=edit]')")
	k.value("composer", "we sail at nine")
	k.keys(kb.End, " sharp")
	k.value("composer", "we sail at nine sharp")
	k.do(takenKey(kb.Enter))
	k.shows(mine, "e.innerText.includes('we sail at nine sharp') && e.querySelector('.edited')")
	m := k.gets(k.ada.AwaitEdit(k.ctx, mine, "we sail at nine sharp"))
	if !m.IsEdit || m.Info.Edit != types.EditAttributeMessageEdit || m.Info.Sender.ToNonAD() != k.bob {
		k.t.Errorf("whatsmeow sees %+v", m.Info)
	}
	// Once more, in the menu; and one that is given up leaves all as it was.
	k.act(mine, "[data-action=edit]")
	k.value("composer", "we sail at nine sharp")
	k.keys(kb.End, "!")
	k.do(takenKey(kb.Enter))
	k.gets(k.ada.AwaitEdit(k.ctx, mine, "we sail at nine sharp!"))
	k.shows(mine, "e.innerText.includes('we sail at nine sharp!')")
	k.act(mine, "[data-action=edit]")
	k.keys(kb.End, " never sent")
	k.press("#reply-cancel")
	k.value("composer", "")
	k.without(mine, ".quote")

	theirs := k.hear("the tide is at eihgt")
	k.did(k.ada.Edit(k.ctx, k.bob, theirs, "the tide is at eight"))
	k.shows(theirs, "e.innerText.includes('the tide is at eight') && e.querySelector('.edited')")
	k.press("#more-" + theirs) // whose words are not bob's to change
	k.seen("document.querySelector('#menu [data-action=delete]')")
	if k.is("!!document.querySelector('#menu [data-action=edit], #menu [data-action=revoke]')") {
		k.t.Error("the page offers to change or take back what Ada wrote")
	}
	k.keys(kb.Escape)
	k.seen("!document.getElementById('menu')")
	k.reload()
	k.shows(theirs, "e.innerText.includes('the tide is at eight') && !e.innerText.includes('eihgt')")
	k.shows(mine, "e.innerText.includes('we sail at nine sharp!') && e.querySelector('.edited')")
}

func revocations(k *talk) {
	mine, theirs := k.say("do not tell anyone"), k.hear("my secret")
	k.act(mine, "[data-action=revoke]")
	k.press("#confirm")
	m := k.gets(k.ada.AwaitRevoke(k.ctx, mine))
	if m.Info.Edit != types.EditAttributeSenderRevoke || m.Info.Sender.ToNonAD() != k.bob {
		k.t.Errorf("whatsmeow sees %+v", m.Info)
	}
	deleted := "e.dataset.kind === 'deleted' && !e.innerText.includes('%s') && !e.querySelector('.chip, .quote')"
	k.shows(mine, fmt.Sprintf(deleted, "do not tell"))
	k.did(k.ada.Revoke(k.ctx, k.bob, theirs))
	k.shows(theirs, fmt.Sprintf(deleted, "my secret"))
	k.reload()
	k.shows(mine, fmt.Sprintf(deleted, "do not tell"))
	k.shows(theirs, fmt.Sprintf(deleted, "my secret"))
	if k.is("document.body.innerHTML.includes('my secret') || document.body.innerHTML.includes('do not tell anyone')") {
		k.t.Error("what was deleted is still on the page")
	}
}

func deletions(k *talk) {
	mine, theirs := k.say("forget what I said"), k.hear("forget what I said, too")
	for _, id := range []string{mine, theirs} {
		k.act(id, "[data-action=delete]")
		k.seen(fmt.Sprintf("!document.querySelector('%s')", bubbleOf(id)))
	}
	k.press("#undo") // takes back the last
	k.shows(theirs, "true")
	k.act(theirs, "[data-action=delete]")
	k.reload() // which does not take it back
	k.seen("document.querySelector('[data-id]')")
	for _, id := range []string{mine, theirs} {
		if k.is(fmt.Sprintf("!!document.querySelector('%s')", bubbleOf(id))) {
			k.t.Errorf("%s came back", id)
		}
	}
	// Ada still has it, and learns nothing: what she gets next is the next message.
	k.say("nothing happened")
	for _, m := range waclient.All[*events.Message](k.ada) {
		if p := m.Message.GetProtocolMessage(); p.GetType() == waE2E.ProtocolMessage_REVOKE && (p.GetKey().GetID() == mine || p.GetKey().GetID() == theirs) && p.Type != nil {
			k.t.Error("Ada was told of a deletion that was for bob alone")
		}
	}
	k.did(k.ada.Edit(k.ctx, k.bob, theirs, "it is back")) // and cannot bring it back
	k.hear("or did it?")
	if k.count("it is back") != 0 {
		k.t.Error("an edit brought back what was deleted")
	}
}
