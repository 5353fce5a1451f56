package lang

// Texts is one language. Words in braces are filled in.
type Texts struct {
	Code string // BCP 47
	Dir  string // "ltr" or "rtl"

	App     AppTexts
	Date    DateTexts
	Sign    SignTexts
	List    ListTexts
	New     NewTexts
	Thread  ThreadTexts
	State   StateTexts
	Failure FailureTexts
	Link    LinkTexts
	Halted  HaltedTexts
	Set     SetTexts
	Third   ThirdTexts
	Keys    KeysTexts
	Content ContentTexts
	Media   MediaTexts
	Find    FindTexts
	Account AccountTexts
	People  PeopleTexts
	Persona PersonaTexts
	Consent ConsentTexts
}

// AppTexts are used everywhere.
type AppTexts struct {
	Name, Tagline                               string
	Back, Close, Cancel, Undo, Retry, Delete    string
	Copy, Reload, Loading, Skip, Settings, Menu string
	NotFound, NotFoundText, Home                string
	UpdateReady, Copied                         string
	Title, TitleChat                            string // of the window: {n}, {app}; {chat}
	EmptyTitle, EmptyText                       string // right pane
	NewFrom                                     string // announcement: {name} {text}
	NewMany                                     Plural // announcement
	And, Comma                                  string // {list} {last}; between names
}

// DateTexts are the words of dates.
type DateTexts struct {
	Today, Yesterday, TodayIn, YesterdayIn string
	Short, Long, Moment                    string // {d} {m} {y}; {d} {month} {y}; {day} {time}
	Weekdays                               [7]string
	Months                                 [12]string
	Seconds, Minutes                       Plural
}

// SignTexts: sign in and sign up.
type SignTexts struct {
	InTitle, UpTitle, InText, UpText          string
	Username, Password                        string
	UsernameHint, PasswordHint                string
	In, Up, InBusy, UpBusy                    string
	ToUp, ToIn, ToUpAsk, ToInAsk              string
	Show, Hide                                string
	NeedUsername, NeedPassword, ShortPassword string
	UsernameShape                             string
	Taken, Wrong, TooMany, Unreachable, Other string // {wait}; {message}
	SignedOut                                 string // {username}
}

// ListTexts: the chat list.
type ListTexts struct {
	Title, Search, New, Chats            string
	You, Draft                           string // before a preview
	Unknown                              string // a contact without name and number
	Unread                               Plural
	NoMatch, NoMatchText                 string // {query}
	OffTitle, OffText, OffButton         string
	NoneTitle, NoneText, NoneButton      string
	EchoTitle, EchoText, EchoButton      string
	Undecryptable, NotSupported, Typing  string
	OffStripTitle, OffStripText, OffNext string
}

// NewTexts: starting a chat by phone number.
type NewTexts struct {
	Title, Phone, Hint, Go, Busy, Placeholder string
	Invalid, Empty                            string
	NotFoundTitle, NotFoundText               string // {phone}
	ConsentTitle, ConsentText, ConsentDo      string
	RegionTitle, RegionText                   string
	Off, OffButton                            string
	Offline, Failed                           string
	Privacy                                   string
	Echo                                      string
}

// ThreadTexts: one chat.
type ThreadTexts struct {
	Region                              string // {name}
	Composer, Placeholder, Send         string
	Jump                                string
	JumpNew                             Plural
	Typing, TypingLong                  string // {name}
	LoadOlder, LoadingOlder, LoadFailed string
	Start                               string // {name} {username} {app}
	Encrypted, EncryptedShort           string
	Unread                              Plural
	Mine, Theirs                        string // {name}: spoken before a bubble's text
	Deleted                             string
	Unknown, UnknownText                string
	Off                                 string
	OffButton                           string
	Actions, CopyText, DeleteHere       string
	TooLong                             string // {n} characters over
	WaitingFor, NotSupported            string
}

// StateTexts say where a message is on its way.
type StateTexts struct {
	Pending, Sent, Delivered, Read, Failed, Received string
}

// FailureTexts say why a message failed, and what to do.
type FailureTexts struct {
	NoConsent, NoAccount, NoDevices, Rejected, IdentityChanged, NotSaved, Other string
	NotEnlisted, OutOfRegion, OwnBlock, Unanswered, TooMany                     string
}

// LinkTexts are the banners: which hop is down, and what happens next.
type LinkTexts struct {
	Network, NetworkDo           string
	Relay, Gateway               string // {provider} {gateway}
	Suspended                    string // {app}
	RetryIn, RetryNow, RetryDo   string // {wait}
	Session, SessionDo           string
	SessionRevoked, SessionAgain string
	Connecting                   string
	CatchingUp, CatchingUpSome   string // {done} {total}
}

// HaltedTexts: the engine stopped.
type HaltedTexts struct {
	LostTitle, LostText         string
	ReplacedTitle, ReplacedText string
	FullTitle, FullText         string
	OtherTitle, OtherText       string
	Reload, UseHere, Detail     string
	SignOut                     string
}

// SetTexts: settings.
type SetTexts struct {
	Title                                   string
	Account, AccountText                    string
	Third, ThirdText, ThirdOn, ThirdOff     string
	Sessions, SessionsText                  string
	Look, LookText                          string
	About, AboutText                        string
	SignOut, SignOutAsk, SignOutText        string
	SignedInAs, Username, Provider, Address string
	LookSystem, LookLight, LookDark         string
	LookSystemText, LookLegend              string
	ThisDevice, LastSeen, SignedIn          string // {when}
	End, EndBusy, EndAsk, EndText, Ended    string // {device}
	EndAll, EndAllAsk, EndAllText           string
	SessionsFailed, NoOthers                string
	Build, Licence, LicenceText, SourceText string
	AboutWhat, AboutRelay, Gateway, Sandbox string
	Keyboard, KeyboardText                  string
}

// ThirdTexts: turning third-party chats on and off.
type ThirdTexts struct {
	Title, Intro                        string
	GatewayTitle                        string
	Gateway                             []string // {gateway} {provider} {username}
	RelayTitle                          string
	Relay                               []string
	PeopleTitle                         string
	People                              []string
	Nothing                             string
	Privacy                             string
	Agree, Busy, BusyText               string
	OnTitle, OnText, OnAddress          string // {gateway} {username}
	OnNext                              string
	Off, OffAsk, OffText, OffDo, OffBad string
	Failed                              string // {message}
}

// KeysTexts: the overlay of shortcuts.
type KeysTexts struct {
	Title, Anywhere, InChat, InList                   string
	Help, Search, New, Settings, Next, Previous, Back string
	Send, NewLine, Newest, Move, Open                 string
	Find, Through                                     string
	Reply, React, Menu, EditLast, Emoji, Names        string
}
