package model

import "time"

// Kind is what a message holds. The kinds after KindDeleted are shown as a
// named placeholder: this version cannot show what is inside.
type Kind string

const (
	KindText     Kind = ""
	KindImage    Kind = "image"
	KindVideo    Kind = "video"
	KindVoice    Kind = "voice" // recorded to be heard as a message
	KindAudio    Kind = "audio" // a sound file
	KindDocument Kind = "document"
	KindContact  Kind = "contact"
	KindLocation Kind = "location"
	KindDeleted  Kind = "deleted" // by its sender, for everyone

	KindSticker  Kind = "sticker"
	KindPoll     Kind = "poll"
	KindCall     Kind = "call"
	KindInvite   Kind = "invite"
	KindViewOnce Kind = "view_once"
	KindUnknown  Kind = "unknown" // content that came after this version

	KindNotice Kind = "notice" // not a message but a line about the chat; see Message.Notice
)

// Ref names a message within a chat.
type Ref struct {
	ID     MessageID `json:"id"`
	FromMe bool      `json:"fromMe"`
}

// Quote is the message that a reply is about, as the reply tells it: it shows
// also where the original is not on this device.
type Quote struct {
	Ref
	Kind  Kind   `json:"kind,omitempty"`
	Text  string `json:"text,omitempty"`  // cut
	Thumb []byte `json:"thumb,omitempty"` // JPEG
	Order uint64 `json:"order,omitempty"` // of the original where it is on this device; 0 where not
}

// Reaction is one side's emoji on a message.
type Reaction struct {
	Emoji  string    `json:"emoji"`
	FromMe bool      `json:"fromMe"`
	At     time.Time `json:"at"`
}

// Card is a contact that was sent. All of it is the sender's word.
type Card struct {
	Name   string   `json:"name"`
	Phones []string `json:"phones,omitempty"` // as written
	Emails []string `json:"emails,omitempty"`
}

// Place is a location that was sent.
type Place struct {
	Latitude  float64 `json:"latitude"`  // degrees north
	Longitude float64 `json:"longitude"` // degrees east
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	Live      bool    `json:"live,omitempty"` // was moving when sent
}

// FileID names the bytes of one attachment on this device: 32 lower-case hex
// digits, random.
type FileID string

// MediaState is where an attachment's bytes are.
type MediaState string

const (
	MediaPreparing   MediaState = "preparing"   // outgoing: being read and encrypted
	MediaUploading   MediaState = "uploading"   // outgoing: on its way to the media host, or waiting for it
	MediaRemote      MediaState = "remote"      // not on this device; can be fetched
	MediaDownloading MediaState = "downloading" // being fetched, or waiting for the network
	MediaLocal       MediaState = "local"       // on this device, whole and verified
	MediaPaused      MediaState = "paused"      // cancelled by the user; goes on where it stopped
	MediaFailed      MediaState = "failed"      // see Media.Failure
)

// MediaFailure says why an attachment's bytes are not here, or did not go out.
type MediaFailure string

const (
	MediaOK        MediaFailure = ""
	MediaGone      MediaFailure = "gone"       // no longer at its host: expired or removed
	MediaTampered  MediaFailure = "tampered"   // not the bytes that were sent: changed, cut or swapped
	MediaTooBig    MediaFailure = "too_big"    // for the media host, or larger than announced
	MediaNoRoom    MediaFailure = "no_room"    // on this device
	MediaOverQuota MediaFailure = "over_quota" // of the account at the media host
	MediaLost      MediaFailure = "lost"       // the file was not read to its end before its tab closed
	MediaUnusable  MediaFailure = "unusable"   // the file cannot be read or is not what it should be
	MediaRefused   MediaFailure = "refused"    // by the media host or the gateway
)

// Media is an attachment. What describes it is its sender's word until the
// bytes are there.
type Media struct {
	MIME     string       `json:"mime,omitempty"`
	Name     string       `json:"name,omitempty"` // of a document; hostile text
	Size     int64        `json:"size"`           // bytes
	Width    int          `json:"width,omitempty"`
	Height   int          `json:"height,omitempty"`
	Seconds  int          `json:"seconds,omitempty"`
	Pages    int          `json:"pages,omitempty"`
	GIF      bool         `json:"gif,omitempty"`      // a video that plays silently, over and over
	Thumb    []byte       `json:"thumb,omitempty"`    // JPEG, at most MaxThumb bytes
	Waveform []byte       `json:"waveform,omitempty"` // of a voice message: 64 loudnesses, 0 to 100
	Played   bool         `json:"played,omitempty"`   // voice: heard by its receiver
	Streams  bool         `json:"streams,omitempty"`  // can be played in verified pieces before all of it is here
	State    MediaState   `json:"state"`
	Failure  MediaFailure `json:"failure,omitempty"`
	Done     int64        `json:"done,omitempty"` // bytes moved when last stored; port.Transfer has the live figure
}

// MaxThumb bounds Media.Thumb and Quote.Thumb, in bytes.
const MaxThumb = 32 << 10

// Privacy is what this user lets others see. Each is reciprocal: who does not
// tell is not told.
type Privacy struct {
	ReadReceipts bool `json:"readReceipts"`
	Typing       bool `json:"typing"`
	LastSeen     bool `json:"lastSeen"` // and being online
}

// Presence is what a peer lets this user see.
type Presence struct {
	Online   bool      `json:"online"`
	LastSeen time.Time `json:"lastSeen,omitzero"`
}
