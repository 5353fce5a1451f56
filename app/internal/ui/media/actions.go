package media

import (
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
)

// Action is an entry of a message's menu.
type Action struct {
	Name  string // for data-action: "save", "fetch", "stop"
	Icon  string
	Label string
	Do    func()
}

// Actions are what can be done with a message's attachment now.
func Actions(c *control.Control, m model.Message) []Action { return nil }
