//go:build !js

package main

import "fmt"

// main lists the stories.
func main() {
	for name := range stories {
		fmt.Println(name)
	}
}

var _ = relay{}
var _ = (&core{}).Do
