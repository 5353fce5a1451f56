package media

import (
	"ferry/app/internal/model"
	"ferry/app/internal/ui/control"
	"ferry/app/internal/ui/view"
)

// Action is an entry of a message's menu.
type Action struct {
	Name  string // for data-action: "save", "fetch", "stop"
	Icon  string
	Label string
	Do    func()
}

// Actions are what can be done with a message's attachment now.
func Actions(c *control.Control, m model.Message) []Action {
	if m.Media == nil {
		return nil
	}
	k := control.KeyOf(m)
	var all []Action
	if view.OnDevice(m) {
		all = append(all, Action{"save", "save", c.L.Media.Play.Save, func() { c.SaveMedia(k) }})
	}
	moved, live := c.Moved(k)
	switch v := view.MoveOf(c.L, m, moved, live); {
	case v.Act == view.MoveGo:
		all = append(all, Action{"fetch", v.Icon, v.Label, func() { c.Fetch(k) }})
	case v.Act == view.MoveStop:
		all = append(all, Action{"stop", "close", v.Label, func() { c.StopMoving(k) }})
	case v.Bad != "" && v.Again:
		all = append(all, Action{"fetch", "download", c.L.Media.Move.Again, func() { c.Fetch(k) }})
	}
	return all
}
