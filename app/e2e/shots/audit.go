package main

// audit names what somebody would stumble over: controls without a name, ids
// that are there twice, and text or signs on a ground that they hardly stand out
// from (WCAG 2.2: 4.5 to 1, 3 to 1 for large text and for signs). A picture is
// taken for white, the worst that can be under white letters on a dark veil.
// What is covered, disabled or out of the window does not count.
const audit = `(() => {
	const faults = new Set();
	const what = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (e.className && e.className.baseVal === undefined ? "." + String(e.className).trim().replace(/\s+/g, ".") : "");
	const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });

	const ids = new Set();
	for (const e of document.querySelectorAll("[id]")) {
		if (ids.has(e.id)) faults.add("two of #" + e.id);
		ids.add(e.id);
	}

	const spoken = (e) => [...e.childNodes].map((n) => n.nodeType === 3 ? n.data :
		n.nodeType !== 1 || n.getAttribute("aria-hidden") === "true" ? "" : n.getAttribute("aria-label") || n.alt || spoken(n)).join("").trim();
	const name = (e) => (e.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => id && document.getElementById(id)?.textContent || "").join("").trim()
		|| e.getAttribute("aria-label") || [...(e.labels || [])].map((l) => l.textContent).join("").trim() || spoken(e) || e.title;
	for (const e of document.querySelectorAll("button, a[href], input, textarea, select, summary, dialog, [role=button], [role=slider], [role=option], [role=tab], [role=menuitem], [role=switch]"))
		if (shown(e) && !name(e)) faults.add("no name: " + what(e));

	const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const seen = new Map();
	const rgba = (color) => {
		if (!seen.has(color)) {
			paint.clearRect(0, 0, 1, 1);
			paint.fillStyle = color;
			paint.fillRect(0, 0, 1, 1);
			const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
			seen.set(color, [r, g, b, a / 255]);
		}
		return seen.get(color);
	};
	const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
	const light = (c) => c.slice(0, 3).map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
	const ground = (e) => {
		const layers = [];
		for (; e; e = e.parentElement) {
			if (e.matches(".pic-frame")) { layers.push([255, 255, 255, 1]); break; }
			layers.push(rgba(getComputedStyle(e).backgroundColor));
			if (layers.at(-1)[3] === 1) break;
		}
		return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
	};
	const dim = (e) => { let o = 1; for (; e; e = e.parentElement) o *= Number(getComputedStyle(e).opacity); return o; };
	const onTop = (e, r) => {
		const x = r.x + r.width / 2, y = r.y + r.height / 2;
		if (!r.width || x < 0 || y < 0 || x > innerWidth || y > innerHeight) return false;
		const hit = document.elementFromPoint(x, y);
		return !!hit && (e.contains(hit) || hit.contains(e));
	};
	const weigh = (e, color, under, need, text) => {
		const ink = [...color];
		ink[3] *= dim(e);
		const back = ground(under), got = ratio(over(ink, back), back);
		if (got < need) faults.add("contrast " + got.toFixed(2) + ": " + what(e) + " " + text);
	};
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	const range = document.createRange();
	for (let n; (n = walk.nextNode());) {
		const e = n.parentElement;
		if (!/[\p{L}\p{N}]/u.test(n.data) || e.closest("script, style, .sr, [disabled], :disabled, [aria-disabled=true]") || !shown(e)) continue;
		range.selectNodeContents(n);
		if (!onTop(e, range.getClientRects()[0] || { width: 0 })) continue;
		const s = getComputedStyle(e), size = parseFloat(s.fontSize), large = size >= 24 || size >= 18.66 && s.fontWeight >= 700;
		weigh(e, rgba(s.color), e, large ? 3 : 4.5, JSON.stringify(n.data.trim().slice(0, 24)));
	}
	for (const e of document.querySelectorAll("button .i, a .i, .state .i"))
		if (shown(e) && !e.closest(":disabled") && onTop(e, e.getBoundingClientRect())) weigh(e, rgba(getComputedStyle(e).backgroundColor), e.parentElement, 3, "");
	return [...faults].slice(0, 8).join("; ");
})()`
