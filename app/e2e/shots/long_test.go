package main

import (
	"encoding/json"

	"github.com/chromedp/chromedp"
)

// still scrolls up through a chat of 100,000 messages, a step at a time, and
// has something happen after each: a message arrives, one above, in or below
// the screen grows or goes. It gives how far what is read moved at worst, in
// CSS pixels, how many bubbles there were at most, and what it read.
const still = `(async () => {
	const box = document.querySelector("#thread");
	const frames = async (n) => { while (n--) await new Promise(requestAnimationFrame); };
	const bubbles = () => [...box.querySelectorAll("[data-id]")];
	const number = (e) => parseInt(e.dataset.id.slice(4), 16);
	let worst = 0, most = 0, reached = 1e9, moved = "";
	const acts = [
		() => story.arrive(),
		(on) => story.edit(number(on[0]) - 3),
		(on) => story.edit(number(on.at(-1)) + 2),
		(on) => story.edit(number(on[1])),
		(on) => story.remove(number(on[0]) - 5),
		(on) => { document.querySelector(".thread-body").style.maxWidth = (600 + 10 * Math.round(20 * Math.random())) + "px"; },
	];
	for (let i = 0; i < 120; i++) {
		box.scrollTop -= 170 + 37 * (i % 9);
		await frames(i % 4);
		const upper = box.getBoundingClientRect().top, lower = box.getBoundingClientRect().bottom;
		await frames(i % 3); // with and without the browser having told of the scrolling
		const on = bubbles().filter((e) => { const r = e.getBoundingClientRect(); return r.top >= upper && r.bottom <= lower; });
		const read = on[0], before = read.getBoundingClientRect().top;
		acts[i % acts.length](on);
		await frames(5);
		const off = Math.abs(read.getBoundingClientRect().top - before);
		if (!read.isConnected || off > worst) { worst = read.isConnected ? off : 1e9; moved = "step " + i; }
		most = Math.max(most, bubbles().length);
		reached = Math.min(reached, ...bubbles().map(number));
		const sorted = bubbles().map((e) => e.getBoundingClientRect().top);
		if (sorted.some((y, k) => k && y < sorted[k - 1])) throw new Error("the page's order is not that of the screen");
		const ids = bubbles().map(number);
		if (ids.some((n, k) => k && n <= ids[k - 1])) throw new Error("out of order: " + ids);
	}
	return JSON.stringify({worst, most, reached, moved});
})()`

func longThreadStaysPut(h hands) {
	h.visit(miraPath, "huge", bubble)
	var got struct {
		Worst   float64
		Most    int
		Reached int
		Moved   string
	}
	raw, err := chromedp.Run(h.ctx, chromedp.Evaluate[string](still, chromedp.EvalAwaitPromise))
	if err == nil {
		err = json.Unmarshal([]byte(raw), &got)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Logf("%s", raw)
	if got.Worst > 1 {
		h.t.Errorf("what is read moved by %v pixels, at %s", got.Worst, got.Moved)
	}
	if got.Most > 125 {
		h.t.Errorf("%d bubbles were on the page", got.Most)
	}
	if got.Reached > 99_700 {
		h.t.Errorf("scrolling got no further than message %d", got.Reached)
	}
	value[bool](h, `document.querySelector("#jump").click() ?? true`)
	h.see(`document.querySelector("#thread").scrollTop === 0 && document.querySelector("#jump").disabled`)
	h.see(`[...document.querySelectorAll("#thread [data-id]")].at(-1).innerText.includes("Message 100020")`)
}
