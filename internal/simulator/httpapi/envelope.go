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
	// MessageRateLimited is our text; no real example is known.
	MessageRateLimited = "Too many requests"
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
	Type    *bool  `json:"type,omitempty"` // only on account limits, and false there
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

func replyMachineLimit(w http.ResponseWriter, limit int) {
	code := http.StatusInternalServerError
	reply(w, code, failure{Error: true, Code: code, Message: MessageMachineLimit + strconv.Itoa(limit), Type: new(bool)})
}

// replyPage answers with the rows that the query parameters offset and limit select, at most pageSize of them when that is not 0.
func replyPage[T any](w http.ResponseWriter, r *http.Request, rows []T, pageSize int) {
	total := len(rows)
	rows = rows[min(queryInt(r, "offset"), total):]
	for _, limit := range []int{queryInt(r, "limit"), pageSize} {
		if limit > 0 {
			rows = rows[:min(limit, len(rows))]
		}
	}
	reply(w, http.StatusOK, envelope{Data: rows, Total: &total})
}

// queryInt reads a number from the query; what is missing, malformed or negative counts as 0.
func queryInt(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil {
		return 0
	}
	return max(n, 0)
}
