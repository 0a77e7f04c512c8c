package httpapi

import (
	"bytes"
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody is the largest request body in bytes.
const maxBody = 1 << 20

// ServeHTTP logs the call, checks who calls and how often, lets it go wrong when a rule says so, and otherwise answers it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	due := time.Now().Add(a.pace.delay())
	body, bodyError := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	r.Body = io.NopCloser(bytes.NewReader(body))
	call := a.describe(r, body)

	end := a.log.begin(r, call.Hostname)
	answer := &answerWriter{ResponseWriter: w, request: r, due: due}
	defer func() { end(answer.status) }() // also when the handler aborts the connection

	token, known := a.caller(r)
	isLogin := strings.HasSuffix(r.URL.Path, loginPath)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(bodyError, &tooLarge):
		replyError(answer, http.StatusRequestEntityTooLarge, "Payload too large")
		return
	case bodyError != nil:
		replyError(answer, http.StatusBadRequest, MessageMalformed)
		return
	case !isLogin && !known:
		replyUnauthorized(answer)
		return
	}
	if pause, ok := a.pace.admit(token); !ok {
		if a.pace.retryAfter {
			answer.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(pause.Seconds()))))
		}
		replyError(answer, http.StatusTooManyRequests, MessageRateLimited)
		return
	}
	if rule, hit := a.faults.Take(call); hit {
		a.inject(answer, r, rule)
		return
	}
	a.answer(answer, r)
}

// answer lets a call go well.
func (a *API) answer(w http.ResponseWriter, r *http.Request) {
	if a.options.ErrorsUnder200 {
		w = under200{w}
	}
	a.router.ServeHTTP(w, r)
}

// mediaType is the content type of a request without its parameters, and empty when there is none.
func mediaType(r *http.Request) string {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}
