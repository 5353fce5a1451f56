package host

import (
	"context"
	"strings"
)

// Phone is a WhatsApp user of the gateway's sandbox.
type Phone struct {
	Phone           string `json:"phone"` // "+49…"
	Name            string `json:"name"`
	ThirdPartyChats bool   `json:"thirdPartyChats"`
	Eligible        bool   `json:"eligible"` // the number is of the region of third-party chats
}

// Sandbox is what the page asks of the gateway's sandbox, where a tester may be
// a WhatsApp user. There is none beside another gateway. All calls block, and
// refusals are a *RelayError.
type Sandbox interface {
	Phones(ctx context.Context) ([]Phone, error)
	Phone(ctx context.Context, number string) (Phone, error)
	// NewPhone makes one, with third-party chats off.
	NewPhone(ctx context.Context, number, name string) (Phone, error)
}

// personaPrefix is in no account's id that a relay gives out: those are letters
// and digits.
const personaPrefix = "wa-"

// PersonaAccount is the account of a WhatsApp user, whose keys are apart from
// those of all Ferry users in this browser. Digits are those of the number.
func PersonaAccount(digits, name string) Account {
	return Account{ID: personaPrefix + digits, Username: name}
}

// Digits are those of the number, "" if the account is no WhatsApp user's.
func (a Account) Digits() string {
	digits, ok := strings.CutPrefix(a.ID, personaPrefix)
	if !ok {
		return ""
	}
	return digits
}
