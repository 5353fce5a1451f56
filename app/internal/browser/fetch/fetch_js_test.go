package fetch

import (
	"context"
	"errors"
	"testing"
)

func TestWhatIsPostedArrivesAndTheAnswerIsRead(t *testing.T) {
	var out struct {
		Method string
		Body   map[string]string
	}
	err := JSON(context.Background(), "POST", "/api/echo", map[string]string{"username": "ada"}, &out)
	if err != nil || out.Method != "POST" || out.Body["username"] != "ada" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestARefusalKeepsItsCodeAndField(t *testing.T) {
	err := JSON(context.Background(), "GET", "/api/fail/409/username_taken", nil, nil)
	var e *Error
	if !errors.As(err, &e) || e.Status != 409 || e.Code != "username_taken" || e.Field != "username" || e.Message == "" {
		t.Errorf("%+v", err)
	}
}

func TestAnAnswerThatIsNotJSONIsAnErrorWithTheStatus(t *testing.T) {
	var e *Error
	if err := JSON(context.Background(), "GET", "/nothing-here", nil, nil); !errors.As(err, &e) || e.Code != "http_404" {
		t.Errorf("%v", err)
	}
}

func TestNoAnswerIsOffline(t *testing.T) {
	var e *Error
	if err := JSON(context.Background(), "GET", "http://127.0.0.1:1/", nil, nil); !errors.As(err, &e) || e.Code != Offline {
		t.Errorf("%v", err)
	}
}

func TestAnEndedContextIsNotMistakenForOffline(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := JSON(ctx, "GET", "/api/echo", nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
