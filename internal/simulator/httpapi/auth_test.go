package httpapi_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

const unauthorized = `{"error":true,"message":"Please authenticate"}`

func TestEitherHeaderLetsAKnownTokenIn(t *testing.T) {
	h := newHarness(t, setup{})
	tests := map[string]struct {
		header, value string
		status        int
	}{
		"access-token header": {"Vpsie-Auth", token, 200},
		"bearer header":       {"Authorization", "Bearer " + token, 200},
		"no header":           {"X-Other", token, 401},
		"wrong token":         {"Vpsie-Auth", "wrong", 401},
		"empty token":         {"Authorization", "Bearer ", 401},
		"other authorization": {"Authorization", "Basic " + token, 401},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			request := h.request(http.MethodGet, "/apps/v2/datacenter", "", "")
			request.Header.Set(test.header, test.value)
			got, err := h.do(request)
			if err != nil || got.status != test.status {
				t.Fatalf("status %d, error %v, want %d", got.status, err, test.status)
			}
			if test.status == 401 && got.text != unauthorized {
				t.Errorf("body %s, want %s", got.text, unauthorized)
			}
		})
	}
}

var login = httpapi.Options{ClientID: "id", ClientSecret: "secret"}

// logIn returns the answer to a login without any other authentication.
func (h *harness) logIn(content, body string) answer {
	h.t.Helper()
	got, err := h.do(h.request(http.MethodPost, "/apps/v2/auth/from/api", content, body))
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

func TestLoginByFormAndByJSON(t *testing.T) {
	for content, body := range map[string]string{
		"application/x-www-form-urlencoded": url.Values{"clientId": {"id"}, "clientSecret": {"secret"}}.Encode(),
		"application/json":                  `{"clientId":"id","clientSecret":"secret"}`,
	} {
		t.Run(content, func(t *testing.T) {
			h := newHarness(t, setup{api: login})
			got := h.logIn(content, body)
			access, _ := got.json["accessToken"].(map[string]any)
			value, _ := access["token"].(string)
			expires, _ := access["expires"].(string)
			end, err := time.Parse(time.RFC3339, expires)
			if got.status != 200 || got.json["error"] != false || err != nil || time.Until(end) < 50*time.Minute {
				t.Fatalf("login: %d %s", got.status, got.text)
			}
			if _, given := got.json["refreshToken"].(map[string]any); !given {
				t.Error("no refreshToken")
			}
			request := h.request(http.MethodGet, "/apps/v2/datacenter", "", "")
			request.Header.Set("Authorization", "Bearer "+value)
			if used, err := h.do(request); err != nil || used.status != 200 {
				t.Errorf("with the new token: %d, error %v", used.status, err)
			}
		})
	}
}

func TestExpiredLoginIsRefused(t *testing.T) {
	options := login
	options.LoginLifetime = time.Nanosecond
	h := newHarness(t, setup{api: options})
	access, _ := h.logIn("application/json", `{"clientId":"id","clientSecret":"secret"}`).json["accessToken"].(map[string]any)
	value, _ := access["token"].(string)
	request := h.request(http.MethodGet, "/apps/v2/datacenter", "", "")
	request.Header.Set("Authorization", "Bearer "+value)
	if got, err := h.do(request); err != nil || got.status != 401 || got.text != unauthorized {
		t.Errorf("got %d %s, error %v, want 401", got.status, got.text, err)
	}
}

func TestWrongLoginIsRefused(t *testing.T) {
	closed := httpapi.Options{}
	for name, test := range map[string]struct {
		options httpapi.Options
		body    string
	}{
		"wrong secret":    {login, `{"clientId":"id","clientSecret":"x"}`},
		"wrong id":        {login, `{"clientId":"x","clientSecret":"secret"}`},
		"no JSON":         {login, `clientId`},
		"login is closed": {closed, `{"clientId":"","clientSecret":""}`},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, setup{api: test.options})
			got := h.logIn("application/json", test.body)
			if want := `{"error":true,"code":401,"message":"Invalid clientId or clientSecret"}`; got.status != 401 || got.text != want {
				t.Errorf("got %d %s, want 401 %s", got.status, got.text, want)
			}
		})
	}
}
