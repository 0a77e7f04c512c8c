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
	// ErrSoldOut: the offering cannot be had in the data centre at the moment. The error is a *SoldOutError.
	ErrSoldOut = errors.New("sold out")
	// ErrInvalid: the request is wrong and will never succeed as it is.
	ErrInvalid = errors.New("invalid request")
	// ErrRateLimited: too many calls. The error is a *RateLimitError when the cloud said when to come back.
	ErrRateLimited = errors.New("rate limited")
	// ErrUnavailable: the call was not sent, since the cloud has been failing. The error is an *UnavailableError.
	ErrUnavailable = errors.New("cloud unavailable, call not sent")
	// ErrTransient: the call failed on the way or inside the cloud. Whether it took effect is not known.
	ErrTransient = errors.New("cloud failed")
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

// SoldOutError is an ErrSoldOut that says what is sold out where.
type SoldOutError struct {
	DatacenterID, OfferingID string
}

// Error implements error.
func (e *SoldOutError) Error() string {
	return fmt.Sprintf("offering %s is %v in data centre %s", e.OfferingID, ErrSoldOut, e.DatacenterID)
}

// Unwrap makes errors.Is(err, ErrSoldOut) true.
func (e *SoldOutError) Unwrap() error { return ErrSoldOut }

// UnavailableError is an ErrUnavailable that says when calls are sent again.
type UnavailableError struct {
	// RetryAfter is how long to wait.
	RetryAfter time.Duration
}

// Error implements error.
func (e *UnavailableError) Error() string {
	return fmt.Sprintf("%v, retry after %v", ErrUnavailable, e.RetryAfter.Round(time.Second))
}

// Unwrap makes errors.Is(err, ErrUnavailable) true.
func (e *UnavailableError) Unwrap() error { return ErrUnavailable }

// Rejected reports whether an error proves that a Create or Delete took no effect, so that the call may be repeated or changed.
// An error that is none of this package's counts as unproven.
func Rejected(err error) bool {
	for _, target := range []error{ErrNotFound, ErrUnauthorized, ErrQuota, ErrSoldOut, ErrInvalid, ErrRateLimited, ErrUnavailable} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

// Action is what a caller should do about an error.
type Action string

// Actions, from the mildest.
const (
	// ActionRetry: try again with the usual back-off. After a Create or Delete, first look whether it took effect.
	ActionRetry Action = "Retry"
	// ActionWait: the same call may succeed later, not now. Either the cloud said when, or people have to act.
	ActionWait Action = "Wait"
	// ActionGiveUp: the same call is not worth repeating; ask for something else.
	ActionGiveUp Action = "GiveUp"
)

// Advice is an action with its delay.
type Advice struct {
	Action Action
	// After is how long to wait with ActionWait; zero when nobody can tell.
	After time.Duration
}

// Advise says what to do about an error of a Provider. An error that is none of this package's is to be retried.
func Advise(err error) Advice {
	var limited *RateLimitError
	var unavailable *UnavailableError
	switch {
	case errors.Is(err, ErrSoldOut), errors.Is(err, ErrNotFound):
		return Advice{Action: ActionGiveUp}
	case errors.As(err, &limited):
		return Advice{Action: ActionWait, After: limited.RetryAfter}
	case errors.As(err, &unavailable):
		return Advice{Action: ActionWait, After: unavailable.RetryAfter}
	case errors.Is(err, ErrUnauthorized), errors.Is(err, ErrQuota), errors.Is(err, ErrInvalid), errors.Is(err, ErrRateLimited), errors.Is(err, ErrUnavailable):
		return Advice{Action: ActionWait}
	}
	return Advice{Action: ActionRetry}
}
