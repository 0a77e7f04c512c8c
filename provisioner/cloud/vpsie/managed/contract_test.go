package managed_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/cloudtest"
)

func TestManagedKubernetesKeepsTheContract(t *testing.T) {
	for name, countAtOnce := range map[string]bool{"counted when listed": false, "counted when ordered": true} {
		t.Run(name, func(t *testing.T) {
			cloudtest.Run(t, func(t *testing.T) cloudtest.Harness {
				w := newWorld(t)
				w.countAtOnce = countAtOnce
				return harness(w)
			})
		})
	}
}

func harness(w *world) cloudtest.Harness {
	refuseOrders := func(status int, message string) {
		w.answer = func(answer http.ResponseWriter, r *http.Request) bool {
			if writeName(r) == "add worker" {
				refuse(answer, status, message)
			}
			return writeName(r) == "add worker"
		}
	}
	return cloudtest.Harness{
		Provider: w.provider, DatacenterID: datacenter, OfferingID: "4", Patience: 3 * time.Minute,
		Fail:    w.fail,
		SellOut: func(string, string) { refuseOrders(http.StatusConflict, "this plan is sold out") },
		Fill:    func() { refuseOrders(http.StatusInternalServerError, workerLimit) },
		LoseAnswer: func() {
			w.pass = func(write string, act func() error) error {
				err := act()
				if write == "add worker" {
					w.pass, err = nil, errPowerCut
				}
				return err
			}
		},
		Conceal:    func() { w.withoutWorkers(nil) },
		AddOutside: func(string) { w.add(4) },
		RemoveOutside: func(machine cloud.Machine) {
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, worker := range w.workers {
				if worker.id == machine.ID {
					worker.goneAt = time.Now()
				}
			}
		},
	}
}

// fail makes every call go wrong.
func (w *world) fail(failure cloudtest.Failure) {
	answers := map[cloudtest.Failure]func(http.ResponseWriter, *http.Request){
		cloudtest.FailureUnauthorized: func(answer http.ResponseWriter, _ *http.Request) {
			refuse(answer, http.StatusUnauthorized, "Please authenticate")
		},
		cloudtest.FailureRateLimited: func(answer http.ResponseWriter, _ *http.Request) {
			answer.Header().Set("Retry-After", strconv.Itoa(int(cloudtest.RetryAfter.Seconds())))
			refuse(answer, http.StatusTooManyRequests, "slow down")
		},
		cloudtest.FailureBroken: func(answer http.ResponseWriter, _ *http.Request) { refuse(answer, http.StatusBadGateway, "broken") },
		cloudtest.FailureSilent: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	}
	answer, fails := answers[failure]
	w.answer = func(recorder http.ResponseWriter, r *http.Request) bool {
		if fails {
			answer(recorder, r)
		}
		return fails
	}
}
