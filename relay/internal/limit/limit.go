// Package limit holds every bound of the relay in one table, and the two
// mechanisms that enforce most of them: token buckets and counters by key.
package limit

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Limits is the table. The tags carry its documentation: what is counted (unit),
// for whom (per), what happens at the bound, and whether the relay refuses
// (closed) or lets pass (open) when the counting itself fails. A value of zero
// means no bound, except where the text says otherwise.
type Limits struct {
	Connections   int64         `limit:"http.connections" default:"25000" unit:"connections" per:"process" bound:"new connections wait in the kernel's queue" fail:"closed"`
	HeaderBytes   int64         `limit:"http.header_bytes" default:"16384" unit:"bytes" per:"request" bound:"431" fail:"closed"`
	HeaderTime    time.Duration `limit:"http.header_time" default:"10s" unit:"duration" per:"request" bound:"the connection is closed" fail:"closed"`
	RequestTime   time.Duration `limit:"http.request_time" default:"30s" unit:"duration" per:"request" bound:"the connection is closed" fail:"closed"`
	AnswerTime    time.Duration `limit:"http.answer_time" default:"5m" unit:"duration" per:"request" bound:"the connection is closed" fail:"closed"`
	KeepAlive     time.Duration `limit:"http.keep_alive" default:"2m" unit:"duration" per:"connection" bound:"the idle connection is closed" fail:"closed"`
	BodyBytes     int64         `limit:"api.body_bytes" default:"16384" unit:"bytes" per:"request" bound:"413 too_big" fail:"closed"`
	Requests      int64         `limit:"api.requests" default:"600" unit:"a minute" per:"address" bound:"429 too_many with Retry-After" fail:"open"`
	AddressMemory int64         `limit:"api.address_memory" default:"100000" unit:"addresses" per:"process" bound:"the longest unseen is forgotten" fail:"open"`
	Memory        int64         `limit:"process.memory" default:"536870912" unit:"bytes, unless GOMEMLIMIT is set" per:"process" bound:"garbage is collected more often; what is in use may be more" fail:"open"`

	SignUps         int64         `limit:"account.sign_ups" default:"20" unit:"an hour" per:"address" bound:"429 too_many with Retry-After" fail:"open"`
	SignIns         int64         `limit:"account.sign_ins" default:"60" unit:"a minute" per:"address" bound:"429 too_many with Retry-After" fail:"open"`
	SignInFree      int64         `limit:"account.free_attempts" default:"5" unit:"attempts" per:"account and address" bound:"the next attempt waits: 1 s, doubled each time" fail:"closed"`
	SignInWait      time.Duration `limit:"account.attempt_wait" default:"15m" unit:"duration" per:"account and address" bound:"the wait grows no further; there is no lasting lock" fail:"closed"`
	SignInMemory    time.Duration `limit:"account.attempt_memory" default:"1h" unit:"duration" per:"account and address" bound:"failed attempts are forgotten" fail:"closed"`
	Hashes          int64         `limit:"account.hashes" default:"4" unit:"at once (19 MiB each)" per:"process" bound:"further sign-ins queue" fail:"closed"`
	HashQueue       int64         `limit:"account.hash_queue" default:"64" unit:"waiting" per:"process" bound:"503 busy with Retry-After" fail:"closed"`
	Sessions        int64         `limit:"account.sessions" default:"50" unit:"sessions" per:"account" bound:"the one unused for longest is revoked" fail:"open"`
	SessionIdle     time.Duration `limit:"account.session_idle" default:"720h" unit:"duration" per:"session" bound:"the session expires" fail:"closed"`
	SessionAge      time.Duration `limit:"account.session_age" default:"4320h" unit:"duration" per:"session" bound:"the session expires" fail:"closed"`
	TokenAge        time.Duration `limit:"token.age" default:"5m" unit:"duration" per:"ID token" bound:"the token expires" fail:"closed"`
	Tokens          int64         `limit:"token.mints" default:"60" unit:"a minute" per:"account" bound:"429 too_many with Retry-After" fail:"open"`
	GatewayCallTime time.Duration `limit:"gateway.call_time" default:"10s" unit:"duration" per:"call" bound:"502 gateway_unreachable" fail:"closed"`
	GatewayBody     int64         `limit:"gateway.body_bytes" default:"65536" unit:"bytes" per:"answer" bound:"502 gateway_unreachable" fail:"closed"`

	Tunnels          int64         `limit:"tunnel.total" default:"20000" unit:"tunnels" per:"process" bound:"close 4429 too_many" fail:"closed"`
	TunnelsAccount   int64         `limit:"tunnel.per_account" default:"16" unit:"tunnels" per:"account" bound:"close 4429 too_many" fail:"closed"`
	TunnelsAddress   int64         `limit:"tunnel.per_address" default:"128" unit:"tunnels" per:"address" bound:"close 4429 too_many" fail:"closed"`
	TunnelOpens      int64         `limit:"tunnel.opens" default:"120" unit:"a minute" per:"address" bound:"close 4429 too_many" fail:"open"`
	TunnelMessage    int64         `limit:"tunnel.message_bytes" default:"16777472" unit:"bytes" per:"WebSocket message" bound:"close 4413 frame_too_big" fail:"closed"`
	TunnelUpBytes    int64         `limit:"tunnel.up_bytes" default:"8388608" unit:"bytes a second" per:"tunnel, from the client" bound:"reading pauses" fail:"closed"`
	TunnelUpFrames   int64         `limit:"tunnel.up_frames" default:"5000" unit:"frames a second" per:"tunnel, from the client" bound:"reading pauses" fail:"closed"`
	TunnelDownBytes  int64         `limit:"tunnel.down_bytes" default:"67108864" unit:"bytes a second" per:"tunnel, from the gateway" bound:"reading pauses" fail:"closed"`
	TunnelDownFrames int64         `limit:"tunnel.down_frames" default:"50000" unit:"frames a second" per:"tunnel, from the gateway" bound:"reading pauses" fail:"closed"`
	TunnelIdle       time.Duration `limit:"tunnel.idle" default:"3m" unit:"duration" per:"tunnel, without data either way" bound:"close 4408 idle" fail:"closed"`
	TunnelPing       time.Duration `limit:"tunnel.ping" default:"25s" unit:"duration" per:"silent leg" bound:"a ping is sent" fail:"closed"`
	TunnelPong       time.Duration `limit:"tunnel.pong" default:"20s" unit:"duration" per:"pinged leg" bound:"the leg counts as dead: close" fail:"closed"`
	TunnelSlow       time.Duration `limit:"tunnel.slow" default:"30s" unit:"duration" per:"64 KiB that a leg does not take" bound:"close 4411 slow" fail:"closed"`
	TunnelDial       time.Duration `limit:"tunnel.dial" default:"10s" unit:"duration" per:"connection to the gateway" bound:"close 4502 gateway_unreachable" fail:"closed"`
	TunnelLinger     time.Duration `limit:"tunnel.linger" default:"2s" unit:"duration" per:"closing tunnel" bound:"the sockets are closed, answered or not" fail:"closed"`
	TunnelRecheck    time.Duration `limit:"tunnel.recheck" default:"5m" unit:"duration" per:"tunnel" bound:"its session is looked up again; gone: close 4403 revoked" fail:"open"`
	TunnelLife       time.Duration `limit:"tunnel.life" default:"24h" unit:"duration" per:"tunnel" bound:"close 4503 draining: come back" fail:"closed"`

	SandboxRequests int64 `limit:"sandbox.requests" default:"128" unit:"requests at once" per:"process" bound:"503 busy with Retry-After" fail:"closed"`
	SandboxSockets  int64 `limit:"sandbox.sockets" default:"256" unit:"WebSockets to a sandbox gateway" per:"process" bound:"close 4429 too_many" fail:"closed"`

	MediaBytes            int64         `limit:"media.file_bytes" default:"2147483674" unit:"bytes (2 GiB and what encryption adds)" per:"file" bound:"413 too_big" fail:"closed"`
	MediaAge              time.Duration `limit:"media.age" default:"720h" unit:"duration" per:"complete file" bound:"410 expired; its bytes are deleted" fail:"closed"`
	MediaUnfinishedAge    time.Duration `limit:"media.unfinished_age" default:"24h" unit:"duration" per:"upload without progress" bound:"410 expired; its bytes are deleted" fail:"closed"`
	MediaAccountBytes     int64         `limit:"media.account_bytes" default:"21474836480" unit:"bytes, unfinished uploads in full" per:"account" bound:"403 over_quota" fail:"closed"`
	MediaAccountFiles     int64         `limit:"media.account_files" default:"10000" unit:"files" per:"account" bound:"403 over_quota" fail:"closed"`
	MediaUnfinished       int64         `limit:"media.unfinished" default:"32" unit:"unfinished uploads" per:"account" bound:"429 too_many with Retry-After" fail:"closed"`
	MediaUploads          int64         `limit:"media.uploads" default:"64" unit:"parts at once (1 MiB of memory each)" per:"process" bound:"429 too_many with Retry-After" fail:"closed"`
	MediaUploadsAccount   int64         `limit:"media.uploads_account" default:"8" unit:"parts at once" per:"account" bound:"429 too_many with Retry-After" fail:"closed"`
	MediaDownloads        int64         `limit:"media.downloads" default:"128" unit:"downloads at once (1 MiB of memory each)" per:"process" bound:"429 too_many with Retry-After" fail:"closed"`
	MediaDownloadsAccount int64         `limit:"media.downloads_account" default:"16" unit:"downloads at once" per:"account" bound:"429 too_many with Retry-After" fail:"closed"`
	MediaDownloadsFile    int64         `limit:"media.downloads_file" default:"32" unit:"downloads at once, by the gateway" per:"address of a file" bound:"429 too_many with Retry-After" fail:"closed"`
	MediaSlow             time.Duration `limit:"media.slow" default:"30s" unit:"duration" per:"64 KiB that a side does not send or take" bound:"408 too_slow, or the connection is closed; what has arrived counts" fail:"closed"`
}

// Row is one line of the table, for people.
type Row struct{ Name, Value, Unit, Per, Bound, Fail string }

// Default returns the table as documented.
func Default() Limits {
	var l Limits
	v := reflect.ValueOf(&l).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if err := set(v.Field(i), f.Tag.Get("default")); err != nil {
			panic("limit: default of " + f.Name + ": " + err.Error()) // a mistake in this file; a test reads every line
		}
	}
	return l
}

// ErrUnknown names no limit of the table.
var ErrUnknown = errors.New("no such limit")

// Set changes one value by its name, e.g. "tunnel.idle" to "90s".
func (l *Limits) Set(name, text string) error {
	v := reflect.ValueOf(l).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("limit") != name {
			continue
		}
		if err := set(v.Field(i), text); err != nil {
			return fmt.Errorf("limit %s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("%q: %w", name, ErrUnknown)
}

// Rows returns the table in its order, with the values in force.
func (l Limits) Rows() []Row {
	v := reflect.ValueOf(l)
	rows := make([]Row, 0, v.NumField())
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		rows = append(rows, Row{
			Name:  tag.Get("limit"),
			Value: fmt.Sprint(v.Field(i).Interface()),
			Unit:  tag.Get("unit"),
			Per:   tag.Get("per"),
			Bound: tag.Get("bound"),
			Fail:  tag.Get("fail"),
		})
	}
	return rows
}

func set(v reflect.Value, text string) error {
	n, err := int64(0), error(nil)
	if v.Type() == reflect.TypeFor[time.Duration]() {
		var d time.Duration
		d, err = time.ParseDuration(text)
		n = int64(d)
	} else {
		n, err = strconv.ParseInt(text, 10, 64)
	}
	switch {
	case err != nil:
		return fmt.Errorf("%q is no %s", text, map[bool]string{true: `duration such as "30s"`, false: "whole number"}[v.Type() == reflect.TypeFor[time.Duration]()])
	case n < 0:
		return fmt.Errorf("%q is negative", text)
	}
	v.SetInt(n)
	return nil
}
