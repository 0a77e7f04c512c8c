package vpsie_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

// create orders a machine: one request, which is never repeated.
func create(t *testing.T, client *vpsie.Client) error {
	t.Helper()
	return client.Create(t.Context(), createRequest())
}

func TestTheBreakerOpensProbesAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, seen := newAPI(), &recorder{}
		a.on(createVM, answer(503, "<html>"))
		o := options(a)
		o.Observer = seen
		client := newClientWith(t, o)
		wantSent := func(when string, want int) {
			t.Helper()
			if n := len(a.asked(createVM)); n != want {
				t.Errorf("%s: %d requests were sent, want %d", when, n, want)
			}
		}
		for range 5 {
			if err := create(t, client); !errors.Is(err, cloud.ErrTransient) {
				t.Fatalf("error %v", err)
			}
		}
		time.Sleep(12 * time.Second)
		var unavailable *cloud.UnavailableError
		if err := create(t, client); !errors.As(err, &unavailable) || unavailable.RetryAfter != 18*time.Second || !cloud.Rejected(err) {
			t.Errorf("while it is open: error %v, want ErrUnavailable for 18s more", err)
		}
		wantSent("while it is open", 5)

		time.Sleep(unavailable.RetryAfter)
		if err := create(t, client); !errors.Is(err, cloud.ErrTransient) {
			t.Errorf("the probe: error %v", err)
		}
		if err := create(t, client); !errors.Is(err, cloud.ErrUnavailable) {
			t.Errorf("after a probe that failed: error %v", err)
		}
		wantSent("after a probe that failed", 6)

		time.Sleep(30 * time.Second)
		a.on(createVM, answer(200, `{}`))
		for range 3 {
			if err := create(t, client); err != nil {
				t.Errorf("after VPSie works again: %v", err)
			}
		}
		want := []string{"closed open", "open half-open", "half-open open", "open half-open", "half-open closed"}
		if diff := cmp.Diff(want, seen.breaker); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
	})
}

func TestOnlyOneRequestAtATimeProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		a.on(createVM, answer(500, `{"error":true}`))
		client := newClient(t, a)
		for range 5 {
			_ = create(t, client)
		}
		time.Sleep(30 * time.Second)
		a.on(createVM, slow(10*time.Second))
		probe := make(chan error, 1)
		go func() { probe <- create(t, client) }()
		synctest.Wait()
		var unavailable *cloud.UnavailableError
		if err := create(t, client); !errors.As(err, &unavailable) || unavailable.RetryAfter != time.Second {
			t.Errorf("beside the probe: error %v, want ErrUnavailable for a second", err)
		}
		if err := <-probe; err != nil {
			t.Errorf("the probe: %v", err)
		}
		if n := len(a.asked(createVM)); n != 6 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

func TestWhatTheBreakerCounts(t *testing.T) {
	tests := map[string]struct {
		handler http.HandlerFunc
		opens   bool
	}{
		"500":                         {answer(500, `{"error":true,"code":500,"message":"oops"}`), true},
		"gateway":                     {answer(502, `<html>`), true},
		"HTML under 200":              {answer(200, `<html>`), true},
		"HTML under 404":              {answer(404, `<html>`), true},
		"hanging":                     {slow(time.Hour), true},
		"worker limit under 500":      {answer(500, `{"error":true,"code":500,"message":"Worker nodes count exceeds the allowed limit 5"}`), false},
		"error under 200":             {answer(200, `{"error":true,"message":"lost in the clouds"}`), false},
		"error with code under 200":   {answer(200, `{"error":true,"code":500,"message":"lost in the clouds"}`), false},
		"bad request":                 {answer(400, `{"error":true,"message":"hostname is wrong"}`), false},
		"conflict":                    {answer(409, `{"error":true}`), false},
		"refused credentials":         {answer(401, `{"error":true,"message":"Please authenticate"}`), false},
		"rate limit":                  {answer(429, `{"error":true}`), false},
		"four failures and a success": {answers(answer(500, `{}`), answer(500, `{}`), answer(500, `{}`), answer(500, `{}`), answer(200, `{}`), answer(500, `{}`)), false},
		"four failures and a refusal": {answers(answer(500, `{}`), answer(500, `{}`), answer(500, `{}`), answer(500, `{}`), answer(404, `{}`), answer(500, `{}`)), false},
		"sold out under 500":          {answer(500, `{"error":true,"message":"out of stock"}`), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, seen := newAPI(), &recorder{}
				a.on(createVM, test.handler)
				o := options(a)
				o.Observer = seen
				client := newClientWith(t, o)
				for range 8 {
					_ = create(t, client)
				}
				if opened := len(seen.breaker) > 0; opened != test.opens {
					t.Errorf("opened %t, want %t", opened, test.opens)
				}
			})
		})
	}
}

func TestCallersThatLeaveDoNotOpenTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, seen := newAPI(), &recorder{}
		a.on(createVM, slow(10*time.Second))
		o := options(a)
		o.Observer = seen
		client := newClientWith(t, o)
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if err := client.Create(ctx, createRequest()); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		}
		if len(seen.breaker) > 0 {
			t.Errorf("changes: %v", seen.breaker)
		}
	})
}

func TestRetryAfterHoldsAllCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		a.on(createVM, limited("60"))
		a.on(listDatacenters, answer(200, oneDatacenter))
		client := newClient(t, a)
		var told *cloud.RateLimitError
		if err := create(t, client); !errors.As(err, &told) || told.RetryAfter != time.Minute {
			t.Fatalf("error %v", err)
		}
		time.Sleep(20 * time.Second)
		if _, err := client.Datacenters(t.Context()); !errors.As(err, &told) || told.RetryAfter != 40*time.Second {
			t.Errorf("another call: error %v, want ErrRateLimited for 40s more", err)
		}
		if n := len(a.asked(listDatacenters)); n != 0 {
			t.Errorf("it was sent %d times", n)
		}

		time.Sleep(36 * time.Second) // what is left is short enough to wait out
		ctx, cancel := contextWithTimeout(t, time.Second)
		defer cancel()
		start := time.Now()
		if err := client.Create(ctx, createRequest()); !errors.Is(err, cloud.ErrRateLimited) || time.Since(start) != 0 {
			t.Errorf("a call without the time to wait: error %v after %v", err, time.Since(start))
		}
		if _, err := client.Datacenters(t.Context()); err != nil || time.Since(start) != 4*time.Second {
			t.Errorf("error %v after %v, want a success after 4s", err, time.Since(start))
		}
	})
}

func TestAHugeRetryAfterIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		a.on(createVM, limited("99999999"))
		client := newClient(t, a)
		var told *cloud.RateLimitError
		if err := create(t, client); !errors.As(err, &told) || told.RetryAfter != time.Hour {
			t.Errorf("error %v, want an hour", err)
		}
		time.Sleep(time.Hour)
		_ = create(t, client)
		if n := len(a.asked(createVM)); n != 2 {
			t.Errorf("sent %d times", n)
		}
	})
}

func TestAHoldEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		a.on(createVM, limited("4"))
		client := newClient(t, a)
		_ = create(t, client)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		err := client.Create(ctx, createRequest())
		if !errors.Is(err, context.Canceled) || !cloud.Rejected(err) || time.Since(start) != time.Second {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
	})
}

func TestACallThatWaitsForOurLimitMindsAHoldThatBeginsMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		a.on(getVM, details(`[]`))
		o := options(a)
		o.RequestsPerMinute, o.Burst = 60, 1
		client := newClientWith(t, o)
		waiting := make(chan error, 1)
		a.on(createVM, func(w http.ResponseWriter, r *http.Request) {
			go func() {
				_, err := client.Machine(t.Context(), "vm-1")
				waiting <- err
			}()
			synctest.Wait() // until it waits for its turn
			limited("60")(w, r)
		})
		_ = create(t, client)
		if err := <-waiting; !errors.Is(err, cloud.ErrRateLimited) || len(a.asked(getVM)) > 0 {
			t.Errorf("error %v, %d sent in spite of the hold", err, len(a.asked(getVM)))
		}
	})
}

func TestAnOpenBreakerAnswersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		a.on(createVM, answer(500, `{"error":true}`))
		o := options(a)
		o.RequestsPerMinute, o.Burst = 6, 5
		client := newClientWith(t, o)
		for range 5 {
			_ = create(t, client)
		}
		start := time.Now()
		if err := create(t, client); !errors.Is(err, cloud.ErrUnavailable) || time.Since(start) != 0 {
			t.Errorf("error %v after %v, without a turn to wait for", err, time.Since(start))
		}
	})
}
