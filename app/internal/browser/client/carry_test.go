package client

import (
	"testing"
	"time"

	"ferry/app/internal/browser/frame"
	"ferry/app/internal/port"
)

// carrier takes what is sent, and what travels beside it.
type carrier struct {
	frames []frame.Frame
	loads  []any
}

func (c *carrier) Carry(b []byte, load any) {
	f, _ := frame.Parse(b)
	c.frames, c.loads = append(c.frames, f), append(c.loads, load)
}

func (c *carrier) Send(b []byte) { c.Carry(b, nil) }
func (c *carrier) Close()        {}

func TestAFileThatNoCoreHasTakenIsHandedToTheNextOne(t *testing.T) {
	var cores []*carrier
	var receive func([]byte)
	var dead func()
	c := New(Config{
		Spawn: func(fn func([]byte)) (Port, error) {
			receive = fn
			cores = append(cores, &carrier{})
			return cores[len(cores)-1], nil
		},
		Mourn: func(_ string, fn func()) func() { dead = fn; return func() {} },
		After: func(time.Duration, func()) {},
		Lock:  func(func(string)) {},
	})
	greet := func() {
		f, err := frame.JSON(frame.Hello, 0, frame.HelloInfo{Proto: port.Proto})
		if err != nil {
			t.Fatal(err)
		}
		receive(f.Marshal())
	}
	greet()
	file, answers := new(int), 0
	c.HandOver("0f", file, func(err error) {
		if answers++; err != nil {
			t.Error(err)
		}
	})
	dead()
	greet()
	for i, core := range cores {
		if len(core.frames) != 1 || core.frames[0].Op != frame.Stage || string(core.frames[0].Payload) != "0f" || core.loads[0] != any(file) {
			t.Fatalf("core %d got %+v beside %v", i, core.frames, core.loads)
		}
	}
	f, err := frame.JSON(frame.Reply, cores[1].frames[0].ID, port.Reply{})
	if err != nil {
		t.Fatal(err)
	}
	receive(f.Marshal())
	if answers != 1 {
		t.Errorf("%d answers", answers)
	}
}
