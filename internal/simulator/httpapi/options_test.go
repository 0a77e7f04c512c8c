package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

func TestStrictHeadersWantEachTokenInItsOwn(t *testing.T) {
	options := login
	options.StrictHeaders, options.NestedLogin = true, true
	h := newHarness(t, setup{api: options})
	pair, _ := h.logIn("application/json", `{"clientId":"id","clientSecret":"secret"}`).json["token"].(object)
	access, _ := pair["access"].(object)
	session, _ := access["token"].(string)
	if _, refresh := pair["refresh"].(object); session == "" || !refresh {
		t.Fatalf("nested login %v", pair)
	}
	for _, test := range []struct {
		header, value string
		status        int
	}{
		{"Vpsie-Auth", token, 200},
		{"Authorization", "Bearer " + token, 401},
		{"Vpsie-Auth", session, 401},
		{"Authorization", "Bearer " + session, 200},
	} {
		request := h.request(http.MethodGet, "/apps/v2/datacenter", "", "")
		request.Header.Set(test.header, test.value)
		if got, err := h.do(request); err != nil || got.status != test.status {
			t.Errorf("%s with session %v: %d, error %v, want %d", test.header, strings.HasSuffix(test.value, session), got.status, err, test.status)
		}
	}
}

func TestTokensCanBeReplacedAndLoginsEnded(t *testing.T) {
	h := newHarness(t, setup{api: login})
	access, _ := h.logIn("application/json", `{"clientId":"id","clientSecret":"secret"}`).json["accessToken"].(object)
	session, _ := access["token"].(string)
	with := func(value string) int {
		request := h.request(http.MethodGet, "/apps/v2/datacenter", "", "")
		request.Header.Set("Vpsie-Auth", value)
		got, err := h.do(request)
		if err != nil {
			t.Fatal(err)
		}
		return got.status
	}
	h.api.SetTokens([]string{"new"})
	if with(token) != 401 || with("new") != 200 || with(session) != 200 {
		t.Error("want the new token and the login to be accepted, and the old token not")
	}
	h.api.ExpireLogins()
	if with(session) != 401 || with("new") != 200 {
		t.Error("want the login to be over and the token not")
	}
}

func TestPricesAreWrittenAsTheOptionsSay(t *testing.T) {
	for option, want := range map[httpapi.Prices][]any{
		httpapi.PricesNumber: {8.0, 16.0, 32.0},
		httpapi.PricesString: {"8.00", "16.00", "32.00"},
		httpapi.PricesMixed:  {"8.00", 16.0, "32.00"},
	} {
		h := newHarness(t, setup{api: httpapi.Options{Prices: option}})
		query := planQuery(catalogue.Categories[0].Identifier)
		query.Set("dcIdentifier", catalogue.Datacenters[0].Identifier)
		var got []any
		for _, plan := range rows(t, h.plans(query)) {
			got = append(got, plan["price"])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("option %q (-want +got):\n%s", option, diff)
		}
	}
}

func TestCreationTellsTheIdentifierWhenAsked(t *testing.T) {
	h := newHarness(t, setup{api: httpapi.Options{ReplyIdentifier: true}})
	data, _ := h.post("/api/v2/vm", body("w1", nil)).json["data"].(object)
	if data["identifier"] != h.awaitListed("w1")["identifier"] || data["hostname"] != "w1" {
		t.Errorf("answer %v", data)
	}
}

func TestRefusalsComeUnder200WhenAsked(t *testing.T) {
	options := login
	options.ErrorsUnder200 = true
	h := newHarness(t, setup{api: options, cloud: cloud.Options{MachineLimit: 1}})
	if got := h.logIn("application/json", `{"clientId":"id","clientSecret":"wrong"}`); got.status != 401 {
		t.Errorf("wrong login: %d, want 401: it is no refusal but tells who calls", got.status)
	}
	h.create("w1")
	for want, got := range map[string]answer{
		"exceeds the allowed limit 1": h.post("/api/v2/vm", body("w2", nil)),
		"Virtual machine not found":   h.send(http.MethodDelete, "/api/v2/vm", "application/json", `{"vmIdentifier":"x"}`),
	} {
		if got.status != 200 || got.json["error"] != true || !strings.Contains(got.text, want) {
			t.Errorf("%d %s, want 200 with %s", got.status, got.text, want)
		}
	}
	request := h.request(http.MethodGet, "/apps/v2/vm", "", "")
	if got, err := h.do(request); err != nil || got.status != 401 {
		t.Errorf("without token: %d, error %v", got.status, err)
	}
}

func TestDeletionWantsThePasswordOfTheOption(t *testing.T) {
	for option, right := range map[httpapi.DeletePassword]string{
		httpapi.PasswordIgnored: "anything", httpapi.PasswordVM: "root-password", httpapi.PasswordAccount: "account-password",
	} {
		h := newHarness(t, setup{api: httpapi.Options{DeletePassword: option, AccountPassword: "account-password"}})
		id, _ := h.create("w1")["identifier"].(string)
		attempt := func(password string) answer {
			return h.send(http.MethodDelete, "/api/v2/vm", "application/json", `{"vmIdentifier":"`+id+`","password":"`+password+`"}`)
		}
		if option != httpapi.PasswordIgnored {
			if got := attempt("wrong"); got.status != 400 || !strings.Contains(got.text, "Invalid password") || len(h.cloud.Listed()) != 1 {
				t.Errorf("option %q: wrong password: %d %s", option, got.status, got.text)
			}
		}
		if got := attempt(right); got.text != accepted {
			t.Errorf("option %q: right password: %d %s", option, got.status, got.text)
		}
	}
}

func TestCappedListTellsTheTruthInItsTotalOnly(t *testing.T) {
	h := newHarness(t, setup{api: httpapi.Options{ListCap: 2, PageSize: 2}})
	for i := range 3 {
		h.post("/api/v2/vm", body("w"+strconv.Itoa(i), nil))
	}
	for len(h.cloud.Listed()) < 3 && t.Context().Err() == nil {
	}
	for path, want := range map[string]int{"/api/v2/vm": 2, "/api/v2/vm?offset=2": 0, "/api/v2/vm?offset=1&limit=5": 1} {
		got := h.get(path)
		if n := len(rows(t, got)); n != want || got.json["total"] != 3.0 {
			t.Errorf("%s: %d rows of %v, want %d of 3", path, n, got.json["total"], want)
		}
	}
}

func TestAccountWithoutMoneyIsRefused(t *testing.T) {
	h := newHarness(t, setup{cloud: cloud.Options{Balance: 1}})
	h.create("w1")
	want := `{"error":true,"code":402,"message":"Insufficient balance"}`
	if got := h.post("/api/v2/vm", body("w2", nil)); got.status != 402 || got.text != want {
		t.Errorf("%d %s, want 402 %s", got.status, got.text, want)
	}
}

// direct calls an API without a socket, so that virtual time can pass.
func direct(api *httpapi.API, token string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/apps/v2/datacenter", http.NoBody)
	r.Header.Set("Vpsie-Auth", token)
	api.ServeHTTP(w, r)
	return w
}

func TestEachTokenMayCallSoOftenAMinute(t *testing.T) {
	for _, tells := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c := cloud.New(cloud.Options{})
			defer c.Close()
			api := httpapi.New(c, faults.NewSet(1), httpapi.Options{Tokens: []string{"a", "b"}, RateLimit: 3, WithRetryAfter: tells})
			time.Sleep(10 * time.Second)
			for range 3 {
				if got := direct(api, "a"); got.Code != 200 {
					t.Fatalf("status %d", got.Code)
				}
			}
			time.Sleep(20 * time.Second)
			want := map[bool]string{true: "40", false: ""}[tells]
			if got := direct(api, "a"); got.Code != 429 || got.Header().Get("Retry-After") != want {
				t.Errorf("fourth call: %d, Retry-After %q, want 429 and %q", got.Code, got.Header().Get("Retry-After"), want)
			}
			if got := direct(api, "b"); got.Code != 200 {
				t.Errorf("another token: %d", got.Code)
			}
			time.Sleep(40 * time.Second)
			if got := direct(api, "a"); got.Code != 200 {
				t.Errorf("a minute later: %d", got.Code)
			}
		})
	}
}

func TestCallsTakeAsLongAsTheirDistributionSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud.New(cloud.Options{})
		defer c.Close()
		api := httpapi.New(c, faults.NewSet(1), httpapi.Options{
			Tokens: []string{"a"}, Seed: 7,
			CallLatency: httpapi.CallLatency{P50: 300 * time.Millisecond, P95: 3 * time.Second, P99: 10 * time.Second},
		})
		const calls = 2000
		below := map[time.Duration]int{300 * time.Millisecond: 0, 3 * time.Second: 0, 10 * time.Second: 0}
		for range calls {
			from := time.Now()
			direct(api, "a")
			took := time.Since(from)
			for limit := range below {
				if took <= limit {
					below[limit]++
				}
			}
		}
		for limit, share := range map[time.Duration]float64{300 * time.Millisecond: 0.5, 3 * time.Second: 0.95, 10 * time.Second: 0.99} {
			if got := float64(below[limit]) / calls; got < share-0.03 || got > share+0.03 {
				t.Errorf("seed 7: %.3f of the calls took at most %v, want %.2f", got, limit, share)
			}
		}
	})
}
