package httpapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

const token = "test-token"

// harness is an API behind a socket, on a cloud without latencies unless a test asks for some.
type harness struct {
	t      *testing.T
	cloud  *cloud.Cloud
	faults *faults.Set
	api    *httpapi.API
	url    string
}

type setup struct {
	api   httpapi.Options
	cloud cloud.Options
}

func newHarness(t *testing.T, s setup) *harness {
	t.Helper()
	s.api.Tokens = []string{token}
	h := &harness{t: t, cloud: cloud.New(s.cloud), faults: faults.NewSet(1)}
	t.Cleanup(h.cloud.Close)
	h.api = httpapi.New(h.cloud, h.faults, s.api)
	server := httptest.NewServer(h.api)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// slow keeps machines pending for as long as a test runs.
var slow = cloud.Options{Latencies: cloud.Latencies{Build: cloud.Latency{Median: time.Hour}}}

type answer struct {
	status int
	header http.Header
	text   string
	json   map[string]any // nil when the text is not a JSON object
}

// send makes an authenticated call; content is a media type, or empty for no body.
func (h *harness) send(method, path, content, body string) answer {
	h.t.Helper()
	got, err := h.try(method, path, content, body)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

func (h *harness) try(method, path, content, body string) (answer, error) {
	h.t.Helper()
	request := h.request(method, path, content, body)
	request.Header.Set("Vpsie-Auth", token)
	return h.do(request)
}

func (h *harness) request(method, path, content, body string) *http.Request {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	if content != "" {
		request.Header.Set("Content-Type", content)
	}
	return request
}

func (h *harness) do(request *http.Request) (answer, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	got := answer{status: response.StatusCode, header: response.Header, text: strings.TrimSpace(string(content))}
	_ = json.Unmarshal(content, &got.json)
	return got, nil
}

func (h *harness) get(path string) answer {
	h.t.Helper()
	return h.send(http.MethodGet, path, "", "")
}

func (h *harness) post(path, body string) answer {
	h.t.Helper()
	return h.send(http.MethodPost, path, "application/json", body)
}

func (h *harness) plans(form url.Values) answer {
	h.t.Helper()
	return h.send(http.MethodPost, "/apps/v2/resources", "application/x-www-form-urlencoded", form.Encode())
}

// body is the body of a creation that succeeds, changed by a function unless that is nil.
func body(hostname string, change func(map[string]any)) string {
	fields := map[string]any{
		"resourceIdentifier": "00000002-5a11-11f0-a000-000000000001",
		"osIdentifier":       catalogue.Image.Identifier,
		"dcIdentifier":       catalogue.Datacenters[0].Identifier,
		"hostname":           hostname,
		"projectId":          "71128",
		"addPublicIpV4":      "1",
		"addPublicIpV6":      "0",
		"addPrivateIp":       "1",
		"backupEnabled":      "0",
		"vmPassword":         "root-password",
		"userData":           "I2Nsb3VkLWNvbmZpZwo=",
		"tags":               []string{"web"},
	}
	if change != nil {
		change(fields)
	}
	encoded, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(encoded)
}

// create makes a machine and waits until it is listed.
func (h *harness) create(hostname string) map[string]any {
	h.t.Helper()
	if got := h.post("/api/v2/vm", body(hostname, nil)); got.text != `{"error":false,"data":true}` {
		h.t.Fatalf("create: %d %s", got.status, got.text)
	}
	return h.awaitListed(hostname)
}

// awaitListed asks until the machine is listed; without latencies that takes a moment.
func (h *harness) awaitListed(hostname string) map[string]any {
	h.t.Helper()
	for h.t.Context().Err() == nil {
		for _, record := range rows(h.t, h.get("/api/v2/vm")) {
			if record["hostname"] == hostname {
				return record
			}
		}
	}
	h.t.Fatalf("%s is not listed", hostname)
	return nil
}

// rows are the records of a list.
func rows(t *testing.T, got answer) []map[string]any {
	t.Helper()
	data, isList := got.json["data"].([]any)
	if got.status != http.StatusOK || got.json["error"] != false || !isList {
		t.Fatalf("want a list, got %d %s", got.status, got.text)
	}
	records := []map[string]any{}
	for _, row := range data {
		records = append(records, row.(map[string]any))
	}
	return records
}

// shape replaces every value by the name of its JSON type.
func shape(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		fields := map[string]any{}
		for name, field := range typed {
			fields[name] = shape(field)
		}
		return fields
	case []any:
		items := []any{}
		for _, item := range typed {
			items = append(items, shape(item))
		}
		return items
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "bool"
	}
	return "null"
}
