// Package content is what is inside an encrypted message: the protobuf that
// both ends agree on, its padding, and what of it this version can show. What
// it reads was written by the peer, and is treated so.
package content

//go:generate sh -c "go build -o \"$(go env GOCACHE)/protoc-gen-go\" google.golang.org/protobuf/cmd/protoc-gen-go && protoc --plugin=protoc-gen-go=\"$(go env GOCACHE)/protoc-gen-go\" --go_out=. --go_opt=paths=source_relative e2e/e2e.proto"
