package account

import (
	"strings"
	"unicode/utf8"
)

// Bounds of names and passwords, in bytes for names, in characters for passwords
// at the low end and bytes at the high end.
const (
	MinUsername = 3
	MaxUsername = 30
	MinPassword = 8
	MaxPassword = 256
	maxDevice   = 64 // characters of a session's device label
)

// reserved names could be taken for the service itself or break addresses.
var reserved = map[string]bool{
	"abuse": true, "account": true, "admin": true, "administrator": true, "api": true, "echo": true, "everyone": true,
	"ferry": true, "gateway": true, "help": true, "hostmaster": true, "info": true, "mail": true, "moderator": true,
	"noreply": true, "no-reply": true, "null": true, "official": true, "oidc": true, "operator": true, "postmaster": true,
	"privacy": true, "relay": true, "root": true, "sandbox": true, "security": true, "settings": true, "staff": true,
	"status": true, "support": true, "system": true, "team": true, "undefined": true, "user": true, "webmaster": true,
	"whatsapp": true, "www": true,
}

// common passwords of at least the least length. Attackers begin with these; a
// longer list would cost people more than it costs attackers, given the back-off.
var common = map[string]bool{
	"password": true, "password1": true, "password12": true, "password123": true, "passw0rd": true, "p@ssw0rd": true,
	"12345678": true, "123456789": true, "1234567890": true, "0123456789": true, "87654321": true, "987654321": true,
	"11111111": true, "00000000": true, "12341234": true, "11223344": true, "123123123": true, "12344321": true,
	"qwertyui": true, "qwertyuiop": true, "qwerty123": true, "qwertz123": true, "qwerty12": true, "1q2w3e4r": true,
	"1q2w3e4r5t": true, "1qaz2wsx": true, "qazwsxedc": true, "asdfghjkl": true, "asdfasdf": true, "zxcvbnm1": true,
	"abcd1234": true, "abc12345": true, "abcdefgh": true, "aaaaaaaa": true, "iloveyou": true, "iloveyou1": true,
	"sunshine": true, "princess": true, "football": true, "baseball": true, "superman": true, "trustno1": true,
	"welcome1": true, "welcome123": true, "letmein1": true, "letmein123": true, "changeme": true, "changeme1": true,
	"admin123": true, "administrator": true, "whatever": true, "computer": true, "internet": true, "starwars": true,
	"michelle": true, "jennifer": true, "passwort": true, "passwort1": true, "hallo123": true, "test1234": true,
	"whatsapp": true, "samsung1": true, "liverpool": true, "corvette": true, "mercedes": true, "metallica": true,
}

// checkUsername returns what is wrong with a name, for people; "" if nothing is.
// Only ASCII is allowed, so that no two names look alike but for l, 1 and I, and
// capitals do not tell names apart.
func checkUsername(name string) string {
	switch {
	case len(name) < MinUsername:
		return "Choose a username of at least 3 characters."
	case len(name) > MaxUsername:
		return "Choose a username of at most 30 characters."
	}
	for _, c := range []byte(strings.ToLower(name)) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("._-", rune(c)) {
			return "Use only the letters a to z, digits, and . _ - in a username."
		}
	}
	first, last := name[0], name[len(name)-1]
	if strings.IndexByte("._-", first) >= 0 || strings.IndexByte("._-", last) >= 0 {
		return "A username begins and ends with a letter or digit."
	}
	if strings.Contains(name, "..") {
		return "A username has no two dots in a row."
	}
	if reserved[strings.ToLower(name)] {
		return "This username is reserved. Choose another one."
	}
	return ""
}

// checkPassword returns what is wrong with a new password, for people.
func checkPassword(username, password string) string {
	lower := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password):
		return "This password contains bytes that are no text."
	case utf8.RuneCountInString(password) < MinPassword:
		return "Choose a password of at least 8 characters."
	case len(password) > MaxPassword:
		return "Choose a password of at most 256 characters."
	case lower == strings.ToLower(username):
		return "The password must not be the username."
	case common[lower] || strings.Count(password, password[:1]) == len(password):
		return "This password is among the first that anybody would try. Choose another one."
	}
	return ""
}

// cleanDevice makes a device label fit to be shown in a list.
func cleanDevice(label string) string {
	label = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == utf8.RuneError || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return -1 // control characters, and those that turn the direction of text
		}
		return r
	}, label)
	label = strings.TrimSpace(label)
	if r := []rune(label); len(r) > maxDevice {
		label = string(r[:maxDevice])
	}
	if label == "" {
		return "Unknown device"
	}
	return label
}
