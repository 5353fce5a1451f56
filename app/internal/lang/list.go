package lang

// FindTexts: searching messages, and going to a date.
type FindTexts struct {
	Chats, Messages        string // headings of what was found
	Searching, SearchOlder string
	NoneText               string // {query}
	More                   string
	Indexing               string // {n}
	Failed, Again          string
	InChat, Placeholder    string
	Count                  Plural
	Close                  string
	Date, NoDate           string
}

func englishFind() FindTexts {
	return FindTexts{
		Chats: "Chats", Messages: "Messages",
		Searching: "Searching…", SearchOlder: "Searching older messages…",
		NoneText: "No message on this device contains “{query}”.",
		More:     "Show more",
		Indexing: "Older messages are being made searchable: {n}% done.",
		Failed:   "The search did not work.", Again: "Try again",
		InChat: "Search this chat", Placeholder: "Search this chat",
		Count: Plural{"{n} message", "{n} messages"},
		Close: "Close the search",
		Date:  "Go to a date", NoDate: "There are no messages on or after that date.",
	}
}
