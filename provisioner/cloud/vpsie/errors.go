package vpsie

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// quotaPhrases are parts of messages that tell of a limit of the account. They come under any status; "exceeds the allowed
// limit" has been seen under 500.
var quotaPhrases = []string{
	"exceeds the allowed limit", "quota exceeded", "plan does not allow", "maximum number of", "limit reached",
	"subscription does not allow",
	// An account that cannot pay cannot have more machines either. Our decision: no such message is on record.
	"insufficient balance", "insufficient funds",
}

// soldOutPhrases are parts of messages that tell of a lack of stock. Our decision: no such message is on record.
var soldOutPhrases = []string{"out of stock", "sold out", "not available in", "out of capacity", "no capacity"}

// verdict is what a failed answer said.
type verdict struct {
	status  int
	failed  bool
	isJSON  bool
	message string // without secrets
}

// String is the answer in words.
func (v verdict) String() string {
	switch {
	case !v.isJSON:
		return fmt.Sprintf("VPSie answered %d without a JSON object", v.status)
	case v.message == "":
		return fmt.Sprintf("VPSie answered %d", v.status)
	}
	return fmt.Sprintf("VPSie answered %d: %s", v.status, v.message)
}

// classify turns a failed answer into an error of the cloud package. The message is judged before the status.
func classify(v verdict, header http.Header) error {
	message := strings.ToLower(v.message)
	switch {
	case containsAny(message, quotaPhrases), v.status == http.StatusPaymentRequired:
		return cloud.ErrQuota
	case containsAny(message, soldOutPhrases):
		return cloud.ErrSoldOut
	case v.status == http.StatusUnauthorized, strings.Contains(message, "please authenticate"):
		return unauthenticatedError{}
	case v.status == http.StatusForbidden:
		return cloud.ErrUnauthorized
	case v.status == http.StatusTooManyRequests:
		return &cloud.RateLimitError{RetryAfter: retryAfter(header.Get("Retry-After"))}
	case !v.isJSON:
		// A gateway wrote this; whether the call went through behind it is not known.
		return cloud.ErrTransient
	case v.status == http.StatusNotFound, strings.Contains(message, "not found"):
		return cloud.ErrNotFound
	case v.status == http.StatusBadRequest, v.status == http.StatusUnprocessableEntity:
		return cloud.ErrInvalid
	}
	return cloud.ErrTransient
}

// unauthenticatedError is a cloud.ErrUnauthorized that other credentials would cure: VPSie does not know who asks. A 403 is none.
type unauthenticatedError struct{}

// Error implements error.
func (unauthenticatedError) Error() string { return cloud.ErrUnauthorized.Error() }

// Unwrap makes errors.Is(err, cloud.ErrUnauthorized) true.
func (unauthenticatedError) Unwrap() error { return cloud.ErrUnauthorized }

func containsAny(message string, phrases []string) bool {
	for _, phrase := range phrases {
		if strings.Contains(message, phrase) {
			return true
		}
	}
	return false
}

// maxRetryAfter is the longest pause that a Retry-After is believed.
const maxRetryAfter = time.Hour

// retryAfter reads a Retry-After header, seconds or a date; zero means that it says nothing usable.
func retryAfter(value string) time.Duration {
	var pause time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		pause = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		pause = time.Until(date)
	}
	return min(max(0, pause), maxRetryAfter)
}

// maxMessage is how many characters of a message of the API an error repeats.
const maxMessage = 200

// secretLike matches what could be part of an echoed secret: a JSON web token, a long run of base64, or a bootstrap token of
// Kubernetes.
var secretLike = regexp.MustCompile(`eyJ[A-Za-z0-9._-]{8,}|[A-Za-z0-9+/=_]{24,}|[a-z0-9]{6}\.[a-z0-9]{16}`)

// redact makes a message of the API fit for an error: without secrets, on one line, and short.
func redact(message string, secrets []string) string {
	const blank = "[redacted]"
	for _, secret := range longestFirst(secrets) {
		// A body that is echoed has it in the form of its encoding.
		quoted := strconv.Quote(secret)
		for _, form := range []string{secret, quoted[1 : len(quoted)-1], url.QueryEscape(secret)} {
			message = strings.ReplaceAll(message, form, blank)
		}
	}
	message = secretLike.ReplaceAllString(message, blank)
	message = strings.Join(strings.Fields(message), " ")
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage]) + "..."
	}
	return message
}

// longestFirst orders secrets so that none is left over in part because a shorter one was part of it. Empty ones are left out.
func longestFirst(secrets []string) []string {
	given := slices.DeleteFunc(slices.Clone(secrets), func(secret string) bool { return secret == "" })
	slices.SortFunc(given, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return given
}
