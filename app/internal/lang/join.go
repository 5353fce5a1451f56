package lang

import "strings"

// And joins names as in "Ann, Ben and Cem".
func (t *Texts) And(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return Fill(t.App.And, "list", strings.Join(names[:last], t.App.Comma), "last", names[last])
}
