// Package host says what the screens ask of their surroundings: the engine
// behind a port, the relay's account API and the browser. Whoever mounts the
// screens plugs these in.
package host

import (
	"context"
	"time"

	"ferry/app/internal/port"
)

// Core is the engine as the page sees it, over a message port.
type Core interface {
	// Do sends a command; done is called once, on any goroutine, also when the
	// core had to be started again in between.
	Do(cmd port.Command, done func(port.Reply))
	// Subscribe hands over all events from now on, in batches, in order. After
	// a new core took over, fn gets resync true: ask for a Snapshot.
	Subscribe(fn func(events []port.Event, resync bool)) (cancel func())
}

// Account is a signed-in user.
type Account struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

// Session is a place where the account is signed in.
type Session struct {
	ID       string    `json:"id"`
	Device   string    `json:"device"`
	Created  time.Time `json:"created"`
	LastSeen time.Time `json:"lastSeen"`
	Current  bool      `json:"current"`
}

// Site is what the relay says of itself.
type Site struct {
	Provider struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	} `json:"provider"`
	Gateway struct {
		Name    string `json:"name"`
		Sandbox bool   `json:"sandbox"`
		Echo    string `json:"echo,omitempty"` // phone number of Echo, on a sandbox
	} `json:"gateway"`
	SignIn struct {
		Kind string `json:"kind"` // "password", or "oidc": at the messenger's own sign-in
		Name string `json:"name"` // of that sign-in
	} `json:"signIn"`
	Build string `json:"build"`
}

// RelayError is a refusal of the relay's API; any other error means that the
// relay could not be reached.
type RelayError struct {
	Status     int
	Code       string // stable, lower_snake: "username_taken", "wrong_password", "too_many", …
	Message    string // for people
	Field      string // the form field at fault, if one is
	RetryAfter time.Duration
}

func (e *RelayError) Error() string { return e.Code + ": " + e.Message }

// Relay is the relay's account API. All calls block: use them in ctx.Async.
type Relay interface {
	Me(ctx context.Context) (Account, error)
	SignUp(ctx context.Context, username, password string) (Account, error)
	SignIn(ctx context.Context, username, password string) (Account, error)
	SignOut(ctx context.Context) error
	Sessions(ctx context.Context) ([]Session, error)
	Revoke(ctx context.Context, id string) error
	Site(ctx context.Context) (Site, error)
	// Kept is everything that the relay keeps about the account.
	Kept(ctx context.Context) (Kept, error)
	ChangePassword(ctx context.Context, old, password string) error
	// DeleteAccount deletes the account at the gateway and at the relay; password
	// is "" where there is none.
	DeleteAccount(ctx context.Context, password string) error
}

// Device is what the page asks of the browser. Elements are named by their id.
type Device interface {
	Focus(id string)
	// Scroll tells where an element is scrolled to and how far it goes, in CSS pixels.
	Scroll(id string) (top, height, viewport float64)
	ScrollTo(id string, top float64)
	// FitText sets a text area's height to its text, at most max CSS pixels.
	FitText(id string, max float64)
	SetTitle(title string)
	// Theme is "system", "light" or "dark"; kept over reloads.
	Theme() string
	SetTheme(theme string)
	// Remembered is the account that was signed in here last; no secret.
	Remembered() (Account, bool)
	Remember(a Account)
	// Leave is the end of the account in this tab; Forget in this browser, which
	// the other tabs hear by OtherTab.
	Leave()
	Forget()
	// Leaving tells whether somebody has signed out here and the relay may not
	// know it yet; kept over reloads.
	Leaving() bool
	SetLeaving(leaving bool)
	// OtherTab calls fn when another tab has signed somebody in or out.
	OtherTab(fn func())
	// Draft is the unsent text of a chat. It is kept sealed by the core, over a
	// killed browser too, and known from the first reply to a Snapshot on.
	Draft(chat string) string
	SetDraft(chat, text string)
	Visible() bool
	Online() bool
	// Watch calls fn when visibility, connectivity or window size changes.
	Watch(fn func()) (cancel func())
	// OpenCore starts or joins the account's engine.
	OpenCore(a Account) Core
	// Wipe deletes all of the open account's data in this browser; its engine
	// ends. done may be called on any goroutine.
	Wipe(done func(error))
	Copy(text string)
	Reload()
	// UpdateReady is called when a newer build waits to be loaded.
	UpdateReady(fn func())
}
