package dom

import (
	"syscall/js"
	"time"

	"ferry/app/internal/browser/zone"
)

// Zone is the browser's time zone for the years that messages can be of.
func Zone() *time.Location {
	date := js.Global().Get("Date")
	name := js.Global().Get("Intl").Call("DateTimeFormat").Call("resolvedOptions").Get("timeZone").String()
	now := time.Now()
	loc, err := zone.Find(name, now.AddDate(-7, 0, 0), now.AddDate(1, 0, 0), func(at time.Time) time.Duration {
		return -time.Duration(date.New(at.UnixMilli()).Call("getTimezoneOffset").Float() * float64(time.Minute))
	})
	if err != nil {
		return time.Local // the offset of this moment
	}
	return loc
}
