package lang

// English is the language of the house.
func English() *Texts {
	return &Texts{
		Code: "en", Dir: "ltr",
		App: AppTexts{
			Name: "Ferry", Tagline: "Message people on WhatsApp from here, without a phone.",
			Back: "Back", Close: "Close", Cancel: "Cancel", Undo: "Undo", Retry: "Try again", Delete: "Delete",
			Copy: "Copy", Reload: "Reload", Loading: "Loading…", Skip: "Skip to the chat", Settings: "Settings", Menu: "More",
			NotFound: "There is nothing here", NotFoundText: "This address leads to no chat and no setting.", Home: "To your chats",
			UpdateReady: "A new version of Ferry is ready.", Copied: "Copied.",
			Title: "({n}) {app}", TitleChat: "{chat} · {app}",
			EmptyTitle: "Choose a chat", EmptyText: "Pick one on the left, or start a new one. Everything you write is encrypted before it leaves this tab.",
			NewFrom: "{name}: {text}",
			NewMany: Plural{"{n} new message", "{n} new messages"},
			And:     "{list} and {last}", Comma: ", ",
		},
		Date: DateTexts{
			Today: "Today", Yesterday: "Yesterday", TodayIn: "today", YesterdayIn: "yesterday",
			Short: "{d}/{m}/{y}", Long: "{d} {month} {y}", Moment: "{day} at {time}",
			Weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
			Months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August",
				"September", "October", "November", "December"},
			Seconds: Plural{"{n} s", "{n} s"}, Minutes: Plural{"{n} min", "{n} min"},
		},
		Sign:    englishSign(),
		List:    englishList(),
		New:     englishNew(),
		Thread:  englishThread(),
		State:   StateTexts{Pending: "Waiting to be sent", Sent: "Sent", Delivered: "Delivered", Read: "Read", Failed: "Not sent", Received: "Received"},
		Failure: englishFailure(),
		Link:    englishLink(),
		Halted:  englishHalted(),
		Set:     englishSettings(),
		Third:   englishThird(),
		Media:   englishMedia(),
		Find:    englishFind(),
		Content: englishContent(),
		Account: englishAccount(),
		People:  englishPeople(),
		Persona: englishPersona(),
		Consent: englishConsent(),
		Keys: KeysTexts{
			Title: "Keyboard shortcuts", Anywhere: "Anywhere", InChat: "In a chat", InList: "In the chat list",
			Help: "Show this overview", Search: "Search chats", New: "New chat", Settings: "Settings",
			Next: "Next chat", Previous: "Previous chat", Back: "Close, or back to the chats",
			Send: "Send", NewLine: "New line", Newest: "Jump to the newest message", Move: "Move through the chats", Open: "Open the chat", Find: "Search the open chat", Through: "From message to message",
			Reply: "Reply to the message", React: "React to the message", Menu: "What can be done with the message", EditLast: "Edit your last message, from an empty composer",
			Emoji: "Choose an emoji", Names: "Emoji by its name, as in :smile:",
		},
	}
}

func englishSign() SignTexts {
	return SignTexts{
		InTitle: "Sign in", UpTitle: "Create your account",
		InText: "Welcome back.", UpText: "A username and a password are all it takes. No phone number, no e-mail.",
		Username: "Username", Password: "Password",
		UsernameHint: "People on WhatsApp will see it. 3 to 30 letters, digits, dots, dashes or underscores.",
		PasswordHint: "At least 8 characters. A few unusual words work well. It cannot be recovered.",
		In:           "Sign in", Up: "Create account", InBusy: "Signing in…", UpBusy: "Creating your account…",
		ToUpAsk: "New here?", ToUp: "Create an account", ToInAsk: "Have an account already?", ToIn: "Sign in",
		Show: "Show password", Hide: "Hide password",
		NeedUsername: "Enter your username.", NeedPassword: "Enter your password.",
		ShortPassword: "Use at least 8 characters.",
		UsernameShape: "Use 3 to 30 letters a–z, digits, dots, dashes or underscores, starting and ending with a letter or digit.",
		Taken:         "This username is taken. Try another one.",
		Wrong:         "Username and password do not match. Check both and try again.",
		TooMany:       "Too many attempts. You can try again in {wait}.",
		Unreachable:   "Ferry's server cannot be reached. Check your connection, then try again.",
		Other:         "{message}",
		SignedOut:     "You were signed out. Sign in as {username} to go on; your messages are still on this device.",
	}
}

func englishList() ListTexts {
	return ListTexts{
		Title: "Chats", Search: "Search chats and messages", New: "New chat", Chats: "Your chats", You: "You:", Draft: "Draft:", Unknown: "Unknown person",
		Unread:  Plural{"{n} unread message", "{n} unread messages"},
		NoMatch: "No chat found", NoMatchText: "Nobody here has “{query}” in their name or number.",
		OffTitle: "Turn on WhatsApp", OffText: "Ferry can reach people on WhatsApp once you allow it. You will see first what that means for your privacy.", OffButton: "See how it works",
		NoneTitle: "No chats yet", NoneText: "Enter someone's phone number to write to them on WhatsApp.", NoneButton: "New chat",
		EchoTitle: "Say hello to Echo", EchoText: "Echo is a test user on this sandbox. It reads what you write, types, and answers.", EchoButton: "Write to Echo",
		Undecryptable: "Waiting for this message", NotSupported: "A message that Ferry cannot show yet", Typing: "typing…",
		OffStripTitle: "WhatsApp is off", OffStripText: "You can read your chats, but not send or receive.", OffNext: "Turn on",
	}
}

func englishNew() NewTexts {
	return NewTexts{
		Title: "New chat", Phone: "Phone number", Placeholder: "+49 151 23456789",
		Hint: "In the international form, beginning with + and the country code.",
		Go:   "Find", Busy: "Looking on WhatsApp…",
		Empty: "Enter a phone number.", Invalid: "This is not a complete phone number. Begin with + and the country code, for example +49 151 23456789.",
		NotFoundTitle: "Not on WhatsApp", NotFoundText: "{phone} has no WhatsApp account. Check the number, or ask them how they prefer to be reached.",
		RegionTitle: "Not possible where one of you is", RegionText: "{phone} is on WhatsApp, but chats between apps exist only in Europe, and one of you is elsewhere.",
		ConsentTitle: "They have not turned this on", ConsentText: "{phone} is on WhatsApp, but does not accept messages from other apps yet.",
		ConsentDo: "On their phone they can turn it on under Settings › Account › Third-party chats. Then look them up again.",
		Off:       "To look people up, turn on WhatsApp first.", OffButton: "Turn on WhatsApp",
		Offline: "You are not connected right now, so nobody can be looked up. This goes on as soon as the connection is back.",
		Failed:  "The look-up did not work. Try again in a moment.",
		Privacy: "WhatsApp learns which number you look up. Ferry's server does not.",
		Echo:    "Use Echo's number",
	}
}

func englishThread() ThreadTexts {
	return ThreadTexts{
		Region: "Messages with {name}", Composer: "Message", Placeholder: "Message", Send: "Send",
		Jump: "Jump to the newest message", JumpNew: Plural{"Jump to {n} new message", "Jump to {n} new messages"},
		Typing: "typing…", TypingLong: "{name} is typing",
		LoadOlder: "Load older messages", LoadingOlder: "Loading older messages…", LoadFailed: "Could not load older messages.",
		Start:          "{name} will see you as “{username}” from {app}, and reads this on a phone with WhatsApp.",
		EncryptedShort: "End-to-end encrypted",
		Encrypted:      "Messages are end-to-end encrypted. Only the two of you can read them.",
		Unread:         Plural{"{n} unread message", "{n} unread messages"},
		Mine:           "You", Theirs: "{name}",
		Deleted: "Message deleted from this device.",
		Unknown: "This chat is not on this device", UnknownText: "Start it again with the person's phone number.",
		Off: "WhatsApp is turned off, so nothing can be sent.", OffButton: "Turn on",
		Actions: "Message actions", CopyText: "Copy text", DeleteHere: "Delete on this device",
		TooLong:      "Too long by {n} characters",
		WaitingFor:   "Waiting for this message. It appears here as soon as their phone has sent it again.",
		NotSupported: "A message that Ferry cannot show yet. It is on their phone; ask them to send it as text.",
	}
}

func englishFailure() FailureTexts {
	return FailureTexts{
		NoConsent:       "Not sent: they have turned off messages from other apps. Ask them to turn on Third-party chats in WhatsApp.",
		NoAccount:       "Not sent: this number is no longer on WhatsApp.",
		NoDevices:       "Not sent: they have no phone with WhatsApp right now.",
		Rejected:        "Not sent: WhatsApp's gateway refused it.",
		NotEnlisted:     "Not sent: WhatsApp takes no messages from this app at the moment. Try again later.",
		OutOfRegion:     "Not sent: chats between apps exist only in Europe, and one of you is elsewhere. Nothing is lost.",
		OwnBlock:        "Not sent: you have blocked this person.",
		Unanswered:      "Not sent: they have not answered yet. You can write again once they do.",
		TooMany:         "Not sent: you have started many new chats lately. Try again later.",
		IdentityChanged: "Not sent: their security key has changed. They may have a new phone. Try again to send with the new key.",
		NotSaved:        "Not sent: it could not be saved on this device. Free some space, then try again.",
		Other:           "Not sent.",
	}
}

func englishLink() LinkTexts {
	return LinkTexts{
		Network: "This device is offline.", NetworkDo: "Ferry connects again by itself.",
		Relay:     "Ferry's server cannot be reached.",
		Gateway:   "WhatsApp's gateway cannot be reached. Ferry's server is fine.",
		Suspended: "WhatsApp takes no messages from {app} at the moment. Your chats stay as they are.",
		RetryIn:   "Next attempt in {wait}.", RetryNow: "Trying again…", RetryDo: "Try now",
		Session: "You are signed out.", SessionDo: "Sign in",
		SessionRevoked: "WhatsApp no longer accepts this device.", SessionAgain: "Turn on again",
		Connecting: "Connecting…", CatchingUp: "Catching up…", CatchingUpSome: "Catching up: {done} of {total}",
	}
}

func englishHalted() HaltedTexts {
	return HaltedTexts{
		LostTitle: "Your browser removed Ferry's data", LostText: "The messages and keys on this device are gone; your account is not. Reload to start afresh on this device. To keep it from happening again, allow Ferry to store data and do not clear it on closing.",
		ReplacedTitle: "Ferry runs in a newer window", ReplacedText: "Only one version of Ferry can be active on this device. Reload to go on here.",
		FullTitle: "This device is full", FullText: "Ferry stopped so that no message is lost. Free some space on the device, then reload. Messages that wait for you are kept.",
		OtherTitle: "Ferry stopped", OtherText: "Something went wrong inside. Your messages are safe. Reload to go on.",
		Reload: "Reload", UseHere: "Use Ferry here", Detail: "Detail for a report: {detail}", SignOut: "Sign out",
	}
}

func englishSettings() SetTexts {
	return SetTexts{
		Title:   "Settings",
		Account: "Account", AccountText: "Who you are on Ferry",
		Third: "Third-party chats", ThirdText: "Connect to WhatsApp", ThirdOn: "On", ThirdOff: "Off",
		Sessions: "Where you are signed in", SessionsText: "Other browsers and devices",
		Look: "Appearance", LookText: "Light or dark",
		About: "About Ferry", AboutText: "Version, licence, source",
		SignOut: "Sign out", SignOutAsk: "Sign out on this device?", SignOutText: "Your messages stay on this device, encrypted, until you sign in again.",
		SignedInAs: "Signed in as", Username: "Username", Provider: "Provider", Address: "Address at the gateway",
		LookSystem: "Like the system", LookLight: "Light", LookDark: "Dark", LookSystemText: "Changes with your device.", LookLegend: "Colours",
		ThisDevice: "This device", LastSeen: "Last active {when}", SignedIn: "Signed in {when}",
		End: "Sign out", EndBusy: "Signing out…", EndAsk: "Sign out {device}?", EndText: "That device has to sign in again with your password.", Ended: "Signed out.",
		EndAll: "Sign out everywhere else", EndAllAsk: "Sign out everywhere else?", EndAllText: "All other devices have to sign in again with your password.",
		SessionsFailed: "The list cannot be loaded right now.", NoOthers: "You are signed in nowhere else.",
		Build: "Version", Licence: "Licence", LicenceText: "GNU General Public License, version 3 or later. You may use, study, share and change Ferry.",
		SourceText: "Whoever runs this server gives you its source code on request. A build of that source has the same version as above, byte for byte.",
		AboutWhat:  "Ferry lets you message people on WhatsApp under the EU Digital Markets Act, without a phone and without trusting the server in between.",
		AboutRelay: "Server", Gateway: "Gateway", Sandbox: "a sandbox for testing",
		Keyboard: "Keyboard shortcuts", KeyboardText: "Press ? at any time",
	}
}

func englishThird() ThirdTexts {
	return ThirdTexts{
		Title:        "Third-party chats",
		Intro:        "Connect Ferry to WhatsApp, so that you can message people there by their phone number. It is off until you agree. This is who will see what:",
		GatewayTitle: "WhatsApp's gateway",
		Gateway: []string{
			"Learns your username “{username}”, that you use {provider}, and of this device its public keys and when it is connected.",
			"Sees whom you write to, when, and how much. It has to, to deliver messages.",
			"Sees the internet address of Ferry's server in place of yours, and whether you are where third-party chats are offered.",
			"Cannot read what you write.",
		},
		RelayTitle: "Ferry's server",
		Relay: []string{
			"Sees your internet address, that you are connected, and how much goes back and forth.",
			"Keeps attachments that you send, encrypted, so that they can be fetched.",
			"Does not learn whom you write to: the connection through it is sealed for the gateway.",
			"Cannot read what you write.",
		},
		PeopleTitle: "The people you write to",
		People: []string{
			"See your username and that you write from {provider}. They do not see a phone number or your e-mail.",
			"See when you have read their messages, when you type and when you were last here. You can turn each off under Privacy.",
			"Read your messages on a phone with WhatsApp, where they may keep, copy or back them up.",
			"Must have turned on third-party chats themselves.",
		},
		Nothing: "Nothing moves over: chats are new, and nothing is merged or imported between services. You can turn this off again at any time.",
		Privacy: "Read receipts, typing and last seen",
		Agree:   "Agree and turn on", Busy: "Turning on…", BusyText: "Making keys on this device and introducing it to the gateway.",
		OnTitle: "WhatsApp is on", OnText: "You can write to people on WhatsApp who have turned on third-party chats. They see you as “{username}” from {provider}.",
		OnAddress: "Your address there", OnNext: "New chat",
		Off: "Turn off", OffAsk: "Turn off WhatsApp?", OffText: "The gateway forgets you and all your devices and deletes their keys, and their connections are closed at once. You will no longer receive or send messages, here or on your other devices. Your chats stay on your devices, and people keep what you sent them.",
		OffDo: "Turn off", OffBad: "It could not be turned off: {message} Try again when you are online.",
		Failed: "It did not work: {message} Nothing was changed; try again in a moment.",
	}
}
