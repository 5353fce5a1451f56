package main

import (
	"encoding/json"
	"syscall/js"

	"ferry/app/internal/browser/dom"
	"ferry/app/internal/model"
	"ferry/app/internal/ui/host"
)

// filesOf is globalThis.files: the page's files, driven by a test. What takes a
// while is told to a function, the last argument.
func filesOf(d *dom.Device) map[string]any {
	f := dom.NewFiles(d)
	var told [][]host.Picked
	over := []bool{}
	recording := []host.Recording{}
	f.OnFiles(func(p []host.Picked) { told = append(told, p) })
	f.OnDrag(func(v bool) { over = append(over, v) })
	fn := func(do func(a []js.Value)) js.Func {
		return js.FuncOf(func(_ js.Value, a []js.Value) any { do(a); return nil })
	}
	say := func(to js.Value, v any, err error) {
		out := map[string]any{"value": v}
		if err != nil {
			out["error"] = err.Error()
		}
		to.Invoke(text(out))
	}
	ref := func(a []js.Value) (model.ChatID, model.Ref) {
		return model.ChatID(a[0].String()), model.Ref{ID: model.MessageID(a[1].String()), FromMe: true}
	}
	return map[string]any{
		"state": js.FuncOf(func(js.Value, []js.Value) any {
			return text(map[string]any{"told": told, "over": over, "recording": recording})
		}),
		"handOver": fn(func(a []js.Value) {
			f.HandOver(model.FileID(a[0].String()), func(err error) { say(a[1], nil, err) })
		}),
		"discard": fn(func(a []js.Value) { f.Discard(model.FileID(a[0].String())) }),
		"url": js.FuncOf(func(_ js.Value, a []js.Value) any {
			return f.MediaURL(ref(a))
		}),
		"blob": fn(func(a []js.Value) {
			chat, r := ref(a)
			f.MediaBlob(chat, r, func(url string, err error) { say(a[2], url, err) })
		}),
		"save": fn(func(a []js.Value) {
			chat, r := ref(a)
			f.SaveMedia(chat, r, a[2].String(), func(err error) { say(a[3], nil, err) })
		}),
		"record": fn(func([]js.Value) { f.Record(func(r host.Recording) { recording = append(recording, r) }) }),
		"stop": fn(func(a []js.Value) {
			f.StopRecording(a[0].Bool(), func(p host.Picked, err error) { say(a[1], p, err) })
		}),
		"recent": fn(func(a []js.Value) {
			if a[0].Type() == js.TypeString {
				f.SetRecent([]string{a[0].String()})
			}
			say(a[1], f.Recent(), nil)
		}),
	}
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
