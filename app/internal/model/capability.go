package model

// Capabilities are what can cross to a contact and arrive there as what it is.
// What is not among them is not offered.
type Capabilities struct {
	Text, Photos, Videos, Voice, Files bool
	Reply, React, Edit, Revoke         bool
	Typing, Receipts, LastSeen         bool
	Calls, Stickers, Polls, Vanishing  bool
}

// capabilities by who is at the two ends. Between a third-party messenger and
// WhatsApp go one-to-one messages and what belongs to them; calls are announced
// for 2027, and stickers, polls and disappearing messages are excluded.
var capabilities = map[Persona]map[bool]Capabilities{
	ThirdParty:   {false: across},
	WhatsAppUser: {true: across, false: within},
}

var (
	across = Capabilities{
		Text: true, Photos: true, Videos: true, Voice: true, Files: true,
		Reply: true, React: true, Edit: true, Revoke: true,
		Typing: true, Receipts: true, LastSeen: true,
	}
	within = across // all that this client can do; WhatsApp's own have more
)

// Can says what the user, in a persona, can do in a chat as it stands now.
func Can(self Persona, c Chat) Capabilities {
	can := capabilities[self][c.Contact.Provider != 0]
	switch {
	case c.Closed != Open, c.Blocked, c.ProviderBlocked:
		return Capabilities{}
	case c.Request: // until it is accepted, the sender learns nothing
		return Capabilities{}
	}
	return can
}
