package vpsie_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr/funcr"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// vmPassword is the root password of vm-1 in these tests.
const vmPassword = `pass "word-77"`

// secretsOf are the texts that may be told nowhere.
func secretsOf() []string {
	userData := createRequest().UserData
	encoded := base64.StdEncoding.EncodeToString(userData)
	return []string{
		`pass \"word-77`, token, clientSecret, url.QueryEscape(clientSecret), "session-1", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi-x_y.abc-def",
		encoded, encoded[8:40], string(userData), "abcdef.0123456789abcdef",
	}
}

// tellTale answers with everything that it was sent, in the way of an error of the given status.
func tellTale(status int, html bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		message := strings.Join([]string{
			r.Header.Get("Vpsie-Auth"), r.Header.Get("Authorization"), string(body), "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi-x_y.abc-def",
		}, " ")
		var sent map[string]any
		_ = json.Unmarshal(body, &sent)
		for _, value := range sent {
			message += fmt.Sprint(" ", value)
		}
		if html {
			answer(status, "<html>"+message)(w, r)
			return
		}
		encoded, _ := json.Marshal(map[string]any{"error": true, "message": message, "stack": message, "data": message})
		answer(status, string(encoded))(w, r)
	}
}

// everyCall makes each call that the adapter knows and joins their errors.
func everyCall(t *testing.T, client *vpsie.Client) error {
	t.Helper()
	machine := cloud.Machine{ID: "vm-1", Hostname: "c1-node"}
	_, machinesErr := client.Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-", Tags: map[string]string{"a": "b"}})
	_, machineErr := client.Machine(t.Context(), "vm-2")
	_, datacentersErr := client.Datacenters(t.Context())
	_, offeringsErr := client.Offerings(t.Context(), "dc-1")
	return errors.Join(
		machinesErr, machineErr, datacentersErr, offeringsErr,
		client.Create(t.Context(), createRequest()),
		client.Configure(t.Context(), machine, cloud.Attributes{Tags: map[string]string{"a": "b"}, SSHKeyIDs: []string{"key-1"}}),
		client.Delete(t.Context(), machine),
		client.Verify(t.Context(), vpsie.APIToken(token)),
		client.Verify(t.Context(), vpsie.APIClient("client-1", clientSecret)),
	)
}

func TestSecretsAreToldNowhere(t *testing.T) {
	goodLogin := answer(200, `{"accessToken":{"token":"session-1"},"refreshToken":{"token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIi-x_y.abc-def"}}`)
	schemes := map[string]struct {
		credentials vpsie.Credentials
		login       http.HandlerFunc // nil: it tells tales too
		via         vpsie.UserDataVia
		handlers    map[string]http.HandlerFunc
	}{
		"token":         {credentials: vpsie.APIToken(token)},
		"client":        {credentials: vpsie.APIClient("client-1", clientSecret), login: goodLogin},
		"refused login": {credentials: vpsie.APIClient("client-1", clientSecret)},
		"script":        {credentials: vpsie.APIToken(token), via: vpsie.ViaScript, handlers: map[string]http.HandlerFunc{listScripts: answer(200, nothing)}},
		"stored script": {credentials: vpsie.APIToken(token), via: vpsie.ViaScript, handlers: map[string]http.HandlerFunc{
			listScripts: answer(200, `{"error":false,"data":[{"identifier":"s-1","script_name":"c1-node.sh","script":"`+strings.ReplaceAll(ours("c1-node"), "\n", `\n`)+`"}]}`),
			addScript:   answer(200, `{"error":false}`),
		}},
	}
	for name, scheme := range schemes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, status := range []int{200, 400, 401, 403, 404, 409, 429, 500, 503} {
					for _, html := range []bool{false, true} {
						a, spans, seen := newAPI(), tracetest.NewSpanRecorder(), &recorder{}
						a.other = tellTale(status, html)
						for name, handler := range scheme.handlers {
							a.on(name, handler)
						}
						if scheme.login != nil {
							a.on(login, scheme.login)
						}
						a.on(getVM, answer(200, `{"error":false,"data":{"vmData":{"identifier":"vm-1","hostname":"c1-node","initial_password":`+strconv.Quote(vmPassword)+`},"vmTags":[]}}`))
						var logged strings.Builder
						o := options(a)
						o.Credentials, o.UserDataVia, o.Observer = static(scheme.credentials), scheme.via, seen
						o.BreakerFailures, o.RequestsPerMinute = 1000, 10_000
						o.Logger = funcr.New(func(_, args string) { logged.WriteString(args + "\n") }, funcr.Options{Verbosity: 9})
						o.TracerProvider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))

						said := fmt.Sprintln(everyCall(t, newClientWith(t, o))) + logged.String()
						for _, err := range seen.failed {
							said += fmt.Sprintln(err)
						}
						for _, span := range spans.Ended() {
							said += fmt.Sprintln(span.Name(), span.Attributes(), span.Status(), span.Events())
						}
						for _, secret := range append(secretsOf(), vmPassword) {
							if strings.Contains(said, secret) {
								t.Fatalf("status %d, HTML %t: %q is told in:\n%s", status, html, secret, said)
							}
						}
						if status == 400 && !html && len(seen.failed) == 0 {
							t.Fatal("nothing failed, so nothing was proven")
						}
					}
				}
			})
		})
	}
}

func TestASecretThatContainsAnotherIsNotToldInPart(t *testing.T) {
	a := newAPI()
	a.on(getVM, answer(200, `{"error":false,"data":{"vmData":{"hostname":"c1-node","initial_password":"`+token+`-rest"}}}`))
	a.on(deleteVM, tellTale(400, false))
	err := newClient(t, a).Delete(t.Context(), cloud.Machine{ID: "vm-1", Hostname: "c1-node"})
	if err == nil || strings.Contains(err.Error(), "-rest") {
		t.Errorf("error %v", err)
	}
}
