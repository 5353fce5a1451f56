package region

import "testing"

func TestTheCountryIsThatOfTheNumber(t *testing.T) {
	for number, want := range map[string]string{
		"+4915112345678": "DE", "4915510000010": "DE", "+33612345678": "FR", "+35312345678": "IE", "+4791234567": "NO",
		"+447400123456": "GB", "+12025550123": "US", "+41791234567": "CH", "+3545812345": "IS",
		"+390612345678": "IT", "+99912345": "", "": "", "+": "", "abc": "", "+80012345678": "",
	} {
		if got := Of(number); got != want {
			t.Errorf("%s: %q, want %q", number, got, want)
		}
	}
}

func TestTheListIsTheEEAAndWhatIsAdded(t *testing.T) {
	for _, c := range []struct {
		changes []string
		number  string
		want    bool
	}{
		{nil, "+4915112345678", true},
		{nil, "+447400123456", false},
		{nil, "", false},
		{[]string{"gb"}, "+447400123456", true},
		{[]string{"-DE"}, "+4915112345678", false},
		{[]string{"*"}, "+12025550123", true},
		{[]string{"*"}, "whatever", true},
	} {
		set, err := Parse(c.changes)
		if err != nil || set.HasPhone(c.number) != c.want {
			t.Errorf("%v %s: %v %v", c.changes, c.number, set.HasPhone(c.number), err)
		}
	}
	for _, bad := range []string{"Germany", "D", "-*", "", "1A"} {
		if _, err := Parse([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
