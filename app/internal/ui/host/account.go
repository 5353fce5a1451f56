package host

import "time"

// Places of the relay that the browser goes to by itself.
const (
	PathSignInElsewhere = "/api/oidc/start"     // leads to the messenger's own sign-in
	PathExport          = "/api/account/export" // Kept as a file
)

// Kept is everything that the relay keeps about an account.
type Kept struct {
	Account struct {
		ID       string    `json:"id"`
		Username string    `json:"username"`
		Created  time.Time `json:"created"`
	} `json:"account"`
	Sessions   []Session   `json:"sessions"`
	Enlistment *Enlistment `json:"enlistment"` // nil: the gateway did not say
	Media      struct {
		Files      []KeptFile `json:"files"` // the newest, oldest first
		Count      int        `json:"count"` // of all
		Bytes      int64      `json:"bytes"`
		QuotaBytes int64      `json:"quotaBytes"` // 0: none
	} `json:"media"`
}

// Enlistment is what the gateway has of the account.
type Enlistment struct {
	Address string `json:"address"` // "": not enlisted
	Devices []struct {
		Device uint16 `json:"device"`
	} `json:"devices"`
	Kept KeptThere `json:"kept"`
}

// KeptThere is what else a gateway keeps; zeros where it does not tell.
type KeptThere struct {
	Conversations int        `json:"conversations"`
	Contacts      int        `json:"contacts"` // who is told of changed devices
	Waiting       int        `json:"waiting"`  // stanzas that no device has fetched
	PreKeys       int        `json:"preKeys"`  // public, of all devices
	Blocked       int        `json:"blocked"`
	Reports       int        `json:"reports"`
	LastSeen      *time.Time `json:"lastSeen"`
}

// KeptFile is an encrypted file at the relay.
type KeptFile struct {
	Size     int64     `json:"size"`
	Received int64     `json:"received"` // less than Size while it is being uploaded
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
}
