package sandbox

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"ferry/relay/internal/gateway/adv"
	"ferry/relay/internal/gateway/directory"
	"ferry/relay/internal/gateway/fault"
	"ferry/relay/wire"
)

const (
	maxBody = 16 << 10 // of a request, in bytes; a longer one is answered 413
	maxName = 100      // of a push name, in bytes
)

// ServeHTTP answers everything under /sandbox.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if code, message := s.guard(r); code != "" {
		fail(w, http.StatusForbidden, code, message)
		return
	}
	s.mux.ServeHTTP(w, r)
}

type handler = func(http.ResponseWriter, *http.Request) (int, any, error)

// table is every address of the API; openapi.json describes each.
func (s *Sandbox) table() map[string]handler {
	return map[string]handler{
		"GET /sandbox":                                 s.getInfo,
		"GET /sandbox/openapi.json":                    s.getOpenAPI,
		"GET /sandbox/phones":                          s.getPhones,
		"POST /sandbox/phones":                         s.postPhone,
		"GET /sandbox/phones/{phone}":                  s.getPhone,
		"PATCH /sandbox/phones/{phone}":                s.patchPhone,
		"DELETE /sandbox/phones/{phone}":               s.deletePhone,
		"POST /sandbox/phones/{phone}/scan":            s.postScan,
		"DELETE /sandbox/phones/{phone}/devices/{n}":   s.deleteDevice,
		"POST /sandbox/providers/{id}":                 s.postProvider,
		"GET /sandbox/providers/{id}/users/{username}": s.getUser,
		"GET /sandbox/reports":                         s.getReports,
		"POST /sandbox/reset":                          s.postReset,
		"GET /sandbox/contacts":                        s.getContacts,
		"POST /sandbox/contacts":                       s.postContact,
		"GET /sandbox/contacts/{phone}":                s.getContact,
		"PATCH /sandbox/contacts/{phone}":              s.patchContact,
		"DELETE /sandbox/contacts/{phone}":             s.deleteContact,
		"GET /sandbox/contacts/{phone}/messages":       s.getMessages,
		"POST /sandbox/contacts/{phone}/messages":      s.postMessage,
		"GET /sandbox/faults":                          s.getFaults,
		"PUT /sandbox/faults":                          s.putFaults,
		"POST /sandbox/restart":                        s.postRestart,
		"GET /sandbox/log":                             s.getLog,
	}
}

func (s *Sandbox) routes() *http.ServeMux {
	mux := http.NewServeMux()
	table := s.table()
	table["GET /sandbox/{$}"] = s.getInfo
	for pattern, h := range table {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			status, answer, err := h(w, r)
			if err != nil {
				s.failed(w, r, err)
				return
			}
			if status != 0 { // else it has answered itself
				reply(w, status, answer)
			}
		})
	}
	s.console(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusNotFound, "not_found", "the sandbox has no such address or method")
	})
	return mux
}

// Info is the answer of GET /sandbox: all a client needs to be aimed at this gateway.
type Info struct {
	ChatURL     string     `json:"chatUrl"`
	RootKey     string     `json:"rootKey"` // hex, 32 bytes
	MediaOrigin string     `json:"mediaOrigin"`
	Providers   []Provider `json:"providers"`
	Echo        string     `json:"echo,omitempty"`
}

func (s *Sandbox) getInfo(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	chat := s.cfg.ChatURL
	if chat == "" {
		chat = "ws://" + r.Host + wire.PathChat
	}
	providers := s.cfg.Providers()
	if providers == nil {
		providers = []Provider{}
	}
	return http.StatusOK, Info{
		ChatURL: chat, RootKey: hex.EncodeToString(s.cfg.Root[:]), MediaOrigin: s.cfg.MediaOrigin,
		Providers: providers, Echo: s.cfg.Echo(),
	}, nil
}

func (s *Sandbox) postPhone(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	var in struct {
		Phone           string `json:"phone"`
		Name            string `json:"name"`
		ThirdPartyChats *bool  `json:"thirdPartyChats"`
	}
	if err := body(r, &in); err != nil {
		return 0, nil, err
	}
	if in.Name = strings.TrimSpace(in.Name); len(in.Name) > maxName {
		return 0, nil, errName
	}
	p, err := s.NewPhone(r.Context(), in.Phone, in.Name, in.ThirdPartyChats == nil || *in.ThirdPartyChats)
	return http.StatusCreated, p, err
}

func (s *Sandbox) getPhone(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	p, err := s.Phone(r.Context(), r.PathValue("phone"))
	return http.StatusOK, p, err
}

func (s *Sandbox) deletePhone(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	return http.StatusNoContent, nil, s.DeletePhone(r.Context(), r.PathValue("phone"))
}

func (s *Sandbox) postScan(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	var in struct {
		QR string `json:"qr"`
	}
	if err := body(r, &in); err != nil {
		return 0, nil, err
	}
	device, err := s.Scan(r.Context(), r.PathValue("phone"), in.QR)
	return http.StatusOK, map[string]any{"device": device}, err
}

func (s *Sandbox) deleteDevice(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	n, err := strconv.ParseUint(r.PathValue("n"), 10, 16)
	if err != nil {
		return 0, nil, errNoDevice
	}
	err = s.Unlink(r.Context(), r.PathValue("phone"), uint16(n))
	if errors.Is(err, directory.ErrNotFound) {
		if _, missing := s.Phone(r.Context(), r.PathValue("phone")); missing == nil {
			err = errNoDevice
		}
	}
	return http.StatusNoContent, nil, err
}

func (s *Sandbox) getUser(_ http.ResponseWriter, r *http.Request) (int, any, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 16)
	if err != nil {
		return 0, nil, errNoUser
	}
	a, err := s.cfg.Directory.ThirdPartyByName(r.Context(), uint16(id), r.PathValue("username"))
	if errors.Is(err, directory.ErrNotFound) {
		err = errNoUser
	}
	return http.StatusOK, map[string]any{"address": a.ID, "alias": directory.AliasOf(a.ID)}, err
}

var (
	errBody     = errors.New("sandbox: bad body")
	errTooBig   = errors.New("sandbox: body too long")
	errName     = errors.New("sandbox: name too long")
	errNoDevice = errors.New("sandbox: no such device")
	errNoUser   = errors.New("sandbox: no such user")
	errProvider = errors.New("sandbox: no such provider")
	errInbox    = errors.New("sandbox: no such inbox")
)

// answers maps outcomes, the first that fits, to the documented errors of the API.
var answers = []struct {
	err           error
	status        int
	code, message string
}{
	{errBody, http.StatusBadRequest, "bad_request", "the body is not the JSON object that is expected here"},
	{errTooBig, http.StatusRequestEntityTooLarge, "too_big", "the body is too long"},
	{errName, http.StatusUnprocessableEntity, "name_too_long", "the name is too long"},
	{ErrBadPhone, http.StatusUnprocessableEntity, "bad_phone", "not a phone number in international form, like +49 1551 0000002"},
	{directory.ErrBadNumber, http.StatusUnprocessableEntity, "bad_phone", "not a phone number in international form, like +49 1551 0000002"},
	{adv.ErrQR, http.StatusUnprocessableEntity, "bad_qr", "not the text of a companion's QR code"},
	{errNoDevice, http.StatusNotFound, "unknown_device", "the phone has no such companion"},
	{errNoUser, http.StatusNotFound, "unknown_user", "no user of that name has enlisted with that provider"},
	{errProvider, http.StatusNotFound, "unknown_provider", "no provider of that number is registered"},
	{errNoContacts, http.StatusNotFound, "no_contacts", "this gateway plays no contacts"},
	{errKnobs, http.StatusUnprocessableEntity, "bad_knob", "a script or a number that is none: see /sandbox/openapi.json"},
	{errLetter, http.StatusUnprocessableEntity, "bad_message", "a type, text or number that is none: see /sandbox/openapi.json"},
	{errNoSuchPerson, http.StatusNotFound, "unknown_user", "nobody is called that: write 7/kate, a phone number, or an address"},
	{errNotInTime, http.StatusGatewayTimeout, "not_in_time", "it has not happened in that time"},
	{errNoPhoneLeft, http.StatusConflict, "no_number_left", "all numbers of the block are taken: say one"},
	{errReaders, http.StatusServiceUnavailable, "too_many_readers", "too many read the log already"},
	{ErrNoContact, http.StatusNotFound, "unknown_contact", "no contact is at that phone"},
	{ErrSomebody, http.StatusConflict, "contact_exists", "somebody is at that phone already"},
	{ErrTooMany, http.StatusConflict, "too_many_contacts", "there are as many contacts as there may be"},
	{ErrNotOnline, http.StatusConflict, "contact_offline", "the contact is not online, and cannot do that now"},
	{errInbox, http.StatusUnprocessableEntity, "bad_inbox", "an inbox is separate or combined"},
	{directory.ErrTooManyBlocked, http.StatusConflict, "too_many_blocked", "the account has blocked as many people as it may"},
	{ErrUnknownQR, http.StatusNotFound, "unknown_qr", "no connected client shows this QR code"},
	{ErrRefused, http.StatusConflict, "pairing_refused", "the client refused to be paired, or went away"},
	{ErrTimeout, http.StatusGatewayTimeout, "pairing_timeout", "the client did not answer in time"},
	{directory.ErrExists, http.StatusConflict, "phone_exists", "there is a phone with that number already"},
	{directory.ErrTooMany, http.StatusConflict, "too_many_devices", "the account has as many devices as it may have"},
	{directory.ErrNotFound, http.StatusNotFound, "unknown_phone", "there is no phone with that number"},
}

func (s *Sandbox) failed(w http.ResponseWriter, r *http.Request, err error) {
	if e, ok := errors.AsType[*NotSent](err); ok {
		fail(w, http.StatusConflict, "refused_"+e.Code, "the gateway has refused the message with error "+e.Code)
		return
	}
	if errors.Is(err, fault.ErrPlan) {
		fail(w, http.StatusUnprocessableEntity, "bad_fault", err.Error())
		return
	}
	for _, a := range answers {
		if errors.Is(err, a.err) {
			fail(w, a.status, a.code, a.message)
			return
		}
	}
	s.cfg.Log.Error("sandbox request failed", "method", r.Method, "error", err)
	fail(w, http.StatusInternalServerError, "internal", "something went wrong in the gateway, see its log")
}

// body reads a JSON object, the whole body, without unknown fields: a misspelt one should not go unnoticed.
func body(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		return errTooBig
	}
	if err != nil || !errors.Is(d.Decode(new(any)), io.EOF) {
		return errBody
	}
	return nil
}

func reply(w http.ResponseWriter, status int, answer any) {
	if answer == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func fail(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]any{"error": map[string]string{"code": code, "message": message}})
}
