//go:build !js

package headless

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"ferry/app/internal/model"
	"ferry/app/internal/port"
)

// maxLine bounds a command, in bytes: the longest text, escaped.
const maxLine = 1 << 20

// maxOpen bounds the commands that wait for their reply; then no more are read.
const maxOpen = 1000

// line is what is printed, and what is read.
type line struct {
	Type  string          `json:"type"`
	ID    json.RawMessage `json:"id,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
	Code  string          `json:"code,omitempty"`
	Error string          `json:"error,omitempty"`
}

// printer writes whole lines, from any goroutine.
type printer struct {
	mu  sync.Mutex
	out *bufio.Writer
}

func (p *printer) lines(all ...line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range all {
		b, err := json.Marshal(l)
		if err != nil {
			continue // an id that is no JSON cannot get here
		}
		p.out.Write(append(b, '\n'))
	}
	p.out.Flush() // if nobody listens any more, the end of input or a signal ends the program
}

func (p *printer) events(events []port.Event) {
	all := make([]line, 0, len(events))
	for _, e := range events {
		b, err := port.EncodeEvent(e)
		if err != nil {
			continue
		}
		var l line
		if json.Unmarshal(b, &l) == nil {
			all = append(all, l)
		}
	}
	p.lines(all...)
}

func (p *printer) reply(id json.RawMessage, r port.Reply) {
	p.lines(line{Type: "reply", ID: id, Value: r.Value, Code: r.Code, Error: r.Error})
}

// talk runs the engine, and passes lines both ways until something ends it.
func talk(ctx context.Context, d *desk, o options, in io.Reader, out io.Writer) error {
	e := d.engine
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &printer{out: bufio.NewWriter(out)}
	e.Subscribe(p.events)
	ended := make(chan error, 1)
	go func() {
		ended <- e.Run(ctx)
		cancel()
	}()
	var self model.Self
	var state port.State
	if r := e.Do(ctx, port.Snapshot{}); json.Unmarshal(r.Value, &state) == nil {
		self = state.Self
	}
	ready, err := json.Marshal(self)
	if err != nil {
		return err
	}
	p.lines(line{Type: "ready", Value: ready})
	if o.connect {
		if r := e.Do(ctx, port.Connect{}); r.Code != "" && ctx.Err() == nil {
			cancel()
			return errors.Join(errors.New("connect: "+r.Code+": "+r.Error), <-ended)
		}
	}
	read := make(chan error, 1)
	go func() { // ends with the input; reading cannot be interrupted
		err := commands(ctx, d, p, in)
		read <- err
		if !o.stay || err != nil {
			cancel()
		}
	}()
	err = <-ended
	select {
	case readErr := <-read:
		return errors.Join(err, readErr)
	default:
		return err
	}
}

// commands reads all lines, and returns when all replies are out.
func commands(ctx context.Context, d *desk, p *printer, in io.Reader) error {
	var waiting sync.WaitGroup
	room := make(chan struct{}, maxOpen)
	defer waiting.Wait()
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	for scanner.Scan() {
		if len(scanner.Bytes()) == 0 {
			continue
		}
		var l line
		var wait func() port.Reply
		err := json.Unmarshal(scanner.Bytes(), &l)
		if err == nil {
			wait, err = d.take(ctx, l, scanner.Bytes())
		}
		if err != nil {
			p.reply(l.ID, port.Reply{Code: "bad_command", Error: err.Error()})
			continue
		}
		room <- struct{}{}
		waiting.Go(func() {
			p.reply(l.ID, wait())
			<-room
		})
	}
	return scanner.Err()
}
