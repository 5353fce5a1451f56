// Package web holds the static files and, once `make` has run, the built site
// that the relay serves.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Dist is the built site. Without a build it holds no site.json.
func Dist() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: " + err.Error()) // the folder is embedded: cannot be
	}
	return sub
}
