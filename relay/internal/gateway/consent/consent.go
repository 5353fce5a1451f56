// Package consent is the one place that says what may cross between a WhatsApp
// user and a third-party user, and what the sender learns if it may not. It is a
// pure function: the gateway finds out how things stand, asks, and obeys, so that
// no client can get round it.
//
// The rules, in the order in which they are looked at:
//
//	how things stand                       message            receipt, typing,  call offer
//	                                       (text, media,      presence
//	                                       reaction)
//	provider suspended or removed          refused suspended  dropped           refused suspended
//	third-party user not enlisted          refused gone       dropped           refused gone
//	either side out of its region          refused region     dropped           refused region
//	chats off, app not chosen, provider
//	blocked, or any of these mid-chat      refused consent    dropped           refused consent
//	the sender has blocked the receiver    refused blocked    dropped           refused blocked
//	the receiver has blocked the sender    swallowed          dropped           swallowed
//	request not accepted                   delivered, up to   dropped           refused consent
//	                                       a number; then
//	                                       refused unanswered
//	none of these                          delivered          delivered         refused unsupported
//
// A receipt that asks for a message again, because it cannot be read, passes while
// a request is not accepted: nobody could accept what nobody can read.
//
// Swallowed means acknowledged like any other and kept for nobody: a block is not
// told to the one who is blocked. What was delivered to a mailbox before things
// changed stays there: it was agreed to when it was sent.
package consent

// Act is what somebody wants to send.
type Act string

// The acts. Edits and revocations are reactions in this sense: they change what
// is there.
const (
	Text     Act = "text"
	Media    Act = "media"
	Reaction Act = "reaction"
	Receipt  Act = "receipt"
	Retry    Act = "retry" // a receipt that asks for a message again, which could not be read
	Typing   Act = "typing"
	Presence Act = "presence"
	Call     Act = "call"
)

// Message says whether the sender expects an ack that means something.
func (a Act) Message() bool { return a == Text || a == Media || a == Reaction }

// Verdict is what becomes of it.
type Verdict string

// The verdicts.
const (
	Deliver Verdict = "deliver"
	Swallow Verdict = "swallow" // acknowledge, and keep for nobody
	Drop    Verdict = "drop"    // say nothing
	Refuse  Verdict = "refuse"  // tell the sender the Reason
)

// Reason says why something is refused.
type Reason string

// The reasons.
const (
	None        Reason = ""
	Suspended   Reason = "suspended"   // the provider
	Gone        Reason = "gone"        // the third-party user is not enlisted any more
	Region      Reason = "region"      // one side is outside the region of third-party chats
	NoConsent   Reason = "no_consent"  // the WhatsApp user does not take messages of this provider
	OwnBlock    Reason = "own_block"   // the sender has blocked the receiver
	Unanswered  Reason = "unanswered"  // too many messages before an answer
	Unsupported Reason = "unsupported" // no call crosses
)

// Outcome is the verdict, with the reason of a refusal.
type Outcome struct {
	Verdict Verdict
	Reason  Reason
}

// Standing is how things stand between the sender and the receiver, one of whom
// is a WhatsApp user and the other a third-party user.
type Standing struct {
	ProviderDown    bool // suspended, or not registered any more
	NotEnlisted     bool // the third-party user has no device
	OutOfRegion     bool // either of the two
	ChatsOff        bool // the WhatsApp user's third-party chats
	AppNotChosen    bool
	ProviderBlocked bool // by the WhatsApp user
	BlockedReceiver bool // the sender has blocked the receiver
	BlockedSender   bool // the receiver has blocked the sender
	// Requested: the receiver has neither answered nor accepted; Sent is how many
	// messages of the sender wait for that, and May how many may.
	Requested bool
	Sent, May int
}

// Decide says what becomes of an act.
func Decide(s Standing, a Act) Outcome {
	switch {
	case s.ProviderDown:
		return refuse(a, Suspended)
	case s.NotEnlisted:
		return refuse(a, Gone)
	case s.OutOfRegion:
		return refuse(a, Region)
	case s.ChatsOff, s.AppNotChosen, s.ProviderBlocked:
		return refuse(a, NoConsent)
	case s.BlockedReceiver:
		return refuse(a, OwnBlock)
	case s.BlockedSender:
		if a.Message() || a == Call {
			return Outcome{Verdict: Swallow}
		}
		return Outcome{Verdict: Drop}
	case s.Requested:
		return requested(s, a)
	case a == Call:
		return Outcome{Refuse, Unsupported}
	}
	return Outcome{Verdict: Deliver}
}

func requested(s Standing, a Act) Outcome {
	switch {
	case a == Call:
		return Outcome{Refuse, NoConsent}
	case a == Retry: // without it nobody could read, and accept, what is delivered below
		return Outcome{Verdict: Deliver}
	case !a.Message():
		return Outcome{Verdict: Drop}
	case s.Sent >= s.May:
		return Outcome{Refuse, Unanswered}
	}
	return Outcome{Verdict: Deliver}
}

// refuse tells the sender of a message or call, and drops the rest, of which no
// sender expects news.
func refuse(a Act, why Reason) Outcome {
	if a.Message() || a == Call {
		return Outcome{Refuse, why}
	}
	return Outcome{Verdict: Drop}
}

// Visible says whether the receiver's devices and keys may be looked up by the
// sender: wherever a message would be taken, also one that is swallowed, so that
// a block does not show there either. The sender's own block does not count: whom
// one has blocked one may know, and clients keep what they were told.
func Visible(s Standing) bool {
	s.Requested, s.BlockedReceiver = false, false
	v := Decide(s, Text).Verdict
	return v == Deliver || v == Swallow
}
