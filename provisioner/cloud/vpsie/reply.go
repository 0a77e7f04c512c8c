package vpsie

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// reply is the envelope that wraps every answer.
type reply struct {
	Error   json.RawMessage `json:"error"`
	Code    text            `json:"code"`
	Message text            `json:"message"`
	Data    json.RawMessage `json:"data"`
	Total   json.RawMessage `json:"total"`

	// The answer to a login has its tokens beside the data, in one of two shapes. They are secret.
	AccessToken json.RawMessage `json:"accessToken"`
	Token       json.RawMessage `json:"token"`
}

// parseReply unwraps an answer, or turns it into one of the cloud package's errors. No error repeats one of the secrets.
func parseReply(response *http.Response, body []byte, secrets []string) (reply, error) {
	var answer reply
	isJSON := len(bytes.TrimSpace(body)) == 0 || json.Unmarshal(body, &answer) == nil
	problem := verdict{
		status:  response.StatusCode,
		failed:  response.StatusCode >= 300 || !isJSON || saysYes(answer.Error),
		isJSON:  isJSON,
		message: redact(string(answer.Message), secrets),
	}
	if !problem.failed {
		return answer, nil
	}
	if code, err := strconv.Atoi(string(answer.Code)); err == nil && problem.status < 300 && code >= 400 && code < 600 {
		problem.status = code
	}
	err := fmt.Errorf("%s: %w", problem, classify(problem, response.Header))
	if errors.Is(err, cloud.ErrTransient) && (response.StatusCode >= 500 || !isJSON) {
		err = outageError{err}
	}
	return reply{}, err
}

// saysYes reads the "error" member, which is a boolean but has been described as other things.
func saysYes(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", "false", "0", `""`, `"0"`, `"false"`:
		return false
	}
	return true
}

// absent reports whether the data stands for "nothing here": the API says null, false or {} for that, depending on the call.
func (r reply) absent() bool {
	switch string(bytes.TrimSpace(r.Data)) {
	case "", "null", "false", "{}":
		return true
	}
	return false
}

// noObject reports whether an answer about one object says that there is none, for which the API also uses an empty list.
func (r reply) noObject() bool {
	return r.absent() || string(bytes.TrimSpace(r.Data)) == "[]"
}

// decode reads the data into target. What does not fit is ErrTransient: nothing is known about the state of the cloud.
func (r reply) decode(target any) error {
	if err := json.Unmarshal(r.Data, target); err != nil {
		return fmt.Errorf("%w: data of the answer: %w", cloud.ErrTransient, err)
	}
	return nil
}

// page is one answer of a list.
type page struct {
	rows  []json.RawMessage
	total int // -1 when the API did not say
}

// page reads the data as a list: an array, or an object with rows. ok is false when there is no list at all.
func (r reply) page() (found page, ok bool, err error) {
	found.total = readTotal(r.Total)
	if r.absent() {
		return found, found.total == 0, nil
	}
	if bytes.TrimSpace(r.Data)[0] == '[' {
		return found, true, r.decode(&found.rows)
	}
	var wrapped struct {
		Rows  []json.RawMessage `json:"rows"`
		Total json.RawMessage   `json:"total"`
		Count json.RawMessage   `json:"count"`
	}
	if err := r.decode(&wrapped); err != nil {
		return found, false, err
	}
	for _, raw := range []json.RawMessage{wrapped.Total, wrapped.Count} {
		if found.total < 0 {
			found.total = readTotal(raw)
		}
	}
	found.rows = wrapped.Rows
	return found, wrapped.Rows != nil, nil
}

// readTotal reads a count, bare or as [{"count":n}]; -1 means that there is none.
func readTotal(raw json.RawMessage) int {
	var count number
	if json.Unmarshal(raw, &count) == nil && count.set {
		return int(count.value)
	}
	var counts []struct {
		Count number `json:"count"`
	}
	if json.Unmarshal(raw, &counts) == nil && len(counts) == 1 && counts[0].Count.set {
		return int(counts[0].Count.value)
	}
	return -1
}
