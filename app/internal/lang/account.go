package lang

// AccountTexts: the account page, and signing in elsewhere.
type AccountTexts struct {
	Continue, ContinueText string // {name} of the other sign-in
	Expired, Denied        string
	Rejected, NoUsername   string // {name}
	Elsewhere              string // signing in there has no answer {name}
	Taken, Failed          string

	Since                        string
	Kept, KeptText, KeptIntro    string
	KeptFailed                   string
	KeptAccount, KeptAccountText string // {username} {when}
	KeptPassword, KeptElsewhere  string
	KeptSessions, KeptFiles      Plural
	KeptSession, KeptFile        string // {device} {when}; {size} {when}
	KeptUpload                   string // {size} {when}
	KeptNewest                   string // {n}
	KeptBytes, KeptQuota         string // {size}; {size} {quota}
	KeptNoFiles                  string
	KeptGateway, KeptNotEnlisted string
	KeptEnlisted                 string // {address}
	KeptDevices                  Plural
	KeptConversations            Plural
	KeptContacts                 Plural
	KeptWaiting, KeptPreKeys     Plural
	KeptBlocked, KeptReports     Plural
	KeptLastSeen                 string // {when}
	KeptNotTold                  string
	KeptNever                    string
	Export, ExportText           string

	Password, PasswordText, PasswordIntro string
	Old, New, NewHint                     string
	NeedOld, NeedNew, OldWrong            string
	Change, Changing, Changed             string
	ChangedText                           string

	Wipe, WipeText, WipeAsk, WipeAskText, WipeDo, Wiping, Wiped string
	WipeFailed                                                  string

	Delete, DeleteText, DeleteIntro             string
	GoesTitle                                   string
	Goes                                        []string
	StaysTitle                                  string
	Stays                                       []string
	DeletePassword, DeleteName, DeleteNameHint  string // {username}
	NameWrong                                   string // {username}
	DeleteAsk, DeleteAskText, DeleteDo          string // {username}
	Deleting, Deleted, DeletedOnly              string // {username}
	DeleteGateway, DeleteHalf, DeleteUnanswered string
	Keep                                        string
}

func englishAccount() AccountTexts {
	return AccountTexts{
		Continue: "Continue with {name}", ContinueText: "You use the account that you have at {name}, with the same username. Ferry does not get your password.",
		Expired: "That took too long, or was begun in another window. Start again here.", Denied: "Signing in was cancelled.",
		Rejected:   "The answer of {name} could not be trusted, so you were not signed in. Try again; if it happens again, tell whoever runs this server.",
		NoUsername: "Your account at {name} has no username that can be used here: 3 to 30 letters a–z, digits, dots, dashes or underscores.",
		Elsewhere:  "{name} cannot be reached. Try again in a moment.",
		Taken:      "Somebody else on this server has your username. Whoever runs this server can help.", Failed: "Signing in did not work. Try again in a moment.",

		Since: "Account since",
		Kept:  "What is stored about you", KeptText: "See it all, and take it along",
		KeptIntro:   "This is everything that Ferry's server keeps about you, and what WhatsApp's gateway says that it keeps. Your messages and keys are not among it: they are only on your own devices.",
		KeptFailed:  "The list cannot be loaded right now.",
		KeptAccount: "Account", KeptAccountText: "The username {username}, a random number that stands for you, and when you joined: {when}.",
		KeptPassword:  "Your password, in a form that it cannot be read from.",
		KeptElsewhere: "Who you are at {name}, in a form that it cannot be read from. There is no password.",
		KeptSessions:  Plural{"Signed in at {n} place", "Signed in at {n} places"},
		KeptSession:   "{device}, since {when}",
		KeptFiles:     Plural{"{n} encrypted file", "{n} encrypted files"},
		KeptFile:      "{size}, kept until {when}", KeptUpload: "{size}, being uploaded; kept until {when} if it is not finished",
		KeptNewest: "The newest {n} of them:",
		KeptBytes:  "Photos and other attachments that you sent, {size} in all. The server cannot open them.", KeptQuota: "Photos and other attachments that you sent, {size} in all; you may have {quota}. The server cannot open them.",
		KeptNoFiles: "No photos or other attachments.",
		KeptGateway: "At WhatsApp's gateway", KeptNotEnlisted: "Nothing: you have not turned on WhatsApp.",
		KeptEnlisted:      "Your username, your address {address}, and public keys of your devices. Messages that no device has fetched yet wait there, encrypted.",
		KeptDevices:       Plural{"{n} device", "{n} devices"},
		KeptConversations: Plural{"{n} conversation: with whom, and whether it was accepted.", "{n} conversations: with whom, and whether they were accepted."},
		KeptContacts:      Plural{"{n} person who is told when your devices change.", "{n} people who are told when your devices change."},
		KeptWaiting:       Plural{"{n} message or receipt that waits for you.", "{n} messages and receipts that wait for you."},
		KeptPreKeys:       Plural{"{n} public key with which a chat can begin.", "{n} public keys with which chats can begin."},
		KeptBlocked:       Plural{"{n} person whom you blocked.", "{n} people whom you blocked."},
		KeptReports:       Plural{"{n} report that you made, with what you chose to show.", "{n} reports that you made, with what you chose to show."},
		KeptLastSeen:      "When you were last online: {when}.",
		KeptNotTold:       "The gateway does not say what it keeps about you. If you turned on WhatsApp, it is your username, public keys of your devices, and encrypted messages that wait to be fetched.",
		KeptNever:         "Ferry's server does not store your contacts, whom you write to, what you write, or your IP address.",
		Export:            "Export my data", ExportText: "Saves this list in full as a file that you and other programs can read.",

		Password: "Change password", PasswordText: "Signs out all your other devices",
		PasswordIntro: "After the change, all other places where you are signed in have to sign in again.",
		Old:           "Current password", New: "New password", NewHint: "At least 8 characters. A few unusual words work well. It cannot be recovered.",
		NeedOld: "Enter your current password.", NeedNew: "Enter a new password.", OldWrong: "This is not your current password.",
		Change: "Change password", Changing: "Changing…", Changed: "Your password is changed",
		ChangedText: "All other places where you were signed in have to sign in again.",

		Wipe: "Delete what is on this device", WipeText: "Messages, keys and settings in this browser",
		WipeAsk:     "Delete everything on this device?",
		WipeAskText: "All messages and keys of this account in this browser are deleted, and you are signed out. They are nowhere else: nobody can bring them back. Your account stays.",
		WipeDo:      "Delete from this device", Wiping: "Deleting what is on this device…",
		Wiped:      "Everything of your account was deleted from this browser. Your account is still there: sign in to go on.",
		WipeFailed: "This browser did not delete everything. Clear the data of this site in the browser's settings.",

		Delete: "Delete my account", DeleteText: "At Ferry, at WhatsApp's gateway, and on this device",
		DeleteIntro: "Nobody can undo this, not you and not us.",
		GoesTitle:   "What goes, at once",
		Goes: []string{
			"Your account and its username on Ferry's server; somebody else may take the name.",
			"Your devices and keys at WhatsApp's gateway, and messages that wait for you there.",
			"Attachments that you sent: who has not opened one yet cannot any more.",
			"Your sessions: all your devices are signed out at once.",
			"All messages and keys in this browser. What other browsers of yours hold stays there until you delete it there.",
		},
		StaysTitle: "What the people you wrote to keep",
		Stays: []string{
			"The messages that you sent them, with your username on them.",
			"Attachments that they have opened, and their own copies and backups.",
		},
		DeletePassword: "Your password", DeleteName: "Your username", DeleteNameHint: "Type {username} to show that you mean it.",
		NameWrong: "Type {username}, exactly.",
		DeleteAsk: "Delete the account {username} for good?", DeleteAskText: "It goes now, with all that is stored about you. Nobody can bring it back.",
		DeleteDo: "Delete for good", Deleting: "Deleting your account…",
		Deleted:          "The account {username} is deleted: here, at WhatsApp's gateway and in this browser. The people you wrote to keep what you sent them.",
		DeletedOnly:      "The account {username} is deleted, here and at WhatsApp's gateway.",
		DeleteGateway:    "Nothing was deleted: WhatsApp's gateway has to delete its part first, and cannot be reached or refused. Try again in a moment.",
		DeleteHalf:       "It did not work to the end. Sign in if you are asked to, and try again: what is gone already stays gone.",
		DeleteUnanswered: "Ferry's server gave no answer. Check your connection and try again.",
		Keep:             "Keep my account",
	}
}
