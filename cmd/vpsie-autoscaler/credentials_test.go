package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/vpsie/vpsie-autoscaler/internal/telemetry"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

const origin = "https://api.vpsie.com"

// account is VPSie, as far as it judges credentials.
type account struct {
	good  map[vpsie.Credentials]bool
	down  bool
	asked int
}

func (a *account) verify(_ context.Context, credentials vpsie.Credentials) error {
	a.asked++
	switch {
	case a.down:
		return fmt.Errorf("verify: %w", cloud.ErrTransient)
	case !a.good[credentials]:
		return fmt.Errorf("verify: %w", cloud.ErrUnauthorized)
	}
	return nil
}

func newTestRotation(a *account) *rotation {
	return &rotation{
		secret: types.NamespacedName{Namespace: "vpsie-system", Name: "vpsie-credentials"}, origin: origin,
		held: &vpsie.Rotating{Name: "Secret"}, verify: a.verify, meters: telemetry.NewMetrics(prometheus.NewRegistry()), log: logr.Discard(),
	}
}

// counts are attempts, successes and failures.
func counts(r *rotation) [3]float64 {
	return [3]float64{
		testutil.ToFloat64(r.meters.CredentialAttempts), testutil.ToFloat64(r.meters.CredentialSuccesses), testutil.ToFloat64(r.meters.CredentialFailures),
	}
}

func tokenData(token string) map[string][]byte { return map[string][]byte{"token": []byte(token)} }

func wantHeld(t *testing.T, r *rotation, want vpsie.Credentials) {
	t.Helper()
	if got, _ := r.held.Credentials(t.Context()); got != want {
		t.Error("other credentials are in use")
	}
}

func TestNewCredentialsReplaceTheOldOnesOnlyWhenTheyAreGood(t *testing.T) {
	tests := map[string]struct {
		data   map[string][]byte
		taken  bool
		counts [3]float64
	}{
		"good token":          {tokenData("new\n"), true, [3]float64{1, 1, 0}},
		"good client":         {map[string][]byte{"clientId": []byte("c"), "clientSecret": []byte("s")}, true, [3]float64{1, 1, 0}},
		"refused token":       {tokenData("wrong"), false, [3]float64{1, 0, 1}},
		"the same":            {tokenData(" old "), false, [3]float64{}},
		"nothing":             {nil, false, [3]float64{1, 0, 1}},
		"half a client":       {map[string][]byte{"clientId": []byte("c")}, false, [3]float64{1, 0, 1}},
		"for another service": {map[string][]byte{"token": []byte("new"), "url": []byte("https://api2.vpsie.com")}, false, [3]float64{1, 0, 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			old := vpsie.APIToken("old")
			a := &account{good: map[vpsie.Credentials]bool{old: true, vpsie.APIToken("new"): true, vpsie.APIClient("c", "s"): true}}
			r := newTestRotation(a)
			r.held.Replace(old)
			r.consider(t.Context(), test.data)
			want := old
			if test.taken {
				want, _ = credentialsOf(test.data, origin)
			}
			wantHeld(t, r, want)
			if got := counts(r); got != test.counts {
				t.Errorf("attempts, successes and failures are %v, want %v", got, test.counts)
			}
		})
	}
}

func TestCredentialsAreTriedAgainWhileVPSieCannotTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fresh := vpsie.APIToken("new")
		a := &account{good: map[vpsie.Credentials]bool{fresh: true}, down: true}
		r := newTestRotation(a)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		versions := make(chan map[string][]byte)
		go r.run(ctx, versions)
		versions <- tokenData("new")
		time.Sleep(35 * time.Second)
		if got := counts(r); a.asked != 4 || got != [3]float64{1, 0, 0} {
			t.Errorf("asked %d times, counts %v", a.asked, got)
		}
		a.down = false
		time.Sleep(10 * time.Second)
		wantHeld(t, r, fresh)
		time.Sleep(time.Hour)
		if got := counts(r); a.asked != 5 || got != [3]float64{1, 1, 0} {
			t.Errorf("asked %d times, counts %v", a.asked, got)
		}

		a.down = true
		versions <- tokenData("newer")
		versions <- tokenData("new") // taken back before VPSie could tell
		a.down = false
		time.Sleep(time.Hour)
		if wantHeld(t, r, fresh); a.asked != 6 {
			t.Errorf("asked %d times about credentials that were taken back", a.asked-5)
		}
	})
}

func TestTheWatchedSecretRotatesTheCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secrets := &informertest.FakeInformers{Scheme: clientgoscheme.Scheme}
		a := &account{good: map[vpsie.Credentials]bool{vpsie.APIToken("one"): true, vpsie.APIToken("two"): true}}
		r := newTestRotation(a)
		r.secrets = secrets
		ctx, stop := context.WithCancel(t.Context())
		stopped := make(chan error, 1)
		go func() { stopped <- r.Start(ctx) }()
		synctest.Wait()
		informer, err := secrets.FakeInformerFor(ctx, &corev1.Secret{})
		if err != nil {
			t.Fatal(err)
		}
		version := func(token string) *corev1.Secret { return &corev1.Secret{Data: tokenData(token)} }
		informer.Add(version("one"))
		synctest.Wait()
		wantHeld(t, r, vpsie.APIToken("one"))
		informer.Update(version("one"), version("two"))
		synctest.Wait()
		wantHeld(t, r, vpsie.APIToken("two"))
		informer.Update(version("two"), version("wrong"))
		synctest.Wait()
		informer.Delete(version("wrong"))
		synctest.Wait()
		wantHeld(t, r, vpsie.APIToken("two"))
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

func TestTheFirstCredentialsAreReadAtTheStart(t *testing.T) {
	name := types.NamespacedName{Namespace: "vpsie-system", Name: "vpsie-credentials"}
	secret := func(data map[string][]byte) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}, Data: data}
	}
	tests := map[string]struct {
		secret *corev1.Secret
		want   vpsie.Credentials
	}{
		"there":   {secret(tokenData("one")), vpsie.APIToken("one")},
		"wrong":   {secret(map[string][]byte{"tokken": []byte("one")}), vpsie.Credentials{}},
		"missing": {nil, vpsie.Credentials{}},
	}
	for caseName, test := range tests {
		builder := fake.NewClientBuilder()
		if test.secret != nil {
			builder = builder.WithObjects(test.secret)
		}
		a := &account{}
		r := newTestRotation(a)
		r.readOnce(t.Context(), builder.Build())
		if got, err := r.held.Credentials(t.Context()); got != test.want || (err == nil) != test.want.Complete() || a.asked != 0 {
			t.Errorf("%s: error %v, VPSie was asked %d times", caseName, err, a.asked)
		}
	}
}

func TestOriginsOfTheSecret(t *testing.T) {
	for place, want := range map[string]bool{
		"": true, origin: true, "https://API.vpsie.com/apps/v2": true, origin + "/": true,
		"http://api.vpsie.com": false, "https://api.vpsie.com:8443": false, "https://api.vpsie.com.example.org": false, "api.vpsie.com": false, "%": false,
	} {
		data := tokenData("one")
		data["url"] = []byte(place)
		if _, err := credentialsOf(data, origin); (err == nil) != want {
			t.Errorf("url %q: %v, accepted should be %t", place, err, want)
		}
	}
}

func TestRotationLogsNoSecret(t *testing.T) {
	const secret = "hunter2hunter2"
	var logged strings.Builder
	for _, a := range []*account{{}, {down: true}, {good: map[vpsie.Credentials]bool{vpsie.APIToken(secret): true, vpsie.APIClient(secret, secret): true}}} {
		r := newTestRotation(a)
		r.log = funcr.New(func(_, args string) { logged.WriteString(args + "\n") }, funcr.Options{Verbosity: 9})
		for _, data := range []map[string][]byte{
			tokenData(secret),
			{"clientId": []byte(secret), "clientSecret": []byte(secret)},
			{"token": []byte(secret), "url": []byte("https://u:" + secret + "@elsewhere")},
			{"clientSecret": []byte(secret)},
		} {
			r.consider(t.Context(), data)
		}
	}
	if strings.Contains(logged.String(), secret) || logged.Len() == 0 {
		t.Errorf("logged:\n%s", logged.String())
	}
}

func TestCallsTellWhetherTheCredentialsAreValid(t *testing.T) {
	meters := telemetry.NewMetrics(prometheus.NewRegistry())
	calls := cloudCalls{meters}
	if n := testutil.CollectAndCount(meters.CredentialValid); n != 0 {
		t.Errorf("%d series before the first call: a replica that never calls would look refused", n)
	}
	steps := []struct {
		do   func()
		want float64
	}{
		{func() { calls.Call("ListMachines", "200", time.Second) }, 1},
		{func() { calls.Failed(vpsie.CallVerify, cloud.ErrUnauthorized) }, 1},
		{func() { calls.Failed("ListMachines", cloud.ErrTransient) }, 1},
		{func() { calls.Failed("ListMachines", fmt.Errorf("x: %w", cloud.ErrUnauthorized)) }, 0},
		{func() { calls.Call("ListMachines", "401", time.Second) }, 0},
		{func() { calls.Call(vpsie.CallLogin, "200", time.Second) }, 0},
		{func() { calls.Call(vpsie.CallVerify, "200", time.Second) }, 0},
		{func() { calls.Call("ListMachines", "200", time.Second) }, 1},
	}
	for i, step := range steps {
		step.do()
		if got := testutil.ToFloat64(meters.CredentialValid); got != step.want {
			t.Errorf("after step %d: %v, want %v", i, got, step.want)
		}
	}
}

func TestBreakerMetricsFollowItsState(t *testing.T) {
	meters := telemetry.NewMetrics(prometheus.NewRegistry())
	calls := cloudCalls{meters}
	meters.BreakerState.WithLabelValues("closed").Set(1)
	for _, change := range [][2]string{{"closed", "open"}, {"open", "half-open"}, {"half-open", "open"}} {
		calls.BreakerChanged(change[0], change[1])
	}
	for state, want := range map[string]float64{"closed": 0, "open": 1, "half-open": 0} {
		if got := testutil.ToFloat64(meters.BreakerState.WithLabelValues(state)); got != want {
			t.Errorf("%s is %v, want %v", state, got, want)
		}
	}
	opened, changed := testutil.ToFloat64(meters.BreakerOpened), testutil.ToFloat64(meters.BreakerChanges.WithLabelValues("open", "half-open"))
	if opened != 2 || changed != 1 {
		t.Errorf("opened %v times, half-open %v times", opened, changed)
	}
}

func TestErrorTypesOfMetrics(t *testing.T) {
	for want, err := range map[string]error{
		"circuit_open": fmt.Errorf("x: %w", &cloud.UnavailableError{}), "sold_out": &cloud.SoldOutError{}, "rate_limited": &cloud.RateLimitError{},
		"unauthorized": cloud.ErrUnauthorized, "server_error": cloud.ErrTransient, "unknown": errors.New("x"),
	} {
		if got := errorType(err); got != want {
			t.Errorf("%v is %s, want %s", err, got, want)
		}
	}
}
