package port

import (
	"encoding/json"
	"fmt"
)

type envelope struct {
	Type  string          `json:"type"`
	Value json.RawMessage `json:"value,omitempty"`
}

// EncodeCommand gives {"type":…,"value":…}.
func EncodeCommand(c Command) ([]byte, error) { return encode(c.command(), c) }

// EncodeEvent gives {"type":…,"value":…}.
func EncodeEvent(e Event) ([]byte, error) { return encode(e.event(), e) }

func encode(kind string, v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", kind, err)
	}
	return json.Marshal(envelope{Type: kind, Value: raw})
}

// DecodeCommand reads what EncodeCommand wrote; an unknown type is an error.
func DecodeCommand(b []byte) (Command, error) {
	kind, raw, err := open(b)
	if err != nil {
		return nil, fmt.Errorf("decode command: %w", err)
	}
	make, ok := commands[kind]
	if !ok {
		return nil, fmt.Errorf("decode command: unknown type %q", kind)
	}
	return make(raw)
}

// DecodeEvent reads what EncodeEvent wrote; an unknown type is an error.
func DecodeEvent(b []byte) (Event, error) {
	kind, raw, err := open(b)
	if err != nil {
		return nil, fmt.Errorf("decode event: %w", err)
	}
	make, ok := events[kind]
	if !ok {
		return nil, fmt.Errorf("decode event: unknown type %q", kind)
	}
	return make(raw)
}

func open(b []byte) (string, json.RawMessage, error) {
	var e envelope
	if err := json.Unmarshal(b, &e); err != nil {
		return "", nil, err
	}
	if len(e.Value) == 0 {
		e.Value = json.RawMessage("{}")
	}
	return e.Type, e.Value, nil
}

func commandOf[T Command](raw json.RawMessage) (Command, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("decode %s: %w", v.command(), err)
	}
	return v, nil
}

func eventOf[T Event](raw json.RawMessage) (Event, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("decode %s: %w", v.event(), err)
	}
	return v, nil
}

var commands = map[string]func(json.RawMessage) (Command, error){
	"snapshot":   commandOf[Snapshot],
	"connect":    commandOf[Connect],
	"disconnect": commandOf[Disconnect],
	"lookUp":     commandOf[LookUp],
	"openChat":   commandOf[OpenChat],
	"messages":   commandOf[Messages],
	"sendText":   commandOf[SendText],
	"retry":      commandOf[Retry],
	"delete":     commandOf[Delete],
	"markRead":   commandOf[MarkRead],
	"typing":     commandOf[Typing],
	"active":     commandOf[Active],
	"online":     commandOf[Online],
	"reconnect":  commandOf[Reconnect],
	"sendMedia":  commandOf[SendMedia],
	"react":      commandOf[React],
	"edit":       commandOf[Edit],
	"revoke":     commandOf[Revoke],
	"transfer":   commandOf[Transfer],
	"played":     commandOf[Played],
	"name":       commandOf[Name],
	"watch":      commandOf[Watch],
	"setPrivacy": commandOf[SetPrivacy],
	"search":     commandOf[Search],
	"findDate":   commandOf[FindDate],

	"setConsent":    commandOf[SetConsent],
	"findPerson":    commandOf[FindPerson],
	"accept":        commandOf[Accept],
	"decline":       commandOf[Decline],
	"block":         commandOf[Block],
	"blockProvider": commandOf[BlockProvider],
	"previewReport": commandOf[PreviewReport],
	"report":        commandOf[Report],
	"safetyNumber":  commandOf[SafetyNumber],
	"verify":        commandOf[Verify],
	"releaseHeld":   commandOf[ReleaseHeld],
}

var events = map[string]func(json.RawMessage) (Event, error){
	"self":         eventOf[SelfChanged],
	"link":         eventOf[LinkChanged],
	"chat":         eventOf[ChatChanged],
	"message":      eventOf[MessageChanged],
	"deleted":      eventOf[MessageDeleted],
	"peerTyping":   eventOf[PeerTyping],
	"peerPresence": eventOf[PeerPresence],
	"moved":        eventOf[Moved],
	"privacy":      eventOf[PrivacyChanged],
	"changeFailed": eventOf[ChangeFailed],
	"halted":       eventOf[Halted],
	"chatDeleted":  eventOf[ChatDeleted],
	"consent":      eventOf[ConsentChanged],
	"blocks":       eventOf[BlocksChanged],
}
