package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Messages of errors.
const (
	// MessageUnauthorized is VPSie's own text.
	MessageUnauthorized = "Please authenticate"
	// MessageMalformed is VPSie's own text for bodies that it cannot use.
	MessageMalformed = "lost in the clouds"
	// MessageSoldOut is our text; no real example is known.
	MessageSoldOut = "Resource is out of stock in the selected datacenter"
	// MessageNotSold is our text; no real example is known.
	MessageNotSold = "Resource is not available in the selected datacenter"
	// MessageMachineLimit, followed by the limit, is VPSie's text for worker nodes applied to machines.
	MessageMachineLimit = "Virtual machines count exceeds the allowed limit "
	// MessageWorkerLimit, followed by the limit, is VPSie's own text.
	MessageWorkerLimit = "Worker nodes count exceeds the allowed limit "
	// MessageRateLimited is our text; no real example is known.
	MessageRateLimited = "Too many requests"
	// MessageLoginRejected is our text; no real example is known.
	MessageLoginRejected = "Invalid clientId or clientSecret"
	// MessageWrongPassword is our text; no real example is known.
	MessageWrongPassword = "Invalid password"
	// MessageNoBalance is our text; no real example is known.
	MessageNoBalance = "Insufficient balance"
)

// envelope wraps every successful answer.
type envelope struct {
	Error bool `json:"error"`
	Data  any  `json:"data"`
	Total *int `json:"total,omitempty"` // only on lists
}

// failure is every unsuccessful answer.
type failure struct {
	Error   bool   `json:"error"`
	Code    int    `json:"code,omitempty"`
	Message string `json:"message"`
	Type    *bool  `json:"type,omitempty"`  // only on account limits, and false there
	Stack   string `json:"stack,omitempty"` // only on failures of the server
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // fails only when the client has gone
}

func replyData(w http.ResponseWriter, data any) {
	reply(w, http.StatusOK, envelope{Data: data})
}

func replyError(w http.ResponseWriter, status int, message string) {
	reply(w, status, failure{Error: true, Code: status, Message: message})
}

func replyUnauthorized(w http.ResponseWriter) {
	reply(w, http.StatusUnauthorized, failure{Error: true, Message: MessageUnauthorized})
}

func replyLimit(w http.ResponseWriter, status int, message string) {
	reply(w, status, failure{Error: true, Code: status, Message: message, Type: new(bool)})
}

// replyPage answers with the rows that the query parameters offset and limit select, as far as the options of the API and the
// twist of the call let them be seen. The total is always that of all rows.
func replyPage[T any](a *API, w http.ResponseWriter, r *http.Request, rows []T) {
	total := len(rows)
	if a.options.ListCap > 0 {
		rows = rows[:min(a.options.ListCap, len(rows))]
	}
	if twistOf(r).truncated {
		rows = rows[:len(rows)/2]
	}
	rows = rows[min(queryInt(r, "offset"), len(rows)):]
	for _, limit := range []int{queryInt(r, "limit"), a.options.PageSize} {
		if limit > 0 {
			rows = rows[:min(limit, len(rows))]
		}
	}
	reply(w, http.StatusOK, envelope{Data: rows, Total: &total})
}

// decode reads a JSON body, and answers the call itself, reporting false, when that fails.
func decode(w http.ResponseWriter, r *http.Request, into any) bool {
	if json.NewDecoder(r.Body).Decode(into) != nil {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return false
	}
	return true
}

// queryInt reads a number from the query; what is missing, malformed or negative counts as 0.
func queryInt(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return 0
	}
	return max(n, 0)
}
