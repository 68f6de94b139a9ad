package serve

import (
	"encoding/json"
	"net/http"
)

func (s *Server) live(w http.ResponseWriter, r *http.Request) int {
	w.Header().Set("Cache-Control", "no-store")
	return write(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons,omitempty"`
	Version string   `json:"version,omitempty"`
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) int {
	answer, status := readiness{Ready: true, Version: s.options.Version}, http.StatusOK
	if s.options.Ready != nil {
		if err := s.options.Ready(r.Context()); err != nil {
			answer.Ready, answer.Reasons, status = false, reasons(err), http.StatusServiceUnavailable
		}
	}
	body, err := json.Marshal(answer)
	if err != nil {
		s.options.Log.Error("readiness could not be said", "err", err)
		return s.fault(w, r, http.StatusInternalServerError, "internal error")
	}
	w.Header().Set("Cache-Control", "no-store")
	return write(w, r, status, "application/json", append(body, '\n'))
}

// reasons takes apart what errors.Join has joined.
func reasons(err error) []string {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []string{err.Error()}
	}
	var all []string
	for _, e := range joined.Unwrap() {
		all = append(all, reasons(e)...)
	}
	return all
}
