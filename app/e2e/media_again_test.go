package e2e

import (
	"bytes"
	"testing"

	"github.com/chromedp/chromedp"

	"ferry/relay/relaytest/waclient"
)

func TestOwnFilesGoOutWhateverStandsInTheirWay(t *testing.T) {
	w, k := filesWorld(t, "nina")

	// A photo shows from when it was chosen, also in a page that does not have it any more.
	pic := pngOf(t, photo(360, 180, 21))
	g := k.front.HoldUp(100)
	k.give("drop", madeFile{"slow.png", pic})
	k.looked(1)
	k.caption("a slow photo")
	k.sendTray()
	id := k.own("a slow photo", "pending")
	k.media(id, "uploading")
	k.shows(id, 360)
	k.do(chromedp.Reload())
	k.media(id, "uploading")
	k.shows(id, 360)
	if sum := k.sum(id, true); sum != sumOf(pic) {
		t.Errorf("the page has %s", sum)
	}
	g.Open()
	k.arrives("a slow photo", pic)

	// What the relay refuses fails, says why, and goes when it is tried again.
	for _, c := range []struct {
		status     int
		code, says string
	}{
		{403, "over_quota", "Your storage on the server is full."},
		{403, "forbidden", "The server refused to take it."},
	} {
		data := noise(40_000 + len(c.code))
		k.front.Refuses(c.status, c.code)
		k.give("drop", madeFile{c.code + ".bin", data})
		k.caption("refused: " + c.code)
		k.sendTray()
		id := k.own("refused: "+c.code, "failed")
		k.media(id, "failed")
		k.says(id, c.says)
		k.front.Refuses(0, "")
		k.act(id, "fetch")
		k.arrives("refused: "+c.code, data)
	}
	// Too big for it: trying again does not help, and is not offered.
	k.front.Refuses(413, "too_big")
	k.give("drop", madeFile{"giant.bin", noise(5000)})
	k.caption("a giant")
	k.sendTray()
	id = k.own("a giant", "failed")
	k.says(id, "It is larger than the server accepts.")
	if k.is(at(id) + ".querySelector('.media-bad [data-action=fetch]') !== null") {
		t.Error("it is offered to send again what is too big")
	}
	k.front.Refuses(0, "")

	// Without a relay it waits, and stays through a new page.
	w.StopRelay()
	late := noise(300_000)
	k.give("drop", madeFile{"late.bin", late})
	k.caption("a late file")
	k.sendTray()
	id = k.own("a late file", "pending")
	k.media(id, "uploading")
	k.do(chromedp.Reload())
	k.media(id, "uploading")
	w.StartRelay()
	k.arrives("a late file", late)
}

// arrives waits until Ada has the file, whole.
func (k *filesTalk) arrives(caption string, want []byte) {
	k.t.Helper()
	id := k.own(caption, "delivered")
	k.media(id, "local")
	m, got := k.gets(id)
	if _, kind := waclient.File(m.Message); !bytes.Equal(got, want) {
		k.t.Errorf("%s: Ada gets a %s of %d bytes, want %d", caption, kind, len(got), len(want))
	}
}
