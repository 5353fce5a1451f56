package lang

// ContentTexts: what a message can be beside a text, and what can be done with it.
type ContentTexts struct {
	Reply, ReplyTo, ReplyToMe, ReplyCancel         string // {name}
	QuoteOf, QuoteGone                             string // {name}
	EditTitle, EditCancel, EditSave                string
	Edited, EditedAt, EditFailed, EditLate         string // {when}
	React, ReactWith, ReactMore, ReactRemove       string // {emoji}
	Reactions, Reacted, ReactedMe, Unreacted       string // {name} {emoji} {text}
	ReactedTitle                                   string
	ReactionBy                                     string // {emoji} {names}
	Remove, Original                               string
	More                                           string // {n} further reactions
	Copy, Edit, Revoke, Delete                     string
	RevokeAsk, RevokeText, RevokeDo, RevokeFailed  string
	RevokeLate                                     string
	Deleted, DeletedMe                             string
	Forwarded                                      string
	NotDone                                        string
	Contact, Contacts                              string
	NoName, NoPhone, CopyPhone, CopyEmail, Message string // {phone} {email}
	Location, LocationLive, OpenMap, OpenMapHint   string
	North, South, East, West                       string // {n} degrees
	Sticker, Poll, Call, Invite, ViewOnce, Unknown Placeholder
	Online, LastSeen, Recording, RecordingLong     string // {when} {name}
	Emoji                                          EmojiTexts
	Privacy                                        PrivacyTexts
}

// Placeholder stands in for what cannot be shown.
type Placeholder struct{ Title, Text string }

// EmojiTexts: choosing an emoji.
type EmojiTexts struct {
	Open, Title, Search, None, Loading, Failed, Recent string
	NoneText                                           string // {query}
	Found                                              Plural
	Tone                                               string
	Tones                                              [6]string // none, then light to dark
	Groups                                             [9]string
	Complete                                           string // {query}
}

// PrivacyTexts: what others may see.
type PrivacyTexts struct {
	Title, Text, Intro         string
	Read, ReadText             string
	Typing, TypingText         string
	LastSeen, LastSeenText     string
	Failed, Reciprocal, Always string
}

func englishContent() ContentTexts {
	return ContentTexts{
		Reply: "Reply", ReplyTo: "Reply to {name}", ReplyToMe: "Reply to yourself", ReplyCancel: "Cancel the reply",
		QuoteOf: "Answers {name}: {text}", QuoteGone: "The original message is not on this device.",
		EditTitle: "Edit message", EditCancel: "Cancel editing", EditSave: "Save the changed message",
		Edited: "edited", EditedAt: "Edited {when}",
		EditFailed: "The message was not changed. {message}", EditLate: "A message can be changed for 15 minutes only.",
		React: "React", ReactWith: "React with {emoji}", ReactMore: "More emoji", ReactRemove: "Remove {emoji}, your reaction",
		Reactions: "Reactions", Reacted: "{name} reacted {emoji} to “{text}”", ReactedMe: "You reacted {emoji}", Unreacted: "Reaction removed",
		ReactedTitle: "Who reacted", Remove: "Remove", Original: "Show the original message", ReactionBy: "{emoji} by {names}", More: "{n} more reactions",
		Copy: "Copy text", Edit: "Edit", Revoke: "Delete for everyone", Delete: "Delete for me",
		RevokeAsk: "Delete for everyone?", RevokeDo: "Delete for everyone",
		RevokeText:   "{name} will see that a message was deleted. They may have read, copied or kept it before, and an old phone may go on showing it.",
		RevokeFailed: "The message was not deleted for everyone. {message}", RevokeLate: "A message can be deleted for everyone for two days only.",
		Deleted: "This message was deleted.", DeletedMe: "You deleted this message.",
		Forwarded: "Forwarded", NotDone: "That did not work. {message}",
		Contact: "Contact", Contacts: "Contacts", NoName: "No name", NoPhone: "No phone number in it",
		CopyPhone: "Copy {phone}", CopyEmail: "Copy {email}", Message: "Message {phone}",
		Location: "Location", LocationLive: "Live location. It is shown as it was when sent.", OpenMap: "Open the map",
		OpenMapHint: "Opens openstreetmap.org in a new tab. Its server then learns this place and your address.",
		North:       "{n}° N", South: "{n}° S", East: "{n}° E", West: "{n}° W",
		Sticker:  Placeholder{"Sticker", "Ferry does not show stickers yet. It is on their phone."},
		Poll:     Placeholder{"Poll", "Ferry cannot take part in polls yet. It is open on their phone."},
		Call:     Placeholder{"Call", "Ferry cannot take calls yet. Answer with a message."},
		Invite:   Placeholder{"Invitation to a group", "Groups with WhatsApp are not possible from here yet."},
		ViewOnce: Placeholder{"View-once message", "It can be opened once, and on a phone with WhatsApp only."},
		Unknown:  Placeholder{"Unknown message", "It came from a newer version of WhatsApp. Ask them to send it as text."},
		Online:   "online", LastSeen: "last seen {when}", Recording: "recording…", RecordingLong: "{name} is recording a voice message",
		Emoji: EmojiTexts{
			Open: "Emoji", Title: "Choose an emoji", Search: "Search emoji", None: "No emoji found", NoneText: "Nothing is called “{query}”. Try another word.",
			Loading: "Loading emoji…", Failed: "The emoji cannot be loaded right now.", Recent: "Recently used",
			Found: Plural{"{n} emoji found", "{n} emoji found"},
			Tone:  "Skin tone", Tones: [6]string{"No skin tone", "Light", "Medium-light", "Medium", "Medium-dark", "Dark"},
			Groups: [9]string{"Smileys and emotion", "People and body", "Animals and nature", "Food and drink", "Travel and places",
				"Activities", "Objects", "Symbols", "Flags"},
			Complete: "Emoji that begin with {query}",
		},
		Privacy: PrivacyTexts{
			Title: "Privacy", Text: "Read receipts, typing, last seen",
			Intro: "What the people you write to learn about you. Each switch works both ways: what you do not tell, you are not told.",
			Read:  "Read receipts", ReadText: "They see when you have read their messages, and you see when they have read yours. Without, ticks never turn blue on either side.",
			Typing: "Typing", TypingText: "They see that you are typing or recording, and you see it of them.",
			LastSeen: "Last seen and online", LastSeenText: "They see whether you are here and when you were last, and you see it of them, if they share it.",
			Failed:     "This could not be changed. {message}",
			Reciprocal: "Off for both of you",
			Always:     "Delivery is always confirmed: without it, a message would be sent again and again.",
		},
	}
}
