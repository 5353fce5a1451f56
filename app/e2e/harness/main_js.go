// Command harness is a page without screens: a test drives the page's side of
// the browser through globalThis.harness.
package main

import (
	"encoding/json"
	"syscall/js"

	"ferry/app/internal/browser/dom"
	"ferry/app/internal/port"
	"ferry/app/internal/ui/host"
)

func main() {
	d := dom.NewDevice()
	var core host.Core
	resyncs, events := 0, []string{}
	js.Global().Set("files", filesOf(d))
	js.Global().Set("harness", map[string]any{
		"open": js.FuncOf(func(_ js.Value, args []js.Value) any {
			a := host.Account{ID: args[0].String(), Username: "ada"}
			d.Remember(a)
			core = d.OpenCore(a)
			core.Subscribe(func(batch []port.Event, resync bool) {
				if resync {
					resyncs++
				}
				for _, e := range batch {
					if raw, err := port.EncodeEvent(e); err == nil {
						events = append(events, string(raw))
					}
				}
			})
			return nil
		}),
		"do": js.FuncOf(func(_ js.Value, args []js.Value) any {
			done := args[1]
			cmd, err := port.DecodeCommand([]byte(args[0].String()))
			if err != nil {
				return err.Error()
			}
			core.Do(cmd, func(r port.Reply) {
				raw, err := json.Marshal(r)
				if err != nil {
					raw = []byte(err.Error())
				}
				done.Invoke(string(raw))
			})
			return nil
		}),
		"state": js.FuncOf(func(js.Value, []js.Value) any {
			raw, err := json.Marshal(map[string]any{"resyncs": resyncs, "events": events})
			if err != nil {
				return err.Error()
			}
			return string(raw)
		}),
		"draft":    js.FuncOf(func(_ js.Value, args []js.Value) any { return d.Draft(args[0].String()) }),
		"setDraft": js.FuncOf(func(_ js.Value, args []js.Value) any { d.SetDraft(args[0].String(), args[1].String()); return nil }),
		"wipe": js.FuncOf(func(_ js.Value, args []js.Value) any {
			done := args[0]
			d.Wipe(func(err error) {
				text := ""
				if err != nil {
					text = err.Error()
				}
				done.Invoke(text)
			})
			return nil
		}),
		"title": js.FuncOf(func(_ js.Value, args []js.Value) any { d.SetTitle(args[0].String()); return nil }),
	})
	select {}
}
