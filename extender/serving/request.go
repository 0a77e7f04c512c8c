package serving

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// OnlyPost answers 405 to every other method, and says which one is served.
func OnlyPost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "want POST", http.StatusMethodNotAllowed)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ReadJSON decodes the one JSON value that the request must consist of. The error of a body with more than limit bytes is an
// *http.MaxBytesError.
func ReadJSON(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("decode the request: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("decode the request: want one JSON object, found something behind it")
	}
	return nil
}
