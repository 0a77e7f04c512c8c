package cloud

import (
	"errors"
	"fmt"
	"time"
)

// Errors that a Provider returns; test for them with errors.Is.
var (
	// ErrNotFound: the thing asked about does not exist.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized: the credentials were refused.
	ErrUnauthorized = errors.New("credentials refused")
	// ErrQuota: the account may not have more machines.
	ErrQuota = errors.New("quota exceeded")
	// ErrSoldOut: the offering cannot be had in the data centre at the moment.
	ErrSoldOut = errors.New("sold out")
	// ErrInvalid: the request is wrong and will never succeed as it is.
	ErrInvalid = errors.New("invalid request")
	// ErrRateLimited: too many calls. The error is a *RateLimitError when the cloud said when to come back.
	ErrRateLimited = errors.New("rate limited")
	// ErrTransient: the call failed on the way or inside the cloud. Whether it took effect is not known.
	ErrTransient = errors.New("cloud unavailable")
)

// RateLimitError is an ErrRateLimited that says when to call again.
type RateLimitError struct {
	// RetryAfter is how long to wait; zero when the cloud did not say.
	RetryAfter time.Duration
}

// Error implements error.
func (e *RateLimitError) Error() string {
	if e.RetryAfter == 0 {
		return ErrRateLimited.Error()
	}
	return fmt.Sprintf("%v, retry after %v", ErrRateLimited, e.RetryAfter)
}

// Unwrap makes errors.Is(err, ErrRateLimited) true.
func (e *RateLimitError) Unwrap() error { return ErrRateLimited }

// Rejected reports whether an error proves that a Create or Delete took no effect, so that the call may be repeated or changed.
// An error that is none of this package's counts as unproven.
func Rejected(err error) bool {
	for _, target := range []error{ErrNotFound, ErrUnauthorized, ErrQuota, ErrSoldOut, ErrInvalid, ErrRateLimited} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
