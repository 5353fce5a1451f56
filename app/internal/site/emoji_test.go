package site

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestTheEmojiAreReducedToWhatAPickerNeeds(t *testing.T) {
	const data = `[
		{"label":"flag: Wales","hexcode":"W","tags":["flag"],"emoji":"🏴","order":50,"group":9},
		{"label":"waving hand","hexcode":"1F44B","tags":["Bye","hello"],"emoji":"👋\ufe0f","type":1,"order":10,"group":1,"skins":[
			{"emoji":"👋🏻","tone":1},{"emoji":"👋🏼","tone":2},{"emoji":"👋🏽","tone":3},{"emoji":"👋🏾","tone":4},{"emoji":"👋🏿","tone":5}]},
		{"label":"handshake","hexcode":"H","emoji":"🤝","order":11,"group":1,"skins":[
			{"emoji":"a","tone":1},{"emoji":"ab","tone":[1,2]},{"emoji":"b","tone":[2,2]},{"emoji":"c","tone":3},{"emoji":"d","tone":4},{"emoji":"e","tone":5}]},
		{"label":"dog","hexcode":"D","emoji":"🐶","order":20,"group":3},
		{"label":"light skin tone","hexcode":"S","emoji":"🏻","order":15,"group":2},
		{"label":"regional indicator A","hexcode":"A","emoji":"🇦"}]`
	const codes = `{"1F44B":["wave","waving_hand"],"D":"dog"}`
	const known = `{"1F44B":["hi","wave"]}`
	out, err := reduceEmoji([]byte(data), []byte(known), []byte(codes))
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"👋", "waving hand", "hi wave waving_hand", "bye hello", "1", "👋🏻 👋🏼 👋🏽 👋🏾 👋🏿"},
		{"🤝", "handshake", "", "", "1", "a b c d e"},
		{"🐶", "dog", "dog", "", "2", ""},
		{"🏴", "flag: Wales", "", "flag", "8", ""},
	}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("got %q", got)
	}
}
