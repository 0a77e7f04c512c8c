package faults

import (
	"fmt"
	"slices"
	"strings"
)

// Action is what happens to a call that a rule matches.
type Action string

// Actions.
const (
	ActionStatus       Action = "status"
	ActionServerError  Action = "server-error"
	ActionGateway      Action = "gateway"
	ActionOKError      Action = "http200-error"
	ActionHang         Action = "hang"
	ActionSlow         Action = "slow"
	ActionCut          Action = "reset"
	ActionReset        Action = "accept-then-reset"
	ActionAcceptHang   Action = "accept-then-hang"
	ActionIgnore       Action = "ignore"
	ActionUnauthorized Action = "unauthorized"
	ActionRateLimited  Action = "rate-limited"

	ActionLoginRejected Action = "login-rejected"
	ActionTruncated     Action = "truncated-list"
	ActionWithdrawn     Action = "withdrawn"

	ActionLostDelete    Action = "lost-delete"
	ActionWrongPassword Action = "wrong-password"

	ActionSoldOut        Action = "sold-out"
	ActionQuota          Action = "quota"
	ActionGhost          Action = "ghost"
	ActionDuplicate      Action = "duplicate"
	ActionStuckPending   Action = "stuck-pending"
	ActionVanish         Action = "vanish"
	ActionInactive       Action = "inactive"
	ActionNoAddress      Action = "no-address"
	ActionNoAgent        Action = "no-agent"
	ActionNeverJoin      Action = "never-join"
	ActionNeverReady     Action = "never-ready"
	ActionMixedCase      Action = "mixed-case"
	ActionFreeze         Action = "freeze"
	ActionDeletedOutside Action = "deleted-outside"
)

// Kind is what a call is for.
type Kind int

// Kinds of calls.
const (
	KindOther    Kind = iota
	KindCreation      // of a machine or worker
	KindDeletion      // of a machine or worker
	KindList          // of machines, pending orders, nodes or groups
	KindLogin
	KindOffer // not a call: one plan in an answer
)

// Description tells what an action does and to which calls.
type Description struct {
	Action Action
	// Kinds are the calls that the action is for; none stands for every call.
	Kinds []Kind
	// Does tells what happens, for people.
	Does string
	// Fields are the further fields of a rule that the action looks at.
	Fields []string
}

// Actions are all failures that can be injected. This is the one table of them: rules are checked against it, `vpsie-sim --help`
// prints it, and a test plays every entry.
var Actions = []Description{
	{ActionStatus, nil, "answered with the status, and the body or the message, without effect", []string{"status", "body", "message"}},
	{ActionServerError, nil, "answered with 500 and a stack, without effect", []string{"message"}},
	{ActionGateway, nil, "answered with an HTML page, without effect", []string{"status (502)"}},
	{ActionOKError, nil, "answered with 200 and error:true, without effect", []string{"code", "message"}},
	{ActionHang, nil, "never answered, without effect", nil},
	{ActionSlow, nil, "takes effect, and is answered late", []string{"seconds (10)"}},
	{ActionCut, nil, "the connection is cut, without effect", nil},
	{ActionReset, nil, "takes effect, then the connection is cut", nil},
	{ActionAcceptHang, nil, "takes effect, and is never answered", nil},
	{ActionIgnore, nil, "answered as a success, without effect", nil},
	{ActionUnauthorized, nil, "401 as if the token had expired, without effect", nil},
	{ActionRateLimited, nil, "429, with Retry-After when seconds are given", []string{"retryAfterSeconds"}},

	{ActionLoginRejected, []Kind{KindLogin}, "401, or 200 with error:true when status is 200", []string{"status (401)"}},
	{ActionTruncated, []Kind{KindList}, "half of the rows are left out, and total tells of all", nil},
	{ActionWithdrawn, []Kind{KindOffer, KindCreation}, "the plan is in no answer, and cannot be ordered", nil},

	{ActionLostDelete, []Kind{KindDeletion}, "accepted, and the machine stays", nil},
	{ActionWrongPassword, []Kind{KindDeletion}, "refused: wrong password", nil},

	{ActionSoldOut, []Kind{KindCreation}, "refused: no stock", nil},
	{ActionQuota, []Kind{KindCreation}, "refused: limit of the account, in 500, or in 200 when status is 200", []string{"status (500)", "message"}},
	{ActionGhost, []Kind{KindCreation}, "never answered, and the machine turns up later", []string{"seconds (60)"}},
	{ActionDuplicate, []Kind{KindCreation}, "two machines instead of one, with the same host name", nil},
	{ActionStuckPending, []Kind{KindCreation}, "accepted, and stays pending for ever", nil},
	{ActionVanish, []Kind{KindCreation}, "accepted, and disappears instead of being listed", nil},
	{ActionInactive, []Kind{KindCreation}, "listed, and never active or powered on", nil},
	{ActionNoAddress, []Kind{KindCreation}, "listed and powered on, without any address", nil},
	{ActionNoAgent, []Kind{KindCreation}, "powered on, but nothing runs and the guest agent never answers", nil},
	{ActionNeverJoin, []Kind{KindCreation}, "powered on, the guest agent answers, but it does not join", nil},
	{ActionNeverReady, []Kind{KindCreation}, "its Node never gets Ready", nil},
	{ActionMixedCase, []Kind{KindCreation}, "the lists write its host name with a capital letter", nil},
	{ActionFreeze, []Kind{KindCreation}, "some time after it was listed nothing on it moves any more", []string{"seconds (60)"}},
	{ActionDeletedOutside, []Kind{KindCreation}, "some time after it was listed somebody deletes it", []string{"seconds (60)"}},
}

// Describe returns the entry of an action, and false when there is no such action.
func Describe(action Action) (Description, bool) {
	at := slices.IndexFunc(Actions, func(d Description) bool { return d.Action == action })
	if at < 0 {
		return Description{}, false
	}
	return Actions[at], true
}

// on tells whether the action is for calls of the kind. Plans in an answer are only for actions that name them.
func (d Description) on(kind Kind) bool {
	if len(d.Kinds) == 0 {
		return kind != KindOffer
	}
	return slices.Contains(d.Kinds, kind)
}

// names are all actions, for an error.
func names() string {
	var all []string
	for _, d := range Actions {
		all = append(all, string(d.Action))
	}
	return strings.Join(all, ", ")
}

// String tells what kind it is, for people.
func (k Kind) String() string {
	texts := [...]string{"other calls", "creations", "deletions", "lists", "logins", "plans"}
	if int(k) < 0 || int(k) >= len(texts) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return texts[k]
}
