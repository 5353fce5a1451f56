package e2e

import (
	"strings"

	"go.mau.fi/whatsmeow/types/events"

	"ferry/relay/relaytest"
)

func (k *third) menu(action string) {
	k.t.Helper()
	k.press("#chat-more")
	k.press("#menu [data-action=" + action + "]")
}

// kateBlocks: whatsmeow is told that its message was taken, and nobody has it.
func (k *third) kateBlocks() {
	k.visit(k.path)
	k.menu("block")
	k.press("#block-confirm")
	k.seen("document.getElementById('blocked-bar') && !document.getElementById('composer')")
	k.ends("blocked")
	id, err := k.ada.SendText(k.ctx, k.alias, "into the void")
	k.ok(err)
	k.settled()
	if k.count("into the void") != 0 {
		k.t.Error("it shows what a blocked person wrote")
	}
	if n := receipts(k.ada, id); n != 0 {
		k.t.Errorf("whatsmeow has %d receipts from who blocked it", n)
	}
	k.press("#unblock")
	k.seen("document.getElementById('composer')")
	k.ends("unblocked")
	k.told("are we good?")
	if k.count("into the void") != 0 {
		k.t.Error("what was written while blocked has come later")
	}
	k.says("We are")
	k.bubble("We are", "delivered")
}

// adaBlocks: kate sees one tick, and nothing else is unlike before.
func (k *third) adaBlocks() {
	k.open()
	list, err := k.ada.WA.UpdateBlocklist(k.ctx, k.alias, events.BlocklistChangeActionBlock)
	k.ok(err)
	if len(list.JIDs) != 1 || list.JIDs[0] != k.alias {
		k.t.Errorf("whatsmeow's list is %v", list.JIDs)
	}
	k.send("Are you there?")
	k.bubble("Are you there?", "sent")
	k.settled()
	k.bubble("Are you there?", "sent")
	k.absent("document.querySelector('#closed, #blocked-bar, [data-state=failed]')", "kate can tell that she is blocked")
	k.notTo(k.ada, "Are you there?")
	_, err = k.ada.WA.UpdateBlocklist(k.ctx, k.alias, events.BlocklistChangeActionUnblock)
	k.ok(err)
	k.says("And now?")
	k.bubble("And now?", "delivered")
	k.notTo(k.ada, "Are you there?")
}

func (k *third) adaBlocksApp() {
	k.open()
	k.phone(map[string]any{"blockedProviders": []int{7}})
	k.seen("document.querySelector('#closed[data-why=consent_off]') && !document.getElementById('composer')")
	k.refused(k.ada, "to a blocked app", "471")
	k.phone(map[string]any{"blockedProviders": []int{}})
	k.seen("document.getElementById('composer') && !document.getElementById('closed')")
	k.says("The whole app, really?")
	k.bubble("The whole app, really?", "delivered")
}

func (k *third) reports() {
	k.open()
	harmless, bad := k.told("a private matter"), k.told("send me money")
	k.menu("report")
	k.seen("document.querySelector('#report-leaves[data-ready=true]')")
	if !k.is("document.querySelector('#shown-" + harmless + "').checked && document.querySelector('#shown-" + bad + "').checked") {
		k.t.Error("the last messages are not proposed")
	}
	const shown = "[...document.querySelectorAll('#report-leaves [data-shows]')].map(e => e.dataset.shows)"
	for _, id := range strings.Fields(k.eval(shown + ".join(' ')")) { // all that it proposes, but for one
		if id == bad {
			continue
		}
		k.press("#shown-" + id)
		// Before it is known what leaves, nothing is shown to leave.
		k.seen("document.querySelector('#report-leaves[data-ready=true]') && !" + shown + ".includes(" + quote(id) + ")")
	}
	if leaves := k.eval(shown + ".join(' ')"); leaves != bad {
		k.t.Errorf("the dialog shows %s, want %s", leaves, bad)
	}
	if k.is("document.getElementById('report-block').checked") {
		k.press("#report-block")
		k.seen("!document.getElementById('report-block').checked")
	}
	k.press("#reason-scam")
	k.seen("document.getElementById('reason-scam').checked && document.querySelector('#report-leaves[data-ready=true]')")
	k.press("#report-send")
	k.seen("!document.getElementById('report')")
	all := relaytest.Reports(k.t, k.w.GatewayURL)
	if len(all) != 1 || all[0].Reason != "scam" || len(all[0].Messages) != 1 || string(all[0].Messages[0].Content) != "send me money" {
		k.t.Errorf("the operator has %+v", all)
	}
	k.says("I told them") // who was reported is not blocked by that
}
