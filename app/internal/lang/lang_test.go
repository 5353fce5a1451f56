package lang

import (
	"reflect"
	"testing"
	"time"
)

// optional texts may be empty.
var optional = map[string]bool{
	"App.Menu": true,
}

func TestNoTextIsMissing(t *testing.T) {
	walk(t, "", reflect.ValueOf(*English()))
}

func walk(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			sub := v.Type().Field(i).Name
			if name != "" {
				sub = name + "." + sub
			}
			walk(t, sub, v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		if v.Len() == 0 {
			t.Errorf("%s is empty", name)
		}
		for i := range v.Len() {
			walk(t, name, v.Index(i))
		}
	case reflect.String:
		if v.String() == "" && !optional[name] {
			t.Errorf("%s is empty", name)
		}
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 10000: "10,000", 1234567: "1,234,567", -4500: "-4,500"} {
		if got := Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestAPluralTakesItsForm(t *testing.T) {
	p := Plural{"{n} message", "{n} messages"}
	for n, want := range map[int]string{0: "0 messages", 1: "1 message", 2: "2 messages", 1200: "1,200 messages"} {
		if got := p.Of(n); got != want {
			t.Errorf("Of(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestAFilledInValueIsNotFilledInAgain(t *testing.T) {
	if got := Fill("{a} and {b}", "a", "{b}", "b", "x"); got != "{b} and x" {
		t.Errorf("got %q", got)
	}
}

func TestDatesAreSaidAsPeopleSayThem(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 22, 15, 0, 0, 0, zone) // a Sunday
	e := English()
	cases := []struct {
		at         time.Time
		short, day string
	}{
		{now.Add(-time.Hour), "14:00", "Today"},
		{now.Add(-15 * time.Hour), "00:00", "Today"},
		{now.Add(-15*time.Hour - time.Minute), "Yesterday", "Yesterday"},
		{now.AddDate(0, 0, -2), "Friday", "Friday"},
		{now.AddDate(0, 0, -6), "Monday", "Monday"},
		{now.AddDate(0, 0, -7), "15/11/2026", "15 November 2026"},
		{now.AddDate(-1, 0, 0), "22/11/2025", "22 November 2025"},
		{now.Add(time.Minute), "15:01", "Today"},
	}
	for _, c := range cases {
		if got := e.Short(now, c.at.UTC().In(zone)); got != c.short {
			t.Errorf("Short(%v) = %q, want %q", c.at, got, c.short)
		}
		if got := e.Day(now, c.at.In(zone)); got != c.day {
			t.Errorf("Day(%v) = %q, want %q", c.at, got, c.day)
		}
	}
}

func TestAWaitIsRoundedUp(t *testing.T) {
	e := English()
	for d, want := range map[time.Duration]string{0: "1 s", 1100 * time.Millisecond: "2 s", 99 * time.Second: "99 s", 100 * time.Second: "2 min", time.Hour: "60 min"} {
		if got := e.Wait(d); got != want {
			t.Errorf("Wait(%v) = %q, want %q", d, got, want)
		}
	}
}
