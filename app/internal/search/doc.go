// Package search finds words in messages: it folds texts so that case, accents
// and width do not count, keeps them in segments that are quick to look
// through, and says where in a text the words stand. It does no I/O.
//
// A segment is the folded texts of about a thousand messages, one after the
// other. Looking through is a plain search for bytes, newest message first: a
// word is found in the middle of others too, and so in languages that put no
// spaces between words.
package search
