// Package zone tells Go the time zone of a browser. Go's own idea of it in
// WebAssembly is the offset of this moment, so that a message of last winter
// would show an hour off in summer.
package zone

import (
	"encoding/binary"
	"time"
)

// Offset gives the zone's offset from UTC at a moment, east positive.
type Offset func(at time.Time) time.Duration

// Find makes a location of what offset says between two moments, to the second.
// Outside of them the nearest offset holds.
func Find(name string, from, to time.Time, offset Offset) (*time.Location, error) {
	// Transitions lie at least two weeks apart in every zone of the tz database
	// since 1970, but for Ramadan pauses, which are longer still.
	const stride = 14 * 24 * time.Hour
	first := offset(from)
	var changes []change
	at, is := from, first
	for at.Before(to) {
		next := at.Add(stride)
		will := offset(next)
		if will != is {
			changes = append(changes, change{bisect(at, next, is, offset), will})
		}
		at, is = next, will
	}
	return time.LoadLocationFromTZData(name, encode(first, changes))
}

type change struct {
	at     time.Time
	offset time.Duration
}

// bisect finds the first second at which the offset is no longer what it was.
func bisect(low, high time.Time, was time.Duration, offset Offset) time.Time {
	for high.Sub(low) > time.Second {
		mid := low.Add(high.Sub(low) / 2).Truncate(time.Second)
		if !mid.After(low) {
			break
		}
		if offset(mid) == was {
			low = mid
			continue
		}
		high = mid
	}
	return high
}

// encode writes a TZif file, version 2 (RFC 8536, section 3): an empty block of
// the first version, then one with 64-bit times. The zones have no names.
func encode(first time.Duration, changes []change) []byte {
	types := []time.Duration{first}
	index := map[time.Duration]byte{first: 0}
	var times, kinds []byte
	for _, c := range changes {
		kind, ok := index[c.offset]
		if !ok {
			kind = byte(len(types))
			index[c.offset] = kind
			types = append(types, c.offset)
		}
		times = binary.BigEndian.AppendUint64(times, uint64(c.at.Unix()))
		kinds = append(kinds, kind)
	}
	header := func(b []byte, times, types, chars int) []byte {
		b = append(b, "TZif2"...)
		b = append(b, make([]byte, 15)...)
		for _, n := range []int{0, 0, 0, times, types, chars} {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		return b
	}
	entry := func(b []byte, d time.Duration) []byte {
		b = binary.BigEndian.AppendUint32(b, uint32(int32(d/time.Second)))
		return append(b, 0, 0) // not "summer", first name
	}
	b := header(nil, 0, 1, 1)
	b = append(entry(b, first), 0)
	b = header(b, len(changes), len(types), 1)
	b = append(append(b, times...), kinds...)
	for _, d := range types {
		b = entry(b, d)
	}
	b = append(b, 0)
	return append(b, "\n\n"...) // no rule for the time after
}
