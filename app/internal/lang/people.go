package lang

// PeopleTexts: who may write, who is kept out, and how to know that it is them.
// {name} is a person; {app} is their messenger, WhatsApp or a provider.
type PeopleTexts struct {
	WhatsApp string // as the name of an app

	Requests                                    string // {n}
	AllRequests, FewRequests                    string // {n}
	NewRequest                                  string // announcement: {name}
	AskTitle                                    string // {name}
	AskPhone                                    string // {phone}
	AskNoPhone                                  string
	AskUser                                     string // {app}
	AskHidden, AskInert                         string
	Accept, Decline                             string
	DeclineAsk, DeclineText                     string // {name}
	Declined, Accepted                          string // {name}
	DoubtLike                                   string // {like}
	DoubtMixed, DoubtShort                      string
	NotFetched                                  string // stands below the name of what is not fetched
	BlockDo                                     string
	Block, Unblock, Blocked, Unblocked          string // {name}
	BlockAsk, BlockText                         string // {name}
	BlockFoot                                   string // {name}
	BlockApp, UnblockApp                        string // {app}
	BlockAppAsk, BlockAppText                   string // {app}
	AppBlocked, AppUnblocked, AppFoot           string // {app}
	BlockHere                                   string // of a WhatsApp user: people of other apps
	BlockThere                                  string // of a WhatsApp user: people of WhatsApp
	BlockAlso                                   string // {name} {app}
	BlockFailed                                 string // {message}
	BlockedTitle, BlockedText, BlockedPlus      string
	BlockedNone, BlockedNoneText, BlockedPeople string
	BlockedApps, BlockedNote                    string

	More, Info string

	NameAdd, NameChange, NameAsk string
	NameFor                      string // {who}
	NameWhy, NameHint, NameSave  string
	Named                        string // {name}
	Unnamed                      string

	Report  ReportTexts
	Contact ContactTexts
	Safety  SafetyTexts
	Notice  NoticeTexts
	First   FirstTexts
}

// ReportTexts: telling the gateway's operator about a person.
type ReportTexts struct {
	Open, Title                  string // {name}
	Do                           string
	Intro                        string
	Why                          string
	Spam, Scam, Abuse            string
	Impersonation, Other         string
	Choose                       string
	ChooseNone                   string
	Full                         string // {n}
	Leaves, To, About, By        string
	ByText                       string // {username} {app}
	ByPhone                      string // {phone}
	Reason                       string
	Messages                     Plural
	NoMessages, NotElse, Loading string
	Also                         string // {name}
	Send, Sending, Sent          string
	Failed                       string // {message}
	PreviewFailed                string
}

// ContactTexts: one person.
type ContactTexts struct {
	Title, App, Phone, Username, Address string
	NoPhone, OwnName                     string
	Works, WorksText                     string     // {name}
	Kinds                                [16]string // as the fields of model.Capabilities
	Groups                               string
	Actions                              string
}

// SafetyTexts: the safety number.
type SafetyTexts struct {
	Title, Text                          string // {name}
	How                                  []string
	Number, Scan                         string // {name}
	Copy                                 string
	Verify, Unverify, Verified           string // {name}
	NotVerified, Changed                 string // {name}; {when}
	Done, Undone                         string // {name}
	Differs                              string
	NewNumber                            string
	Failed, None                         string
	HeldTitle, HeldText                  string // {name}
	HeldWaiting                          Plural
	Check, Anyway, AnywayAsk, AnywayText string // {name}
	Waits                                string
	Mark                                 string
	HeldFailed                           string // {message}
}

// NoticeTexts: lines in a thread.
type NoticeTexts struct {
	KeyChanged, Verified, Unverified string // {name}
	ConsentOff, ConsentOn            string // {name}
	OwnConsentOff, OwnConsentOn      string // {app}
	Accepted, Blocked, Unblocked     string // {name}
	Suspended, Active                string // {app}
	OwnSuspended, OwnActive          string // {app}
	Region, RegionOver, Unknown      string
}

// FirstTexts: before the first message to somebody.
type FirstTexts struct {
	Title     string // {name}
	SeesTitle string // {name}
	Sees      []string
	NotTitle  string
	Not       []string
	YouTitle  string
	You       []string // {name}
	// Of a WhatsApp user to somebody of another app.
	PhoneSees, PhoneNot, PhoneYou []string // {app} {phone}
	Reads, ReadsNot               string
}

func englishPeople() PeopleTexts {
	return PeopleTexts{
		WhatsApp: "WhatsApp",
		Requests: "Requests ({n})", AllRequests: "Show all {n} requests", FewRequests: "Show fewer requests",
		NewRequest: "New request from {name}",
		AskTitle:   "{name} wants to write to you",
		AskPhone:   "They use WhatsApp with the number {phone}, and you have not written to each other here before.",
		AskNoPhone: "They use WhatsApp, and you have not written to each other here before. Their number is not shown.",
		AskUser:    "They use {app}, and you have not written to each other here before. The name is their username there; it says nothing about who they are.",
		AskHidden:  "They do not learn that you have read this.",
		AskInert:   "Links do nothing, and pictures and files are not fetched, until you accept.",
		Accept:     "Accept", Decline: "Delete",
		DeclineAsk: "Delete this request?", DeclineText: "The chat and its messages are deleted from this device. {name} is not told, and can write to you again.",
		Declined: "The request is deleted.", Accepted: "You can write to {name} now.",
		DoubtLike:  "This name looks like “{like}”. People choose their names themselves: {like} does not write to you in a chat.",
		DoubtMixed: "This name mixes letters of different alphabets that look alike. It may not be who it seems to be.",
		DoubtShort: "The name may mislead",
		NotFetched: "Accept the request to see it.",
		Block:      "Block {name}", BlockDo: "Block", Unblock: "Unblock", Blocked: "{name} is blocked.", Unblocked: "{name} is no longer blocked.",
		BlockAsk: "Block {name}?", BlockText: "Their messages no longer reach you, and you cannot write to them. They are not told. What is in the chat stays on this device.",
		BlockFoot: "You have blocked {name}.",
		BlockApp:  "Block everybody on {app}", UnblockApp: "Unblock {app}",
		BlockAppAsk: "Block everybody on {app}?", BlockAppText: "Nobody there can write to you any more, and they are not told. Your chats stay on this device.",
		AppBlocked: "Everybody on {app} is blocked.", AppUnblocked: "{app} is no longer blocked.", AppFoot: "You have blocked everybody on {app}.",
		BlockHere:    "This blocks this one account on {app}. The same person may have another account, or write to you on WhatsApp itself: block them there as well.",
		BlockThere:   "This blocks them on WhatsApp only. It does not cover people on other apps: if they also write to you from one, block them in that chat, too.",
		BlockAlso:    "Also block “{name}” on {app}, who has the same name",
		BlockFailed:  "It did not work: {message}",
		BlockedTitle: "Blocked", BlockedText: "People and apps that cannot write to you", BlockedPlus: "Whoever is blocked is not told. To block somebody, open the chat with them and choose Block.",
		BlockedNone: "Nobody is blocked", BlockedNoneText: "To block somebody, open the chat with them and choose Block.", BlockedPeople: "People", BlockedApps: "Apps",
		BlockedNote: "Blocks that you made in WhatsApp’s own chats do not cover people on other apps. Block them here as well: in the chat with them, or their whole app.",
		More:        "More about this chat", Info: "Contact and safety number",
		NameAdd: "Add a name", NameChange: "Change name", NameAsk: "What do you call them?",
		NameFor: "Name for {who}", NameWhy: "WhatsApp tells other apps no names.", NameHint: "Only you see it: it stays on this device. Without one, they are shown by their number.", NameSave: "Save",
		Named: "They are called {name} here.", Unnamed: "The name is taken off.",
		Report: ReportTexts{
			Do: "Report", Open: "Report {name}", Title: "Report {name}",
			Intro: "Tell the operator of WhatsApp’s gateway about them. They are not told.",
			Why:   "What is it about?", Spam: "Spam", Scam: "Fraud, or a link that misleads", Abuse: "Threats, hate or harassment", Impersonation: "Pretends to be somebody else", Other: "Something else",
			Choose: "Which messages do you want to show?", ChooseNone: "There are no messages of theirs here.",
			Full:   "No more than {n} messages fit in a report.",
			Leaves: "This leaves your device", To: "It goes to the operator of WhatsApp’s gateway, who can read it. Ferry’s server cannot.",
			About: "About whom", By: "From you", ByText: "{username} on {app}", ByPhone: "{phone}", Reason: "Reason",
			Messages: Plural{"{n} message, as it reads here", "{n} messages, as they read here"}, NoMessages: "No messages",
			NotElse: "Nothing else of your chats is sent: no pictures or files, none of your own messages.", Loading: "Working out what would be sent…",
			Also: "Also block {name}", Send: "Send report", Sending: "Sending…", Sent: "The report is sent.",
			Failed: "The report was not sent: {message}", PreviewFailed: "It cannot be shown what would be sent, so nothing is sent. Try again.",
		},
		Contact: ContactTexts{
			Title: "Contact", App: "App", Phone: "Phone number", Username: "Username", Address: "Address at the gateway",
			NoPhone: "Not shared with you", OwnName: "They call themselves",
			Works: "What works between you", WorksText: "Ferry offers only what reaches {name} whole.",
			Kinds: [16]string{
				"Text", "Photos", "Videos", "Voice messages", "Files", "Replies", "Reactions", "Editing", "Deleting for everyone",
				"Seeing when the other types", "Read receipts, if both share them", "Online and last seen, if both share them", "Calls", "Stickers", "Polls", "Disappearing messages",
			},
			Groups:  "Groups and status",
			Actions: "Block and report",
		},
		Safety: englishSafety(),
		Notice: NoticeTexts{
			KeyChanged: "{name}’s safety number has changed. That happens with a new phone or when the app is installed again; rarely it means that somebody is trying to read along.",
			Verified:   "You have verified {name}’s safety number.", Unverified: "{name}’s safety number is no longer marked as verified.",
			ConsentOff: "{name} has turned off messages from other apps. You can read on here, but not write.", ConsentOn: "{name} takes messages from other apps again.",
			OwnConsentOff: "You have turned off messages from {app}. You can read on here, but nothing comes in or goes out.", OwnConsentOn: "Messages from {app} are on again.",
			Accepted: "You accepted {name}’s request.", Blocked: "You blocked {name}.", Unblocked: "You unblocked {name}.",
			Suspended: "WhatsApp has suspended {app}. Nobody there can be written to at the moment.", Active: "{app} can be reached again.",
			OwnSuspended: "WhatsApp takes no messages from {app} at the moment. Your chats stay as they are.", OwnActive: "WhatsApp takes messages from {app} again.",
			Region: "Chats between apps exist only in Europe, and one of you is elsewhere now. Nothing is lost.", RegionOver: "The two of you can write to each other again.",
			Unknown: "Something about this chat has changed.",
		},
		First: englishFirst(),
	}
}

func englishSafety() SafetyTexts {
	return SafetyTexts{
		Title: "Safety number", Text: "If both of you see the same number, only the two of you can read this chat, and nobody sits between you.",
		How: []string{
			"Meet, or call each other in a way that you trust.",
			"{name} opens the chat with you in {app}, and there what it says about you: the number is under Encryption or Safety number.",
			"Compare the 60 digits, or scan one another’s code. All must be the same.",
		},
		Number: "Safety number with {name}", Scan: "The same number as a code that {name} can scan", Copy: "Copy the number",
		Verify: "Mark as verified", Unverify: "Not verified any more", Verified: "You have verified {name}.", NotVerified: "You have not verified {name} yet. That is fine for most chats.",
		Changed: "The number last changed {when}.",
		Done:    "{name} is verified.", Undone: "{name} is no longer verified.",
		Differs:   "If the numbers differ, somebody may be reading along. Do not write anything confidential, and compare again in another way.",
		NewNumber: "The number has changed just now. Compare the new one.",
		Failed:    "The safety number cannot be worked out right now. Try again when you are online.",
		None:      "There is a safety number once you have exchanged a message.",
		HeldTitle: "{name}’s safety number has changed", HeldText: "You had verified {name}. Since then their key has changed: they may have a new phone, or somebody may be trying to read along. Nothing is sent until you decide.",
		HeldWaiting: Plural{"{n} message waits.", "{n} messages wait."},
		Check:       "Check safety number", Anyway: "Send anyway", AnywayAsk: "Send without checking?",
		AnywayText: "Messages to {name} go out with the new key, and {name} is no longer marked as verified.",
		Waits:      "Held back: their safety number has changed.",
		Mark:       "Verified", HeldFailed: "It did not work: {message}",
	}
}

func englishFirst() FirstTexts {
	return FirstTexts{
		Title:     "Before you write to {name}",
		SeesTitle: "{name} will see", NotTitle: "They will not see", YouTitle: "Good to know",
		Sees:      []string{"Your username “{username}”, and that you write from {provider}", "Your messages, on a phone with WhatsApp, where they may keep or back them up"},
		Not:       []string{"A phone number or e-mail of yours", "A picture of you, or anything else that you do on {provider}"},
		You:       []string{"This is a new chat. Nothing from other services is merged into it."},
		PhoneSees: []string{"Your phone number {phone}", "Your messages, in {app}, which handles them in its own way"},
		PhoneNot:  []string{"Your name and picture on WhatsApp, your status or your groups"},
		PhoneYou:  []string{"This is a new chat. Nothing from WhatsApp is merged into it."},
		Reads:     "When you are online, type or have read something: you share some of that", ReadsNot: "Whether you are online, type or have read something: you do not share that",
	}
}
