package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"syscall/js"
	"time"

	"ferry/app/internal/browser/jsx"
)

// Timeout ends a request that gets no answer.
const Timeout = 20 * time.Second

// maxBody bounds an answer, in octets as text.
const maxBody = 1 << 20

// JSON sends body, if it is not nil, to a path of our origin and reads the
// answer into out, if that is not nil. Failures are an *Error.
func JSON(ctx context.Context, method, path string, body, out any) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	a, err := do(ctx, method, path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if a.status < 200 || a.status > 299 {
		return fmt.Errorf("%s %s: %w", method, path, a.refusal())
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(a.text), out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, &Error{Status: a.status, Code: "malformed", Message: "The answer is not JSON."})
	}
	return nil
}

// answer is what came back.
type answer struct {
	status int
	text   string
	retry  string // the header Retry-After, in seconds
}

func (a answer) refusal() *Error {
	var v struct {
		Error struct{ Code, Message, Field string } `json:"error"`
	}
	if json.Unmarshal([]byte(a.text), &v) != nil || v.Error.Code == "" {
		v.Error.Code = fmt.Sprintf("http_%d", a.status)
	}
	e := &Error{Status: a.status, Code: v.Error.Code, Message: v.Error.Message, Field: v.Error.Field}
	if s, err := strconv.Atoi(a.retry); err == nil && s > 0 {
		e.Retry = time.Duration(s) * time.Second
	}
	return e
}

func do(ctx context.Context, method, path string, body any) (answer, error) {
	abort := js.Global().Get("AbortController").New()
	stop := context.AfterFunc(ctx, func() { abort.Call("abort") })
	defer stop()
	options := map[string]any{
		"method": method, "credentials": "same-origin", "cache": "no-store", "redirect": "error",
		"signal": abort.Get("signal"),
	}
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		options["body"] = string(raw)
		options["headers"] = map[string]any{"Content-Type": "application/json"}
	}
	res, err := jsx.Call(ctx, js.Global(), "fetch", path, options)
	if err != nil {
		return answer{}, lost(err)
	}
	headers := res.Get("headers")
	if n := headers.Call("get", "content-length"); n.Type() == js.TypeString && len(n.String()) > 7 {
		abort.Call("abort")
		return answer{}, &Error{Code: "malformed", Message: "The answer is too long."}
	}
	v, err := jsx.Call(ctx, res, "text")
	if err != nil {
		return answer{}, lost(err)
	}
	text := v.String()
	if len(text) > maxBody {
		return answer{}, &Error{Code: "malformed", Message: "The answer is too long."}
	}
	a := answer{status: res.Get("status").Int(), text: text}
	if v := headers.Call("get", "retry-after"); v.Type() == js.TypeString {
		a.retry = v.String()
	}
	return a, nil
}

// lost says that no answer came; an ended context stays what it is.
func lost(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return &Error{Code: Offline, Message: err.Error()}
}
