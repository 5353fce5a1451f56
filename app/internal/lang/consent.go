package lang

// ConsentTexts: what a WhatsApp user allows, and what that changes in chats.
type ConsentTexts struct {
	OffTitle, OffText, Begin       string
	Step                           string // {n} {of}
	NotNow, Continue               string
	MeaningTitle                   string
	ReachTitle, KnowTitle          string
	Reach, Know, Secure            []string
	SecureTitle, LackTitle         string
	Lack                           []string
	RiskTitle                      string
	Risk                           []string
	AppsTitle, AppsText, AppsNone  string
	AppsChoose                     string
	InboxTitle, InboxText          string
	Separate, SeparateText         string
	Combined, CombinedText         string
	Finish, Finishing              string
	DoneTitle, DoneText, DoneNext  string // {apps}
	DoneBack                       string
	Failed                         string // {message}
	OnTitle, OnText                string
	Apps, AppsHint                 string
	AppOn, AppOff                  string
	AppNew, AppBlocked, AppPaused  string
	Inbox                          string
	Requests, RequestsText         string
	Off, OffAsk, OffAskText, OffDo string
	AppOffAsk, AppOffText          string // {app}
	AppOffDo                       string
	Changed, TurnedOff             string
	AppTurnedOff, AppTurnedOn      string // {app}
	Fresh, FreshTitle              string

	NewApp                 string // {app}
	NewApps                Plural
	NewAppDo, NewAppLater  string
	Section                string
	SectionEmpty           string
	SectionEmptyText       string
	SectionBack            string
	ClosedPeer, ClosedOwn  string // {name}; {app}
	ClosedOwnAll           string
	ClosedSuspended        string // {app}
	ClosedSuspendedHere    string // {gateway}
	ClosedRegion           string
	ClosedReads            string
	ClosedDo, ClosedAgain  string
	ClosedAsking           string
	ClosedStill            string
	FindOn, FindPhone      string
	FindName, FindNameHint string
	FindEmpty, FindBad     string
	FindNone, FindNoneText string // {username} {app}
	FindOff, FindOffText   string // {app}
	FindOffDo              string
	FindNoApps             string
	NewThread              string
	Unnamed                string // {n}
	Summary                string
}

func englishConsent() ConsentTexts {
	return ConsentTexts{
		OffTitle: "Third-party chats are off", OffText: "Turn them on to message people who use another app than WhatsApp. You choose which apps, and can turn all of it off again at any time.",
		Begin: "Turn on", Step: "Step {n} of {of}", NotNow: "Not now", Continue: "Continue",
		MeaningTitle: "What it means",
		ReachTitle:   "Who can reach you", Reach: []string{
			"People on the apps that you choose can message you if they know your phone number.",
			"A first message waits as a request, until you accept it.",
		},
		KnowTitle: "What they see of you", Know: []string{
			"Your phone number, and when you are online or have read something if you share that.",
			"WhatsApp does not share your name and photo with them.",
		},
		SecureTitle: "Security", Secure: []string{
			"Messages are end-to-end encrypted on their way.",
			"The other app handles your messages in its own way once they are there. It may keep or use them differently than WhatsApp.",
		},
		LackTitle: "What is missing", Lack: []string{
			"Calls, groups, status and disappearing messages do not exist between apps.",
			"Chats are new. Nothing from WhatsApp or from other apps is merged or moved.",
			"People whom you blocked in WhatsApp can reach you again from another app: block them there, too.",
		},
		RiskTitle: "Spam and scams", Risk: []string{
			"They are more common from outside. Names are what people chose themselves: be careful with links and requests for money.",
		},
		AppsTitle: "Choose apps", AppsText: "Only people on these apps can reach you, and you them.", AppsNone: "There is no app yet that WhatsApp can connect to. A notice tells you when there is one.",
		AppsChoose: "Choose at least one app, or leave it for now.",
		InboxTitle: "Choose your inbox", InboxText: "You can change this later.",
		Separate: "Separate inbox", SeparateText: "Third-party chats have a section of their own, at the top of your chats.",
		Combined: "Combined inbox", CombinedText: "Third-party chats are among your other chats, with the mark of their app.",
		Finish: "Turn on", Finishing: "Turning on…",
		DoneTitle: "Third-party chats are on", DoneText: "People on {apps} can reach you now, and you them by their username.", DoneNext: "New chat", DoneBack: "Settings",
		Failed:  "Nothing was changed: {message}",
		OnTitle: "Third-party chats are on", OnText: "People on the apps below that are turned on can reach you, and you them.",
		Apps: "Apps", AppsHint: "An app that is off can bring you no new messages. Its chats stay readable.", AppOn: "On", AppOff: "Off",
		AppNew: "New", AppBlocked: "Blocked by you", AppPaused: "Suspended by WhatsApp: nobody there can write or be written to now",
		Inbox:    "Inbox",
		Requests: "Ask me first", RequestsText: "A first message from somebody you do not know waits as a request.",
		Off: "Turn off third-party chats", OffAsk: "Turn off third-party chats?",
		OffAskText: "From that moment, no new message from any other app is accepted, and the people there are told that you turned this off. Your chats with them stay on this device and can be read; nothing can be sent in them until you turn this on again.",
		OffDo:      "Turn off",
		AppOffAsk:  "Turn off {app}?", AppOffText: "From that moment, no new message from {app} is accepted, and people there are told that you turned this off. Your chats with them stay on this device and can be read.", AppOffDo: "Turn off",
		Changed: "Saved.", TurnedOff: "Third-party chats are off.", AppTurnedOff: "{app} is off.", AppTurnedOn: "{app} is on.",
		FreshTitle: "These are new chats", Fresh: "Nothing is merged or imported between services: a chat with somebody on another app begins empty, also if you know each other on WhatsApp.",

		NewApp:  "{app} can now connect to WhatsApp.",
		NewApps: Plural{"{n} new app can connect to WhatsApp.", "{n} new apps can connect to WhatsApp."}, NewAppDo: "Look", NewAppLater: "Dismiss",
		Section: "Third-party chats", SectionEmpty: "No third-party chats yet",
		SectionEmptyText: "When somebody on another app writes to you, it appears here. You can also begin: all you need is their username.", SectionBack: "Back to your chats",
		ClosedPeer: "{name} has turned off messages from other apps, so nothing can be sent here.", ClosedOwn: "You have turned off {app}, so nothing comes in or goes out here.",
		ClosedOwnAll:    "You have turned off third-party chats, so nothing comes in or goes out here.",
		ClosedSuspended: "WhatsApp has suspended {app}, so nobody there can be written to now.", ClosedSuspendedHere: "WhatsApp takes no messages from {app} at the moment, so nothing can be sent here.",
		ClosedRegion: "Chats between apps exist only in Europe, and one of you is elsewhere. The chat goes on once you are both there.",
		ClosedReads:  "What was written stays here.",
		ClosedDo:     "Third-party chats", ClosedAgain: "Check again", ClosedAsking: "Checking…", ClosedStill: "Nothing has changed yet.",
		FindOn: "Where are they?", FindPhone: "On WhatsApp",
		FindName: "Username", FindNameHint: "Exactly as they are called there: upper and lower case matter.",
		FindEmpty: "Enter a username.", FindBad: "This is not a complete username.",
		FindNone: "Nobody of that name", FindNoneText: "Nobody on {app} who can be reached is called “{username}”. Check the spelling, or ask them whether they have connected to WhatsApp.",
		FindOff: "You have not turned this on", FindOffText: "To write to people on {app}, turn it on under Third-party chats.", FindOffDo: "Third-party chats",
		FindNoApps: "To write to people on other apps, turn on third-party chats first.",
		NewThread:  "It will be a new chat: nothing is merged or imported from elsewhere.",
		Unnamed:    "App {n}", Summary: "Apps that can reach you, and your inbox",
	}
}
