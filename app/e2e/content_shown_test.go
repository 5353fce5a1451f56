package e2e

import (
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"ferry/relay/relaytest/waclient"
)

func mentions(k *talk) {
	text := fmt.Sprintf("@%s and @%s should meet @4915199999999", k.bob.User, k.ada.LID().User)
	id := k.did(k.ada.Send(k.ctx, k.bob, &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text:        &text,
		ContextInfo: &waE2E.ContextInfo{MentionedJID: []string{k.bob.String(), k.ada.LID().String(), "4915199999999@s.whatsapp.net"}},
	}}))
	k.shows(id, `[...e.querySelectorAll('.mention')].map(m => m.innerText).join() === '@bob,@' + `+quote(adasPhone)+` + ',@4915199999999'`)
	// They are kept over a reload, and in what quotes it.
	k.reload()
	k.shows(id, `[...e.querySelectorAll('.mention')].map(m => m.innerText).join() === '@bob,@' + `+quote(adasPhone)+` + ',@4915199999999'`)
	k.act(id, "[data-action=reply]")
	k.seen(`document.querySelector('#reply-bar')?.innerText.includes('@bob and @` + adasPhone + ` should meet')`)
	k.keys("let us")
	k.do(takenKey(kb.Enter))
	quoted := waclient.Context(k.gets(k.ada.AwaitReply(k.ctx, id)).Message).GetQuotedMessage()
	if got := waclient.Text(quoted); got != text {
		k.t.Errorf("whatsmeow finds %q quoted, want %q", got, text)
	}
	// Without a word of whom it means, an @ is no more than that.
	plain := k.hear("write to ada@example.org or @ada")
	k.without(plain, ".mention")
}

func contactCard(k *talk) {
	id := k.did(k.ada.SendContact(k.ctx, k.bob, "Charles", waclient.VCard("Charles Babbage", "+49 155 1234567")))
	k.shows(id, `e.dataset.kind === 'contact' && e.querySelector('.contact-name').innerText === 'Charles Babbage' && e.querySelector('.contact-value').innerText === '+49 155 1234567'`)
	hostile := k.did(k.ada.SendContact(k.ctx, k.bob, "x", waclient.VCard("<img src=x onerror=owned=1>", "javascript:alert(1)")))
	k.shows(hostile, `e.querySelector('.contact-name').innerText.includes('<img')`)
	k.without(hostile, "img, a[href], [data-do=message]")
	// Its number leads to a chat.
	k.ok(waclient.Sandbox{URL: k.w.GatewayURL}.CreatePhone(k.ctx, "+49 155 1234567", "Charles", true))
	k.press(bubbleOf(id) + " [data-do=message]")
	k.seen("location.pathname.startsWith('/chat') && location.pathname !== '" + k.path + "' && document.getElementById('composer')")
}

func place(k *talk) {
	id := k.did(k.ada.SendLocation(k.ctx, k.bob, 54.3233, 10.1394, "The pier", "Kiel"))
	k.shows(id, `e.dataset.kind === 'location' && e.innerText.includes('The pier') && e.innerText.includes('Kiel') && e.innerText.includes('54.32330')`)
	k.shows(id, `(a => a.href.includes('54.32330') && a.rel.includes('noreferrer') && a.target === '_blank')(e.querySelector('a.place-map'))`)
	k.without(id, "img, iframe") // nobody else learns of the place by its being shown
	bare := k.did(k.ada.SendLocation(k.ctx, k.bob, -33.5, -70.25, "", ""))
	k.shows(bare, `e.innerText.includes('33.50000° S') && e.innerText.includes('70.25000° W')`)
}

func placeholders(k *talk) {
	named := func(id, kind, title string) {
		k.t.Helper()
		k.shows(id, fmt.Sprintf(`e.dataset.kind === %s && e.querySelector('.stand-in .contact-name')?.innerText === %s`, quote(kind), quote(title)))
		k.without(id, "img, video, audio")
	}
	named(k.did(k.ada.SendPoll(k.ctx, k.bob, "Tea or coffee?", "tea", "coffee")), "poll", "Poll")
	named(k.did(k.ada.SendMedia(k.ctx, k.bob, waclient.Media{Kind: waclient.Sticker, Data: []byte("webp")})), "sticker", "Sticker")
	named(k.did(k.ada.SendMedia(k.ctx, k.bob, waclient.Media{Kind: waclient.Photo, Data: []byte("jpeg"), ViewOnce: true})), "view_once", "View-once message")
	named(k.did(k.ada.Send(k.ctx, k.bob, &waE2E.Message{GroupInviteMessage: &waE2E.GroupInviteMessage{
		GroupJID: proto.String("123@g.us"), GroupName: proto.String("Sailors"), InviteCode: proto.String("x"),
	}})), "invite", "Invitation to a group")
	// What not even whatsmeow has a name for.
	future := &waE2E.Message{}
	future.ProtoReflect().SetUnknown(protowire.AppendBytes(protowire.AppendTag(nil, 4242, protowire.BytesType), []byte("new")))
	named(k.did(k.ada.Send(k.ctx, k.bob, future)), "unknown", "Unknown message")
	// It can be answered and reacted to all the same.
	id := k.idOf("Poll")
	k.act(id, `[data-emoji="👍"]`)
	k.reacted(id, "👍")
}

const hostile = `<img src=x onerror="window.owned=1"> <b>no</b> &amp; <script>owned=1</script>`

func formatting(k *talk) {
	elements := func(id string) {
		k.t.Helper()
		for selector, text := range map[string]string{"strong": "bold", "em": "leaning", "s": "wrong", "code": "x := 1"} {
			k.shows(id, fmt.Sprintf(`e.querySelector('.text %s')?.innerText === %s`, selector, quote(text)))
		}
		k.shows(id, fmt.Sprintf(`e.querySelector('.text').textContent.includes(%s)`, quote(hostile)))
		k.shows(id, `[...e.querySelectorAll('a')].map(a => a.getAttribute('href')).join() === 'https://example.org/a_b_c' && e.querySelector('a').rel.includes('noreferrer')`)
		k.without(id, "img, b, script, .text [onerror]")
		if k.is("'owned' in window") {
			k.t.Error("what was written ran")
		}
	}
	text := "*bold* _leaning_ ~wrong~ `x := 1` https://example.org/a_b_c javascript:alert(1) " + hostile
	k.press("#composer")
	k.keys(text)
	k.value("composer", text)
	k.do(takenKey(kb.Enter))
	if m := k.gets(k.ada.AwaitText(k.ctx, text)); m.Info.Sender.ToNonAD() != k.bob { // as it was typed
		k.t.Errorf("whatsmeow has it from %s", m.Info.Sender)
	}
	mine := k.idOf("leaning")
	k.shows(mine, "e.dataset.mine === 'true' && e.dataset.state === 'delivered'")
	elements(mine)
	theirs := k.did(k.ada.SendText(k.ctx, k.bob, text))
	k.shows(theirs, "e.dataset.mine === 'false'")
	elements(theirs)

	// Over several lines: lists, quotes, code.
	lines := []string{"- oars", "- sails", "1. row", "2. rest", "> said the sea", "```", "a", " *b*", "```"}
	k.press("#composer")
	for i, line := range lines {
		if i > 0 {
			k.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(chromedp.ModifierShift)))
		}
		k.keys(line)
	}
	k.do(takenKey(kb.Enter))
	whole := strings.Join(lines, "\n")
	k.gets(k.ada.AwaitText(k.ctx, whole))
	shape := `[...e.querySelectorAll('ul li')].map(l => l.innerText).join() === 'oars,sails' && [...e.querySelectorAll('ol li')].map(l => l.value + l.innerText).join() === '1row,2rest' &&
		e.querySelector('blockquote').innerText.trim() === 'said the sea' && e.querySelector('pre').innerText === 'a\n *b*'`
	k.shows(k.idOf("said the sea"), shape)
	k.shows(k.did(k.ada.SendText(k.ctx, k.bob, whole)), shape)
	// The list of chats has the words alone.
	k.shows(k.did(k.ada.SendText(k.ctx, k.bob, "*plain* "+hostile)), "e.querySelector('strong')")
	k.seen(fmt.Sprintf("(e => e.textContent.includes('plain <img') && !e.querySelector('img'))(document.querySelector('#chat-list a[data-chat=\"%s\"]'))", k.chat()))
}

// chat is the id of the chat with Ada.
func (k *talk) chat() string {
	k.t.Helper()
	return k.eval("document.getElementById('thread').dataset.chat")
}
