package control

import "ferry/app/internal/ui/host"

// Media is what goes on with attachments.
type Media struct {
	Tray Tray
}

// Tray holds the files that are about to be sent.
type Tray struct{}

// browser is the way to the browser's files; one that can do nothing where
// there is none.
func (c *Control) browser() host.Attachments {
	if c.files == nil {
		return host.NoAttachments{}
	}
	return c.files
}
