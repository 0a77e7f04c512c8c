package vpsie_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// interrupted serves the first page of n machines as it should, and then what it is given.
func interrupted(n int, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("offset") == "" {
			paged(n, 2)(w, r)
			return
		}
		then(w, r)
	}
}

func TestAListThatBreaksOffIsNeverAShortList(t *testing.T) {
	row := `{"identifier":"vm-%d","hostname":"c1-%d","is_active":1}`
	one := func(i int) string { return fmt.Sprintf(row, i, i) }
	tests := map[string]struct {
		then http.HandlerFunc
		want error
	}{
		"server error":             {answer(500, `{"error":true}`), cloud.ErrTransient},
		"gateway error":            {answer(502, `<html>`), cloud.ErrTransient},
		"error under 200":          {answer(200, `{"error":true,"message":"lost in the clouds"}`), cloud.ErrTransient},
		"refused credentials":      {answer(401, `{"error":true,"message":"Please authenticate"}`), cloud.ErrUnauthorized},
		"rate limit":               {limited("60"), cloud.ErrRateLimited},
		"not found":                {answer(404, `{"error":true,"message":"Not found"}`), cloud.ErrNotFound},
		"no data":                  {answer(200, `{"error":false}`), cloud.ErrTransient},
		"no content":               {answer(204, ``), cloud.ErrTransient},
		"data false":               {answer(200, `{"error":false,"data":false,"total":5}`), cloud.ErrTransient},
		"empty page":               {answer(200, `{"error":false,"data":[],"total":5}`), cloud.ErrTransient},
		"page without total":       {answer(200, `{"error":false,"data":[`+one(2)+`]}`), cloud.ErrTransient},
		"a row went meanwhile":     {answer(200, `{"error":false,"data":[`+one(2)+`],"total":4}`), cloud.ErrTransient},
		"a row came meanwhile":     {answer(200, `{"error":false,"data":[`+one(2)+`],"total":6}`), cloud.ErrTransient},
		"a row twice":              {answer(200, `{"error":false,"data":[`+one(2)+`,`+one(1)+`],"total":5}`), cloud.ErrTransient},
		"a row twice in the page":  {answer(200, `{"error":false,"data":[`+one(2)+`,`+one(2)+`],"total":5}`), cloud.ErrTransient},
		"half a page":              {answer(200, `{"error":false,"total":5,"data":[`+one(2)+`,{"iden`), cloud.ErrTransient},
		"bare array":               {answer(200, `[`+one(2)+`]`), cloud.ErrTransient},
		"row of another type":      {answer(200, `{"error":false,"data":[7,8,9],"total":5}`), cloud.ErrTransient},
		"answer of another type":   {answer(200, `{"error":false,"data":"later","total":5}`), cloud.ErrTransient},
		"one page, then no answer": {answers(answer(200, `{"error":false,"data":[`+one(2)+`],"total":5}`), slow(time.Hour)), cloud.ErrTransient},
	}
	for name, test := range tests {
		for _, place := range []string{listVMs, pendingVMs} {
			t.Run(name+" of "+place, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := newAPI()
					a.on(listVMs, answer(200, nothing))
					a.on(pendingVMs, answer(200, nothing))
					a.on(place, interrupted(5, test.then))
					o := options(a)
					o.BreakerFailures = 1000
					got, err := newClientWith(t, o).Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"})
					if !errors.Is(err, test.want) || got != nil {
						t.Errorf("got %d machines, %v; want %v", len(got), err, test.want)
					}
				})
			})
		}
	}
}

func TestEitherListThatFailsFailsBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := `{"error":false,"data":[{"identifier":"vm-1","hostname":"c1-a","is_active":1}]}`
		for _, place := range []string{listVMs, pendingVMs} {
			a := newAPI()
			a.on(listVMs, answer(200, full))
			a.on(pendingVMs, answer(200, nothing))
			a.on(place, answer(503, `<html>`))
			if got, err := newClient(t, a).Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"}); !errors.Is(err, cloud.ErrTransient) || got != nil {
				t.Errorf("%s fails: got %v, %v", place, got, err)
			}
		}
	})
}

func TestChangesAreNeverRepeatedBlindly(t *testing.T) {
	failures := map[string]http.HandlerFunc{
		"hangs": slow(time.Hour), "HTML under 200": answer(200, `<html>`), "error under 200": answer(200, `{"error":true,"message":"lost in the clouds"}`),
		"conflict": answer(409, `{"error":true}`), "redirect": answer(302, ``),
	}
	for _, status := range []int{500, 501, 502, 503, 504, 520} {
		failures[fmt.Sprint(status, " JSON")] = answer(status, `{"error":true,"message":"oops"}`)
		failures[fmt.Sprint(status, " HTML")] = answer(status, `<html>`)
	}
	for name, failure := range failures {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, _, withSession := withLogin()
				b := newAPI()
				for place, o := range map[*api]vpsie.Options{a: withSession, b: options(b)} {
					place.on(createVM, failure)
					place.on(deleteVM, failure)
					place.on(getVM, details(`[]`))
					client := newClientWith(t, o)
					for _, err := range []error{create(t, client), client.Delete(t.Context(), cloud.Machine{ID: "vm-1", Hostname: "c1-node"})} {
						if !errors.Is(err, cloud.ErrTransient) || cloud.Rejected(err) {
							t.Errorf("error %v, want an unproven ErrTransient", err)
						}
					}
					if creates, deletes := len(place.asked(createVM)), len(place.asked(deleteVM)); creates != 1 || deletes != 1 {
						t.Errorf("%d creates and %d deletes were sent", creates, deletes)
					}
				}
			})
		})
	}
}
