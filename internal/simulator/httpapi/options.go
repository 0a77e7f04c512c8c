package httpapi

import "time"

// Options configure an API.
type Options struct {
	// Tokens are the API access tokens that are accepted. Without tokens and without ClientID nobody is let in.
	Tokens []string
	// ClientID and ClientSecret open the login call; it is closed when either is empty.
	ClientID, ClientSecret string
	// LoginLifetime is how long a token from the login call lives; 0 stands for one hour.
	LoginLifetime time.Duration
	// NestedLogin answers a login with token.access and token.refresh instead of accessToken and refreshToken.
	NestedLogin bool
	// StrictHeaders accepts access tokens in Vpsie-Auth and tokens from a login in Authorization only; else either will do.
	StrictHeaders bool

	// PageSize is the most records that a list of machines returns at a time; 0 is no limit.
	PageSize int
	// ListCap is how many records of a list of machines can be seen at all, whatever the offset; 0 is all. The total is the truth.
	ListCap int
	// ListTags is how machine lists show tags.
	ListTags ListTags
	// Prices is how plans show their price.
	Prices Prices

	// ReplyIdentifier answers a creation with the identifier of the machine instead of true.
	ReplyIdentifier bool
	// ErrorsUnder200 answers refusals with status 200, as the real API sometimes does.
	ErrorsUnder200 bool
	// DeletePassword tells which password the deletion of a machine wants; AccountPassword is for PasswordAccount.
	DeletePassword  DeletePassword
	AccountPassword string

	// Seed makes CallLatency repeatable.
	Seed uint64
	// CallLatency is how long every call takes on top of what it does; the zero value is no time.
	CallLatency CallLatency
	// RateLimit is how many calls a minute each token may make; 0 is no limit. WithRetryAfter tells refused callers when to return.
	RateLimit      int
	WithRetryAfter bool
}

// ListTags is how machine lists show tags.
type ListTags string

// The ways to show tags.
const (
	TagsAbsent ListTags = ""      // not at all
	TagsNull   ListTags = "null"  // always null
	TagsArray  ListTags = "array" // as an array of strings
)

// Prices is how plans show their price.
type Prices string

// The ways to show prices.
const (
	PricesNumber Prices = ""       // as numbers
	PricesString Prices = "string" // as strings
	PricesMixed  Prices = "mixed"  // some as numbers, some as strings
)

// DeletePassword tells which password the deletion of a machine wants.
type DeletePassword string

// What a deletion may want.
const (
	PasswordIgnored DeletePassword = ""        // none
	PasswordVM      DeletePassword = "vm"      // the root password of the machine
	PasswordAccount DeletePassword = "account" // the password of the account
)
