package main

// Wipe leaves the browser as it is: the stories keep nothing in it.
func (device) Wipe(done func(error)) { done(nil) }

// Forget likewise.
func (device) Forget() {}
