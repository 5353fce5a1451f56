package lang

import "time"

// Clock is the time of day: "09:05".
func (t *Texts) Clock(at time.Time) string { return at.Format("15:04") }

// Short is for a chat list: the time today, "Yesterday", a day of this week,
// or a date.
func (t *Texts) Short(now, at time.Time) string {
	switch days := daysBetween(at, now); {
	case at.IsZero():
		return ""
	case days <= 0:
		return t.Clock(at)
	case days == 1:
		return t.Date.Yesterday
	case days < 7:
		return t.Date.Weekdays[at.Weekday()]
	default:
		return Fill(t.Date.Short, "d", two(at.Day()), "m", two(int(at.Month())), "y", Plain(at.Year()))
	}
}

// Day is for a divider between days: "Today", "Monday", "3 June 2026".
func (t *Texts) Day(now, at time.Time) string {
	switch days := daysBetween(at, now); {
	case days <= 0 && days > -2:
		return t.Date.Today
	case days == 1:
		return t.Date.Yesterday
	case days > 0 && days < 7:
		return t.Date.Weekdays[at.Weekday()]
	default:
		return t.LongDate(at)
	}
}

// LongDate is a date in words: "3 June 2026".
func (t *Texts) LongDate(at time.Time) string {
	return Fill(t.Date.Long, "d", Plain(at.Day()), "month", t.Date.Months[at.Month()-1], "y", Plain(at.Year()))
}

// Moment is a date and a time, for something seen once: "today at 09:05".
func (t *Texts) Moment(now, at time.Time) string {
	day := t.LongDate(at)
	switch daysBetween(at, now) {
	case 0:
		day = t.Date.TodayIn
	case 1:
		day = t.Date.YesterdayIn
	}
	return Fill(t.Date.Moment, "day", day, "time", t.Clock(at))
}

// Wait is a span to wait, rounded up: "12 s", "3 min".
func (t *Texts) Wait(d time.Duration) string {
	s := int((d + time.Second - 1) / time.Second)
	if s < 1 {
		s = 1
	}
	if s < 100 {
		return t.Date.Seconds.Of(s)
	}
	return t.Date.Minutes.Of((s + 59) / 60)
}

// Plain is a number without grouping.
func Plain(n int) string {
	if n < 0 {
		return "-" + Plain(-n)
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return Plain(n/10) + string(rune('0'+n%10))
}

func two(n int) string {
	if n < 10 {
		return "0" + Plain(n)
	}
	return Plain(n)
}

// daysBetween counts midnights from a to b in b's zone.
func daysBetween(a, b time.Time) int {
	a = a.In(b.Location())
	ay, am, ad := a.Date()
	by, bm, bd := b.Date()
	from := time.Date(ay, am, ad, 0, 0, 0, 0, time.UTC)
	to := time.Date(by, bm, bd, 0, 0, 0, 0, time.UTC)
	return int(to.Sub(from) / (24 * time.Hour))
}
