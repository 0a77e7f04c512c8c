package cloudtest

import (
	"context"
	"errors"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// calls are all calls of a provider, about a machine that runs. The order must never be carried out.
func (w *world) calls(machine cloud.Machine) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Datacenters": func(ctx context.Context) error { _, err := w.Provider.Datacenters(ctx); return err },
		"Offerings":   func(ctx context.Context) error { _, err := w.Provider.Offerings(ctx, w.DatacenterID); return err },
		"Create":      func(ctx context.Context) error { return w.Provider.Create(ctx, w.request(prefix+"never")) },
		"Machine":     func(ctx context.Context) error { _, err := w.Provider.Machine(ctx, machine.ID); return err },
		"Machines": func(ctx context.Context) error {
			_, err := w.Provider.Machines(ctx, cloud.Filter{HostnamePrefix: prefix})
			return err
		},
		"Configure": func(ctx context.Context) error {
			return w.Provider.Configure(ctx, machine, cloud.Attributes{Tags: map[string]string{"team": "shop"}, SSHKeyIDs: w.SSHKeyIDs})
		},
		"Delete": func(ctx context.Context) error { return w.Provider.Delete(ctx, machine) },
	}
}

// duringFailure makes every call while the cloud has a failure, and checks that none of them took effect.
func (w *world) duringFailure(failure Failure, check func(name string, err error)) {
	w.Helper()
	machine := w.running("bystander")
	w.Fail(failure)
	for name, call := range w.calls(machine) {
		check(name, call(w.Context()))
	}
	w.unharmed(machine)
}

// unharmed lets the cloud recover and looks for effects of calls that had none to have.
func (w *world) unharmed(machine cloud.Machine) {
	w.Helper()
	w.Fail(FailureNone)
	wait(5 * time.Minute) // until limits and breakers of the provider have closed again
	w.neverComes(prefix + "never")
	if got := w.find(machine.Hostname); got == nil || got.State != cloud.StateRunning {
		w.Errorf("the machine became %+v", got)
	}
}

func refusedCredentials(w *world) {
	w.duringFailure(FailureUnauthorized, func(name string, err error) {
		if !errors.Is(err, cloud.ErrUnauthorized) || !cloud.Rejected(err) || cloud.Advise(err).Action != cloud.ActionWait {
			w.Errorf("%s: error %v, want %v", name, err, cloud.ErrUnauthorized)
		}
	})
}

func rateLimit(w *world) {
	w.duringFailure(FailureRateLimited, func(name string, err error) {
		advice := cloud.Advise(err)
		if !errors.Is(err, cloud.ErrRateLimited) || !cloud.Rejected(err) || advice.Action != cloud.ActionWait || advice.After <= 0 || advice.After > RetryAfter {
			w.Errorf("%s: error %v with advice %+v, want %v and to come back within %v", name, err, advice, cloud.ErrRateLimited, RetryAfter)
		}
	})
}

// A provider that stops calling a cloud which keeps failing says ErrUnavailable.
func brokenCloud(w *world) {
	w.duringFailure(FailureBroken, func(name string, err error) {
		if !errors.Is(err, cloud.ErrTransient) && !errors.Is(err, cloud.ErrUnavailable) || cloud.Advise(err).Action == cloud.ActionGiveUp {
			w.Errorf("%s: error %v, want %v", name, err, cloud.ErrTransient)
		}
	})
}

func cancelledCalls(w *world) {
	machine := w.running("bystander")
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	for name, call := range w.calls(machine) {
		began := time.Now()
		if err := call(ctx); err == nil && name != "Offerings" { // which may be remembered
			w.Errorf("%s: no error with a context that has ended", name)
		}
		if took := time.Since(began); took > time.Second {
			w.Errorf("%s took %v although its context had ended", name, took)
		}
	}
	w.unharmed(machine)
}

func silentCloud(w *world) {
	const deadline = 10 * time.Second
	machine := w.running("bystander")
	w.Fail(FailureSilent)
	for name, call := range w.calls(machine) {
		ctx, cancel := context.WithTimeout(w.Context(), deadline)
		began := time.Now()
		err := call(ctx)
		cancel()
		if err == nil || cloud.Advise(err).Action == cloud.ActionGiveUp {
			w.Errorf("%s: error %v from a cloud that does not answer", name, err)
		}
		if took := time.Since(began); took > deadline+time.Second {
			w.Errorf("%s took %v, its deadline was %v", name, took, deadline)
		}
	}
	w.unharmed(machine)
}

func soldOut(w *world) {
	w.SellOut(w.DatacenterID, w.OfferingID)
	err := w.Provider.Create(w.Context(), w.request(prefix+"late"))
	var told *cloud.SoldOutError
	if !errors.As(err, &told) || told.DatacenterID != w.DatacenterID || told.OfferingID != w.OfferingID {
		w.Errorf("error %v, want one that names %s and %s", err, w.DatacenterID, w.OfferingID)
	}
	if !cloud.Rejected(err) || cloud.Advise(err).Action != cloud.ActionGiveUp {
		w.Errorf("error %v: rejected %t, advice %+v", err, cloud.Rejected(err), cloud.Advise(err))
	}
	w.neverComes(prefix + "late")
}

func quota(w *world) {
	w.Fill()
	err := w.Provider.Create(w.Context(), w.request(prefix+"surplus"))
	if !errors.Is(err, cloud.ErrQuota) || errors.Is(err, cloud.ErrSoldOut) || !cloud.Rejected(err) || cloud.Advise(err).Action != cloud.ActionWait {
		w.Errorf("error %v, want %v", err, cloud.ErrQuota)
	}
	w.neverComes(prefix + "surplus")
}

func lostAnswer(w *world) {
	w.LoseAnswer()
	err := w.Provider.Create(w.Context(), w.request(prefix+"lost"))
	if err == nil || cloud.Rejected(err) || cloud.Advise(err).Action != cloud.ActionRetry {
		w.Errorf("error %v: rejected %t, advice %+v, want one that proves nothing", err, cloud.Rejected(err), cloud.Advise(err))
	}
	w.awaitRunning(prefix + "lost")
}
