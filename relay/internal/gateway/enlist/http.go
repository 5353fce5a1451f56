package enlist

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"ferry/relay/wire"
)

const maxBody = 16 << 10 // bytes of a request; a longer one is refused

// request is the body of both methods.
type request struct {
	Token    string `json:"idToken"`
	NoiseKey string `json:"noiseKey"` // standard base64 of 32 bytes; DELETE: "" means all devices
	Protocol string `json:"protocol"`
}

// answer of a POST.
type answer struct {
	AccountID uint64   `json:"accountId"`
	Device    uint16   `json:"device"`
	Address   wire.JID `json:"address"`
}

// about is the answer of a GET.
type about struct {
	AccountID uint64   `json:"accountId"`
	Address   wire.JID `json:"address"`
	Username  string   `json:"username"`
	Devices   []device `json:"devices"`
	Outside   bool     `json:"outside"` // of the region, as the provider last said
	Kept      Kept     `json:"kept"`
}

type device struct {
	Device   uint16    `json:"device"`
	Enlisted time.Time `json:"enlisted"`
}

// tell answers a GET, whose token is in the Authorization header.
func (s *Service) tell(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		s.refused(w, refusef(BadRequest, "no bearer token"))
		return
	}
	a, kept, err := s.About(r.Context(), token)
	if err != nil {
		s.refused(w, err)
		return
	}
	out := about{AccountID: a.Number, Address: a.ID, Username: a.Name, Devices: []device{}, Outside: a.Outside, Kept: kept}
	for _, d := range a.Devices {
		out.Devices = append(out.Devices, device{d.Number, d.Added.UTC()})
	}
	reply(w, http.StatusOK, out)
}

// ServeHTTP answers GET, POST and DELETE at wire.PathEnlist. It is called by providers' servers, not by browsers.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch r.Method {
	case http.MethodPost, http.MethodDelete:
	case http.MethodGet:
		s.tell(w, r)
		return
	default:
		w.Header().Set("Allow", "DELETE, GET, POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	var in request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&in); err != nil {
		s.refused(w, refuse(BadRequest, err))
		return
	}
	noise, err := parseNoise(in.NoiseKey)
	if err != nil || r.Method == http.MethodPost && in.NoiseKey == "" {
		s.refused(w, refusef(BadRequest, "no Noise key"))
		return
	}
	if r.Method == http.MethodDelete {
		if err := s.Revoke(r.Context(), in.Token, noise); err != nil {
			s.refused(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	a, dev, err := s.Enlist(r.Context(), in.Token, noise, in.Protocol)
	if err != nil {
		s.refused(w, err)
		return
	}
	reply(w, http.StatusOK, answer{AccountID: a.Number, Device: dev.Number, Address: a.ID})
}

func parseNoise(text string) (wire.PublicKey, error) {
	if text == "" {
		return wire.PublicKey{}, nil
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return wire.PublicKey{}, err
	}
	return wire.ParsePublicKey(raw)
}

func (s *Service) refused(w http.ResponseWriter, err error) {
	code := CodeOf(err)
	if code == Internal {
		s.cfg.Log.Error("enlistment failed", "error", err)
	} else {
		s.cfg.Log.Info("enlistment refused", "code", code, "error", err)
	}
	a := answers[code]
	if code == KeysUnavailable {
		w.Header().Set("Retry-After", "10")
	}
	reply(w, a.status, map[string]any{"error": map[string]string{"code": string(code), "message": a.message}})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
