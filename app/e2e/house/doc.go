// Package house holds the tests that the repository makes of itself: who may
// import whom, that every package says what it is, that the build is
// reproducible. It has no code of its own.
package house
