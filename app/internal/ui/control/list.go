package control

import (
	"slices"

	"ferry/app/internal/model"
	"ferry/app/internal/ui/view"
)

// ClearSearch empties the search field.
func (c *Control) ClearSearch() {
	c.Search("")
	c.screen.SetValue("search", "")
	c.device.Focus("search")
}

// OpenChat shows a chat.
func (c *Control) OpenChat(id model.ChatID) { c.Go(ChatPath(id)) }

// RowFocused remembers the row that has, or last had, the focus.
func (c *Control) RowFocused(id model.ChatID) { c.Row = id }

// FocusRow moves the focus to a row: at once, so that keys pressed in a hurry
// all count.
func (c *Control) FocusRow(id model.ChatID) {
	c.Row = id
	c.device.Focus(RowID(id))
}

// MoveRow moves the focus up or down the list.
func (c *Control) MoveRow(step int) {
	rows := c.View.Rows()
	if len(rows) == 0 {
		return
	}
	at := slices.IndexFunc(rows, func(r view.Row) bool { return r.ID == c.Row })
	if at == 0 && step == -1 {
		c.device.Focus("search")
		return
	}
	if at == len(rows)-1 && step == 1 && c.View.Search != "" && len(c.Find.Hits) > 0 {
		c.device.Focus(HitID(&c.Find, 0))
		return
	}
	c.FocusRow(rows[min(max(at+step, 0), len(rows)-1)].ID)
}

// FocusSearch goes to the search field, wherever the user is.
func (c *Control) FocusSearch() {
	if c.Route.Place == NewChatPlace {
		c.Back(PathChats)
	}
	c.Focus("search")
}
