package engine

import (
	"context"
	"errors"
	"time"

	"ferry/relay/wire"
)

// grant is a WhatsApp user's leave to upload files, as last asked for.
type grant struct {
	auth  string
	until time.Time
}

// grantMargin is how long before its end a grant is not used any more: a large
// upload must begin before then.
const grantMargin = 5 * time.Minute

// UploadGrant gives leave to upload a WhatsApp user's files to the gateway's
// media host. Refused is one that it took no longer, or "". It waits for the
// gateway's answer, and may be called from any goroutine but a subscriber's.
func (e *Engine) UploadGrant(ctx context.Context, refused string) (string, error) {
	type answer struct {
		auth string
		err  error
	}
	got := make(chan answer, 1)
	e.post(func(t *turn) error {
		if e.leave.auth != "" && e.leave.auth != refused && e.cfg.Now().Before(e.leave.until) {
			got <- answer{auth: e.leave.auth}
			return nil
		}
		return e.ask(t, "set", "w:m", []wire.Node{wire.N("media_conn", nil)}, func(_ *turn, n wire.Node, err error) error {
			if err == nil {
				err = e.granted(n)
			}
			got <- answer{e.leave.auth, err}
			return nil
		})
	})
	select {
	case a := <-got:
		return a.auth, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	case <-e.done:
		return "", context.Canceled
	}
}

func (e *Engine) granted(n wire.Node) error {
	conn, ok := n.Child("media_conn")
	life, timed := conn.Uint("auth_ttl")
	if !ok || conn.Attr("auth") == "" {
		return errors.New("engine: no leave to upload files")
	}
	if !timed {
		life = 0
	}
	e.leave = grant{conn.Attr("auth"), e.cfg.Now().Add(time.Duration(min(life, 1<<20))*time.Second - grantMargin)}
	return nil
}
