package lang

// PersonaTexts: being a WhatsApp user of a gateway's sandbox.
type PersonaTexts struct {
	Title string // of the window: {phone}
	Strip string // {name} {phone}
	Badge string
	Other string // leave this user

	Offer, OfferText              string // on the first page
	Heading, Intro, Apart         string
	Pick, None                    string
	On, Off                       string
	New, NewText                  string
	Name, NameHint, Phone         string
	PhoneHint, Make, Making       string
	NeedName, BadPhone, LongName  string
	PhoneExists, Refused          string // {message}
	Unreachable                   string
	AsFerry                       string
	NoneTitle, NoneText           string
	GoneTitle, GoneText, GoneDo   string // {phone}
	DownTitle, DownText           string
	Linking, LinkingText          string // {phone}
	LinkFailed                    string // {message}
	Unlinked, UnlinkedText        string // {phone}
	Link                          string
	Account, AccountText, Number  string
	Linked, LinkedText            string
	Leave, LeaveText              string
	LeaveAsk, LeaveDo, LeaveShort string
	SessionEnded                  string
	EmptyTitle, EmptyText         string
	EmptyOff, EmptyOffText        string
	AboveTitle, AboveText         string
	PaneTitle, PaneText           string // {name} or the number
}

func englishPersona() PersonaTexts {
	return PersonaTexts{
		Title: "WhatsApp {phone} · Ferry",
		Strip: "{name} · {phone}",
		Badge: "WhatsApp user · sandbox",
		Other: "Change user",

		Offer: "Be a WhatsApp user", OfferText: "This server runs a sandbox, so you can also see the other side: what a WhatsApp user sees.",
		Heading: "Be a WhatsApp user", Intro: "Pick a phone of this sandbox. This tab becomes its WhatsApp, linked to it like a computer.",
		Apart: "Its messages and keys are kept in this browser, apart from those of your Ferry account. Open Ferry in a second window to write back and forth.",
		Pick:  "Phones in this sandbox", None: "There is no phone here yet. Make one below.",
		On: "Third-party chats on", Off: "Third-party chats off",
		New: "A new phone", NewText: "Nobody is called: the number exists only in this sandbox.",
		Name: "Name", NameHint: "What the phone's owner calls themselves.", Phone: "Phone number",
		PhoneHint: "In the international form. Chats between apps exist only in Europe, so take a number of a country there.",
		Make:      "Make and use it", Making: "Making it…",
		NeedName: "Enter a name.", BadPhone: "This is not a complete phone number. Begin with + and the country code, for example +49 1551 0000002.",
		LongName: "This name is too long.", PhoneExists: "There is a phone with this number already: pick it above.",
		Refused: "The sandbox refused: {message}", Unreachable: "Ferry's server cannot be reached. Check your connection, then try again.",
		AsFerry:   "Go on as a Ferry user",
		NoneTitle: "Not available here", NoneText: "Being a WhatsApp user is only for a gateway's sandbox. This server has none, so nothing of that kind was opened or connected.",
		GoneTitle: "This phone is not in the sandbox", GoneText: "The sandbox has no phone {phone}. It may have been reset since. What this browser holds of it was not opened.", GoneDo: "Pick another phone",
		DownTitle: "The sandbox cannot be reached", DownText: "Ferry's server gives no answer. Check that it runs, then try again.",
		Linking: "Linking this browser to {phone}…", LinkingText: "The phone scans a QR code, as for a computer.",
		LinkFailed: "This browser could not be linked: {message}",
		Unlinked:   "This browser is not linked to {phone}.", UnlinkedText: "You can read its chats, but not send or receive.", Link: "Link it",
		Account: "Account", AccountText: "Your number, third-party chats", Number: "Phone number",
		Linked: "Linked", LinkedText: "This browser is a linked device of the phone.",
		Leave: "Stop being this user here", LeaveShort: "Unlinks this browser, and deletes its messages and keys here",
		LeaveAsk: "Stop being this user in this browser?", LeaveText: "This browser is unlinked from the phone, and all of its messages and keys here are deleted. The phone stays in the sandbox.",
		LeaveDo:      "Unlink and delete",
		SessionEnded: "The phone has unlinked this browser.",
		EmptyTitle:   "No chats yet", EmptyText: "People on apps that you have chosen can write to you, and you to them by their username.",
		AboveTitle: "No other chats", AboveText: "What people on other apps write to you is above, under Third-party chats.",
		PaneTitle: "The WhatsApp of {name}", PaneText: "This tab is their phone's linked device. What people on other apps write to them arrives here.",
		EmptyOff: "Third-party chats are off", EmptyOffText: "People on other apps can reach you once you allow it. You will see first what that means.",
	}
}
