package lang

// FindTexts: searching messages, and going to a date.
type FindTexts struct {
	Chats, Messages        string // headings of what was found
	Searching, SearchOlder string
	None, NoneText         string // {query}
	More                   string
	Indexing               string // {n}
	Failed                 string
	InChat, Placeholder    string
	Count, CountMore       Plural
	Newer, Older, Close    string
	Date, NoDate           string
	Hit                    string // {name} {time}: spoken before a hit's text
}

func englishFind() FindTexts {
	return FindTexts{
		Chats: "Chats", Messages: "Messages",
		Searching: "Searching…", SearchOlder: "Searching older messages…",
		None: "No messages found", NoneText: "No message on this device contains “{query}”.",
		More:     "Show more",
		Indexing: "Older messages are being made searchable: {n} % done.",
		Failed:   "The search did not work.",
		InChat:   "Search this chat", Placeholder: "Search this chat",
		Count: Plural{"{n} message", "{n} messages"}, CountMore: Plural{"{n} message so far", "{n} messages so far"},
		Newer: "Newer hit", Older: "Older hit", Close: "Close the search",
		Date: "Go to a date", NoDate: "There are no messages on or after that date.",
		Hit: "{name}, {time}:",
	}
}
