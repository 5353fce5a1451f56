package zone

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func TestTheZoneFoundIsTheZoneAsked(t *testing.T) {
	from, to := time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2037, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "America/Caracas", "Pacific/Apia", "Europe/Istanbul"} {
		want, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Find(name, from, to, func(at time.Time) time.Duration {
			_, s := at.In(want).Zone()
			return time.Duration(s) * time.Second
		})
		if err != nil {
			t.Fatal(err)
		}
		for at := from; at.Before(to); at = at.Add(97 * time.Minute) {
			a, b := at.In(got).Format(time.DateTime), at.In(want).Format(time.DateTime)
			if a != b {
				t.Fatalf("%s at %s: %s, want %s", name, at, a, b)
			}
		}
	}
}
