//go:build js

// Package jsx is the small change between Go and JavaScript: awaiting promises,
// moving bytes, turning exceptions into errors.
package jsx

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"
)

// Error is a JavaScript exception or rejection, a DOMException for instance.
type Error struct {
	Name    string // "QuotaExceededError", "TypeError"…
	Message string
}

func (e *Error) Error() string { return e.Name + ": " + e.Message }

// ErrorOf makes an Error of whatever JavaScript threw.
func ErrorOf(v js.Value) *Error {
	if v.Type() != js.TypeObject {
		return &Error{Name: "Error", Message: v.String()}
	}
	return &Error{Name: text(v.Get("name")), Message: text(v.Get("message"))}
}

func text(v js.Value) string {
	if v.Type() == js.TypeString {
		return v.String()
	}
	return ""
}

// Name returns the name of the JavaScript exception inside err, "" if there is none.
func Name(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Name
	}
	return ""
}

// Try calls f and returns what JavaScript threw in it as an *Error. Panics of
// Go pass through.
func Try(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case js.Error:
			err = ErrorOf(r.Value)
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// Await blocks until the promise settles or ctx ends. It must not be called
// inside a js.FuncOf callback, which would stop the event loop.
func Await(ctx context.Context, promise js.Value) (js.Value, error) {
	type outcome struct {
		value js.Value
		err   error
	}
	done := make(chan outcome, 1)
	var ok, bad js.Func
	release := func() { ok.Release(); bad.Release() }
	ok = js.FuncOf(func(_ js.Value, args []js.Value) any {
		defer release()
		done <- outcome{value: first(args)}
		return nil
	})
	bad = js.FuncOf(func(_ js.Value, args []js.Value) any {
		defer release()
		done <- outcome{err: ErrorOf(first(args))}
		return nil
	})
	promise.Call("then", ok, bad)
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return js.Undefined(), ctx.Err()
	}
}

func first(args []js.Value) js.Value {
	if len(args) == 0 {
		return js.Undefined()
	}
	return args[0]
}

// Call is Await of a method call; what the call throws is an error too.
func Call(ctx context.Context, v js.Value, method string, args ...any) (js.Value, error) {
	var promise js.Value
	if err := Try(func() { promise = v.Call(method, args...) }); err != nil {
		return js.Undefined(), fmt.Errorf("%s: %w", method, err)
	}
	out, err := Await(ctx, promise)
	if err != nil {
		return js.Undefined(), fmt.Errorf("%s: %w", method, err)
	}
	return out, nil
}

var (
	uint8Array  = js.Global().Get("Uint8Array")
	arrayBuffer = js.Global().Get("ArrayBuffer")
)

// Uint8 copies b into a new Uint8Array with a buffer of its own.
func Uint8(b []byte) js.Value {
	v := uint8Array.New(len(b))
	js.CopyBytesToJS(v, b)
	return v
}

// Bytes copies a Uint8Array or ArrayBuffer; anything else gives false.
func Bytes(v js.Value) ([]byte, bool) {
	switch {
	case v.InstanceOf(uint8Array):
	case v.InstanceOf(arrayBuffer):
		v = uint8Array.New(v)
	default:
		return nil, false
	}
	b := make([]byte, v.Get("length").Int())
	js.CopyBytesToGo(b, v)
	return b, true
}

// ByteLength is the size of a Uint8Array or ArrayBuffer, -1 for anything else.
func ByteLength(v js.Value) int {
	if n := v.Get("byteLength"); n.Type() == js.TypeNumber {
		return n.Int()
	}
	return -1
}

// Listen adds an event listener; the returned function removes it.
// The handler must not block.
func Listen(target js.Value, event string, handler func(js.Value)) (remove func()) {
	fn := js.FuncOf(func(_ js.Value, args []js.Value) any {
		handler(first(args))
		return nil
	})
	target.Call("addEventListener", event, fn)
	return func() {
		target.Call("removeEventListener", event, fn)
		fn.Release()
	}
}

// Hold asks for a Web Lock and calls granted once it is held; the lock is kept
// until release is called, or for the life of the agent. Mode is "exclusive" or
// "shared". An error says that the request failed or was aborted.
func Hold(name, mode string, steal bool, granted func(), failed func(error)) (release func()) {
	var resolve js.Value
	var released bool
	locks := js.Global().Get("navigator").Get("locks")
	executor := js.FuncOf(func(_ js.Value, args []js.Value) any {
		resolve = args[0]
		if released {
			resolve.Invoke()
		}
		return nil
	})
	held := js.FuncOf(func(_ js.Value, _ []js.Value) any {
		p := js.Global().Get("Promise").New(executor)
		executor.Release()
		if !released {
			granted()
		}
		return p
	})
	options := map[string]any{"mode": mode}
	if steal {
		options = map[string]any{"steal": true}
	}
	promise := locks.Call("request", name, options, held)
	go func() {
		if _, err := Await(context.Background(), promise); err != nil && failed != nil {
			failed(err)
		}
		held.Release()
	}()
	return func() {
		released = true
		if resolve.Type() == js.TypeFunction {
			resolve.Invoke()
		}
	}
}
