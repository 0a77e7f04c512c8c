package vpsie_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

func TestErrorsOfTheAPI(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   error
	}{
		"worker limit under 500": {500, `{"error":true,"code":500,"message":"Worker nodes count exceeds the allowed limit 5","type":false}`, cloud.ErrQuota},
		"quota under 200":        {200, `{"error":true,"message":"Quota Exceeded"}`, cloud.ErrQuota},
		"quota before 401":       {401, `{"error":true,"message":"Limit reached"}`, cloud.ErrQuota},
		"no money":               {402, `{"error":true,"message":"pay"}`, cloud.ErrQuota},
		"sold out":               {400, `{"error":true,"message":"Plan is out of stock"}`, cloud.ErrSoldOut},
		"not available there":    {200, `{"error":true,"message":"Resource not available in this datacenter"}`, cloud.ErrSoldOut},
		"bad token":              {401, `{"error":true,"message":"Please authenticate"}`, cloud.ErrUnauthorized},
		"bad token under 200":    {200, `{"error":true,"message":"Please authenticate"}`, cloud.ErrUnauthorized},
		"401 of a gateway":       {401, `<html>`, cloud.ErrUnauthorized},
		"forbidden":              {403, `{"error":true,"message":"no"}`, cloud.ErrUnauthorized},
		"not found":              {404, `{}`, cloud.ErrNotFound},
		"not found under 200":    {200, `{"error":true,"message":"Script Not Found"}`, cloud.ErrNotFound},
		"rate limit":             {429, `{"error":true,"message":"slow down"}`, cloud.ErrRateLimited},
		"rate limit by code":     {200, `{"error":true,"code":429,"message":"slow down"}`, cloud.ErrRateLimited},
		"rate limit in HTML":     {429, `<html>`, cloud.ErrRateLimited},
		"bad request":            {400, `{"error":true,"message":"hostname is wrong"}`, cloud.ErrInvalid},
		"bad entity by code":     {200, `{"error":true,"code":"422","message":"hostname is wrong"}`, cloud.ErrInvalid},
		"unknown words":          {200, `{"error":true,"message":"lost in the clouds"}`, cloud.ErrTransient},
		"message of odd type":    {200, `{"error":true,"message":{"a":1},"code":"ENOENT"}`, cloud.ErrTransient},
		"conflict":               {409, `{"error":true,"message":"busy"}`, cloud.ErrTransient},
		"server error":           {500, `{"error":true,"code":500,"message":"oops","stack":"at x"}`, cloud.ErrTransient},
		"gateway error":          {502, `<html>not found</html>`, cloud.ErrTransient},
		"404 of a gateway":       {404, `<html>`, cloud.ErrTransient},
		"HTML under 200":         {200, `<html>`, cloud.ErrTransient},
		"half an answer":         {200, `{"error":fal`, cloud.ErrTransient},
		"too long an answer":     {200, `{"message":"` + strings.Repeat("x", 10<<20) + `"}`, cloud.ErrTransient},
		"redirect":               {302, ``, cloud.ErrTransient},
	}
	all := []error{cloud.ErrQuota, cloud.ErrSoldOut, cloud.ErrUnauthorized, cloud.ErrNotFound, cloud.ErrRateLimited, cloud.ErrInvalid, cloud.ErrTransient}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := newAPI()
			a.on(createVM, answer(test.status, test.body))
			err := newClient(t, a).Create(t.Context(), createRequest())
			for _, kind := range all {
				if errors.Is(err, kind) != errors.Is(test.want, kind) {
					t.Errorf("error %q: is %q = %t", err, kind, errors.Is(err, kind))
				}
			}
			if err != nil && len(err.Error()) > 400 {
				t.Errorf("error has %d characters", len(err.Error()))
			}
		})
	}
}

func TestErrorMemberThatMeansNo(t *testing.T) {
	for _, body := range []string{`{"error":false}`, `{"error":0}`, `{"error":null}`, `{"error":"false"}`, `{"data":true}`, `{}`, ``} {
		a := newAPI()
		a.on(createVM, answer(200, body))
		if err := newClient(t, a).Create(t.Context(), createRequest()); err != nil {
			t.Errorf("answer %q: %v", body, err)
		}
	}
}

func TestRetryAfterIsPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tests := map[string]time.Duration{
			"90": 90 * time.Second,
			time.Now().Add(time.Minute).UTC().Format(http.TimeFormat): time.Minute,
			"":     0,
			"-5":   0,
			"soon": 0,
			time.Now().Add(-time.Minute).UTC().Format(http.TimeFormat): 0,
		}
		for header, want := range tests {
			a := newAPI()
			a.on(createVM, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", header)
				answer(429, `{}`)(w, r)
			})
			err := newClient(t, a).Create(t.Context(), createRequest())
			var limited *cloud.RateLimitError
			if !errors.As(err, &limited) || limited.RetryAfter != want {
				t.Errorf("Retry-After %q: %v, want %v", header, err, want)
			}
		}
	})
}

func TestAnOddPasswordIsNotTold(t *testing.T) {
	for _, value := range []string{`123456789012`, `["123456789012"]`} {
		a := newAPI()
		a.on(getVM, answer(200, `{"error":false,"data":{"vmData":{"hostname":"c1-node","initial_password":`+value+`}}}`))
		a.on(deleteVM, answer(400, `{"error":true,"message":"no"}`))
		err := newClient(t, a).Delete(t.Context(), cloud.Machine{ID: "vm-1", Hostname: "c1-node"})
		if err == nil || strings.Contains(err.Error(), "123456789012") {
			t.Errorf("error %v", err)
		}
	}
}

func TestNoCredentialsAreRefusedBeforeAnythingIsSent(t *testing.T) {
	for name, source := range map[string]vpsie.CredentialSource{
		"error": func(context.Context) (vpsie.Credentials, error) {
			return vpsie.Credentials{}, errors.New("no such file")
		},
		"empty":                   static(vpsie.APIToken(" \n")),
		"client without a secret": static(vpsie.APIClient("client-1", "")),
		"rotation without any":    (&vpsie.Rotating{Name: "Secret a/b"}).Credentials,
	} {
		a := newAPI()
		o := options(a)
		o.Credentials = source
		if err := newClientWith(t, o).Create(t.Context(), createRequest()); !errors.Is(err, cloud.ErrUnauthorized) {
			t.Errorf("%s: error %v, want ErrUnauthorized", name, err)
		}
		if len(a.requests) != 0 {
			t.Errorf("%s: sent %v", name, a.requests)
		}
	}
}
