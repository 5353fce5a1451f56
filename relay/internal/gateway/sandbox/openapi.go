package sandbox

import (
	_ "embed"
	"encoding/json"
	"net/http"
)

// openAPI describes the API to tools. A test holds it against the table of routes.
//
//go:embed openapi.json
var openAPI []byte

func (s *Sandbox) getOpenAPI(http.ResponseWriter, *http.Request) (int, any, error) {
	return http.StatusOK, json.RawMessage(openAPI), nil
}
