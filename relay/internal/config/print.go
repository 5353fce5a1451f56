package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"

	"ferry/relay/internal/limit"
)

// Values lists every setting with its source.
func (l *Loaded) Values() []Value {
	var all []Value
	for _, s := range settings() {
		all = append(all, Value{s.name, l.text(s), l.sources[s.name]})
	}
	return all
}

func (l *Loaded) text(s setting) string {
	v := reflect.ValueOf(l.Config).FieldByIndex(s.field.Index)
	switch list, isList := v.Interface().([]string); {
	case s.secret && !v.IsZero():
		return "(secret)"
	case isList:
		return strings.Join(list, ",")
	}
	return fmt.Sprint(v.Interface())
}

// Print writes every setting and its source, and the limits in force.
func (l *Loaded) Print(w io.Writer) error {
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range l.Values() {
		fmt.Fprintf(tab, "%s\t%s\t%s\n", v.Name, dash(v.Text), v.Source) //nolint:errcheck // Flush reports it
	}
	standard := limit.Default().Rows()
	for i, r := range l.Limits().Rows() {
		source := "default"
		if r.Value != standard[i].Value {
			source = string(l.sources["limit"])
		}
		fmt.Fprintf(tab, "limit %s\t%s\t%s\n", r.Name, r.Value, source) //nolint:errcheck // Flush reports it
	}
	if err := tab.Flush(); err != nil {
		return fmt.Errorf("print configuration: %w", err)
	}
	return nil
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// Markdown writes the reference of settings and limits.
func Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| flag and file | environment | default | |\n|---|---|---|---|\n")
	for _, s := range settings() {
		doc := s.doc
		if s.secret {
			doc += " Secret: `file:NAME` reads it from a file."
		}
		standard := s.standard
		if standard != "" {
			standard = "`" + standard + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", s.name, s.env(), standard, doc)
	}
	b.WriteString("\n| limit | default | unit | per | at the bound | when counting fails |\n|---|---|---|---|---|---|\n")
	for _, r := range limit.Default().Rows() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.Name, r.Value, r.Unit, r.Per, r.Bound, r.Fail)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("print reference: %w", err)
	}
	return nil
}
