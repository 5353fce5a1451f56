package main

import (
	"errors"
	"syscall/js"
)

// Emoji loads the real ones, from the site of the stories.
func (f *files) Emoji(done func([]byte, error)) {
	var ok, text, bad js.Func
	release := func() { ok.Release(); text.Release(); bad.Release() }
	text = js.FuncOf(func(_ js.Value, args []js.Value) any {
		done([]byte(args[0].String()), nil)
		release()
		return nil
	})
	ok = js.FuncOf(func(_ js.Value, args []js.Value) any { return args[0].Call("text") })
	bad = js.FuncOf(func(js.Value, []js.Value) any {
		done(nil, errors.New("the emoji did not come"))
		release()
		return nil
	})
	js.Global().Call("fetch", js.Global().Get("ferry").Get("emoji")).Call("then", ok).Call("then", text, bad)
}

var recent = []string{"❤️", "👋🏽", "⛴️", "🎉", "😅"}

func (f *files) Recent() []string         { return recent }
func (f *files) SetRecent(emoji []string) { recent = emoji }
