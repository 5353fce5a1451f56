package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Source says where a value came from: "default", "file NAME", "environment NAME"
// or "flag".
type Source string

// Value is one setting with its source, for people; a secret is not shown.
type Value struct {
	Name, Text string
	Source     Source
}

// Loaded is a configuration with the source of each value.
type Loaded struct {
	Config
	sources map[string]Source
	Args    []string // what followed the flags
	File    string   // "" without one
}

// Load reads the flags in args, the environment through getenv, and the file that
// either names (-config, FERRY_CONFIG), and checks the result. usage gets the help
// text; the error is then flag.ErrHelp.
func Load(args []string, getenv func(string) string, usage io.Writer) (*Loaded, error) {
	l := &Loaded{sources: map[string]Source{}}
	typed := map[string]string{}
	fs := flag.NewFlagSet("ferry", flag.ContinueOnError)
	fs.SetOutput(usage)
	fs.StringVar(&l.File, "config", getenv("FERRY_CONFIG"), "JSON `file` with values by these names")
	for _, s := range settings() {
		set := func(text string) error { typed[s.name] = text; return nil }
		if s.field.Type == reflect.TypeFor[Switch]() {
			fs.BoolFunc(s.name, s.doc, func(text string) error {
				return set(map[string]string{"true": "on", "false": "off"}[text] + notBool(text))
			})
			continue
		}
		fs.Func(s.name, s.doc, set)
	}
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	l.Args = fs.Args()
	filed, err := readFile(l.File)
	if err != nil {
		return nil, err
	}
	if err := l.fill(typed, filed, getenv); err != nil {
		return nil, err
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	return l, nil
}

// notBool keeps the text of a switch that is neither true nor false.
func notBool(text string) string {
	if text == "true" || text == "false" {
		return ""
	}
	return text
}

// setting is one field of Config.
type setting struct {
	name, doc, standard string
	secret              bool
	field               reflect.StructField
}

func (s setting) env() string {
	return "FERRY_" + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

func settings() (all []setting) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if !f.IsExported() {
			continue
		}
		all = append(all, setting{f.Tag.Get("name"), f.Tag.Get("doc"), f.Tag.Get("default"), f.Tag.Get("secret") == "true", f})
	}
	return all
}

// fill takes each value from the first source that has it.
func (l *Loaded) fill(typed, filed map[string]string, getenv func(string) string) error {
	var errs []error
	for _, s := range settings() {
		text, source := s.standard, Source("default")
		if v, ok := filed[s.name]; ok {
			text, source = v, Source("file "+l.File)
			delete(filed, s.name)
		}
		if v := getenv(s.env()); v != "" {
			text, source = v, Source("environment "+s.env())
		}
		if v, ok := typed[s.name]; ok {
			text, source = v, "flag"
		}
		if s.secret {
			var err error
			if text, err = secretText(text); err != nil {
				errs = append(errs, fmt.Errorf("%s (%s): %w", s.name, source, err))
			}
		}
		l.sources[s.name] = source
		if err := assign(reflect.ValueOf(&l.Config).Elem().FieldByIndex(s.field.Index), text); err != nil {
			errs = append(errs, fmt.Errorf("%s (%s): %w", s.name, source, err))
		}
	}
	for name := range filed {
		errs = append(errs, fmt.Errorf("file %s: there is no setting %q", l.File, name))
	}
	return errors.Join(errs...)
}

// secretText lets a secret be in a file of its own, so that it need not stand in
// the environment or on the command line.
func secretText(text string) (string, error) {
	name, ok := strings.CutPrefix(text, "file:")
	if !ok {
		return text, nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

func assign(v reflect.Value, text string) error {
	switch v.Interface().(type) {
	case string:
		v.SetString(text)
	case Switch:
		if s := Switch(text); s != Auto && s != On && s != Off {
			return fmt.Errorf("%q is not on, off or auto", text)
		}
		v.SetString(text)
	case []string:
		var list []string
		for _, part := range strings.Split(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		v.Set(reflect.ValueOf(list))
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
		v.SetInt(int64(n))
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return fmt.Errorf(`%q is not a duration such as "30s"`, text)
		}
		v.SetInt(int64(d))
	default:
		return fmt.Errorf("a %s cannot be set", v.Type())
	}
	return nil
}

// readFile reads a JSON object of settings. Lists may be arrays, switches booleans.
func readFile(name string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var raw map[string]any
	if err := dec.Decode(&raw); err != nil {
		return nil, fmt.Errorf("configuration %s: %w", name, err)
	}
	out := make(map[string]string, len(raw))
	for key, value := range raw {
		text, err := plainText(value)
		if err != nil {
			return nil, fmt.Errorf("configuration %s: %s: %w", name, key, err)
		}
		out[key] = text
	}
	return out, nil
}

func plainText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return map[bool]string{true: "on", false: "off"}[v], nil
	case []any:
		parts := make([]string, 0, len(v))
		for _, p := range v {
			s, ok := p.(string)
			if !ok {
				return "", errors.New("want a list of texts")
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, ","), nil
	}
	return "", errors.New("want a text, a number, true, false or a list of texts")
}
