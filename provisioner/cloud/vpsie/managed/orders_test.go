package managed_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie/managed"
)

// awaits checks that an error is a refusal that says when to come back.
func awaits(t *testing.T, err error) {
	t.Helper()
	if advice := cloud.Advise(err); !cloud.Rejected(err) || advice.Action != cloud.ActionWait || advice.After != poll {
		t.Errorf("error %v with advice %+v, want to be told to come back in %v", err, advice, poll)
	}
}

func TestWorkerIsClaimedByWhatHasShownUpSince(t *testing.T) {
	for name, countAtOnce := range map[string]bool{"counted when listed": false, "counted when ordered": true} {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				w.countAtOnce = countAtOnce
				w.add(4)
				w.add(5)
				time.Sleep(2 * w.addTime)
				w.create(hostname)
				if got := w.machines()[hostname]; got.State != cloud.StatePending || got.ID != "" || got.OfferingID != "4" {
					t.Errorf("machine %+v, want it pending", got)
				}
				w.runFor(2 * w.addTime)
				got := w.machines()[hostname]
				if got.State != cloud.StateRunning || got.ID != "worker-3" || got.NodeName != "hel-kubernetes-49ab-slave-0003" || len(got.Addresses) != 1 || len(w.machines()) != 1 {
					t.Errorf("machines %+v, want the third worker alone", w.machines())
				}
				if w.count("add group") != 0 {
					t.Error("a second group was made for the size")
				}
			})
		})
	}
}

func TestWorkerAddedByHandMeanwhileLeavesBothUnclaimed(t *testing.T) {
	tests := map[string]struct {
		size  int64
		delay time.Duration // from the order to the addition by hand
	}{
		"to another group":         {5, 0},
		"to another group, later":  {5, 15 * time.Second},
		"to the same group":        {4, 0},
		"to another group, before": {5, -15 * time.Second},
		"outside of every group":   {0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				if test.delay < 0 {
					w.add(test.size)
					time.Sleep(-test.delay)
				}
				w.create(hostname)
				if test.delay >= 0 {
					time.Sleep(test.delay)
					w.add(test.size)
				}
				time.Sleep(2 * w.addTime)
				w.runFor(addTimeout / 2)
				if got := w.machines()[hostname]; got.State != cloud.StatePending || got.ID != "" {
					t.Errorf("machine %+v, want it pending and unclaimed", got)
				}
				w.runFor(addTimeout)
				if got := w.machines(); len(got) != 0 || len(w.alive()) != 2 {
					t.Errorf("machines %v, workers %v: want none claimed and none deleted", got, w.alive())
				}
				if got := w.running(prefix + "web-2"); got.ID != "worker-3" {
					t.Errorf("the next order got %+v", got)
				}
			})
		})
	}
}

// One that is seen first, alone, does not make our group grow, or makes another one grow, or is older than the order.
func TestWorkerOfOthersIsNotClaimedWhileOursIsBuilt(t *testing.T) {
	tests := map[string]struct {
		size        int64
		countAtOnce bool
		before      time.Duration // by which it was added before the order; negative is after
		claimed     bool          // ours is told from it in the end
	}{
		"counted when listed":                           {5, false, 30 * time.Second, false},
		"counted when listed, added long before":        {5, false, 2 * time.Minute, false},
		"counted when ordered, added afterwards":        {5, true, -time.Second, false},
		"counted when ordered, added to the same group": {4, true, -time.Second, false},
		"counted when ordered, added long before":       {5, true, 2 * time.Minute, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				w.countAtOnce, w.addTime = test.countAtOnce, 3*time.Minute
				w.add(4)
				time.Sleep(w.addTime)
				if test.before > 0 {
					w.add(test.size)
					time.Sleep(test.before)
					w.create(hostname)
				} else {
					w.create(hostname)
					time.Sleep(-test.before)
					w.addTime = time.Minute // it overtakes ours
					w.add(test.size)
				}
				w.runFor(150 * time.Second)
				if got := w.machines()[hostname]; got.State != cloud.StatePending {
					t.Errorf("machine %+v, want it pending: the worker was added by hand", got)
				}
				w.runFor(5 * time.Minute)
				if got := w.machines()[hostname]; (got.State == cloud.StateRunning) != test.claimed {
					t.Errorf("machine %+v, want it claimed: %t", got, test.claimed)
				} else if test.claimed && got.ID != "worker-3" {
					t.Errorf("machine %+v, want the third worker", got)
				}
			})
		})
	}
}

func TestWorkerOfOursThatWasLeftOutWhenAnotherWasOrderedIsNotMistakenForIt(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.clock = -5 * time.Hour // so that its age does not tell it apart
		first := w.running(prefix + "web-0")
		w.withoutWorkers([]any{map[string]any{"identifier": "master-1", "hostname": "HEL-Kubernetes-49AB-master-main"}})
		w.create(hostname)
		w.answer = nil
		w.runFor(2 * w.addTime)
		if got := w.machines(); got[prefix+"web-0"].ID != first.ID || got[hostname].ID != "worker-2" {
			t.Errorf("machines %+v, want two different workers", got)
		}
	})
}

func TestClockInAnotherZoneHidesNoWorker(t *testing.T) {
	for _, ahead := range []time.Duration{-5 * time.Hour, -30 * time.Second, 0, 2 * time.Hour} {
		scenario(t, func(t *testing.T, w *world) {
			w.clock = ahead
			w.running(hostname)
		})
	}
}

func TestOneOrderAtATime(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.create(hostname)
		awaits(t, w.provider.Create(t.Context(), request(prefix+"web-2")))
		w.runFor(2 * w.addTime)
		w.create(prefix + "web-2")
		if w.count("add worker") != 2 {
			t.Errorf("%d workers were asked for, want 2", w.count("add worker"))
		}
	})
}

func TestTwoProcessesPlaceOneOrder(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		processes := []*managed.Provider{w.process(), w.process(), w.process()}
		answers := make([]error, len(processes))
		var all sync.WaitGroup
		for i, process := range processes {
			all.Go(func() { answers[i] = process.Create(t.Context(), request([]string{"prod-a", "prod-b", "prod-c"}[i])) })
		}
		all.Wait()
		placed := 0
		for _, err := range answers {
			if err == nil {
				placed++
				continue
			}
			awaits(t, err)
		}
		if placed != 1 || w.count("add worker") != 1 {
			t.Errorf("%d orders were placed and %d workers asked for, want 1 and 1: %v", placed, w.count("add worker"), answers)
		}
	})
}

func TestTwoProcessesThatLookAtOnceClaimOneWorker(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.create(hostname)
		time.Sleep(2 * w.addTime)
		other, looked := w.process(), false
		w.pass = func(_ string, act func() error) error {
			if !looked {
				looked = true
				if _, err := other.Machines(t.Context(), cloud.Filter{HostnamePrefix: prefix}); err != nil {
					t.Error(err)
				}
			}
			return act()
		}
		if got := w.machines()[hostname]; got.ID != "worker-1" || !looked {
			t.Errorf("machine %+v, want the worker", got)
		}
	})
}

func TestRefusedOrderLeavesNoTrace(t *testing.T) {
	tests := map[string]struct {
		status  int
		message string
		want    error
	}{
		"limit of workers": {http.StatusInternalServerError, workerLimit, cloud.ErrQuota},
		"sold out":         {http.StatusConflict, "this plan is sold out", cloud.ErrSoldOut},
		"credentials":      {http.StatusUnauthorized, "Please authenticate", cloud.ErrUnauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				w.answer = func(answer http.ResponseWriter, r *http.Request) bool {
					if writeName(r) != "add worker" {
						return false
					}
					refuse(answer, test.status, test.message)
					return true
				}
				err := w.provider.Create(t.Context(), request(hostname))
				if !errors.Is(err, test.want) || !cloud.Rejected(err) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				var soldOut *cloud.SoldOutError
				if errors.Is(test.want, cloud.ErrSoldOut) && (!errors.As(err, &soldOut) || soldOut.OfferingID != "4" || soldOut.DatacenterID != datacenter) {
					t.Errorf("error %v does not say what is sold out where", err)
				}
				if _, found := w.entry(hostname); found || len(w.machines()) != 0 {
					t.Error("the order is still on record")
				}
				w.answer = nil
				w.running(hostname)
			})
		})
	}
}

func TestOrderThatCannotBeRecordedIsNotPlaced(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.pass = func(write string, act func() error) error {
			if write == "save ledger" {
				return errors.New("the API server is away")
			}
			return act()
		}
		awaits(t, w.provider.Create(t.Context(), request(hostname)))
		if w.count("add worker") != 0 {
			t.Error("a worker was asked for that is on no record")
		}
	})
}

func TestOrderWhoseCallerLeavesBeforeItIsPlacedIsTakenBack(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		ctx, leave := context.WithCancel(t.Context())
		w.pass = func(write string, act func() error) error {
			err := act()
			if write == "save ledger" {
				leave()
			}
			return err
		}
		err := w.provider.Create(ctx, request(hostname))
		if err == nil || !cloud.Rejected(err) || w.count("add worker") != 0 {
			t.Errorf("error %v: rejected %t; %d workers asked for", err, cloud.Rejected(err), w.count("add worker"))
		}
		if entry, found := w.entry(hostname); found {
			t.Errorf("the order is still on record: %+v", entry)
		}
	})
}

// What is refused and cannot be taken off the record may not be repeated: the order stands until its time is up.
func TestRefusalThatCannotBeRecordedProvesNothing(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.refuseOnce("/add/slave/", http.StatusInternalServerError, workerLimit)
		saves := 0
		w.pass = func(write string, act func() error) error {
			if write == "save ledger" {
				if saves++; saves > 1 {
					return errors.New("the API server is away")
				}
			}
			return act()
		}
		err := w.provider.Create(t.Context(), request(hostname))
		if err == nil || cloud.Rejected(err) {
			t.Errorf("error %v: rejected %t", err, cloud.Rejected(err))
		}
		w.pass = nil
		w.runFor(addTimeout + time.Minute)
		if len(w.machines()) != 0 {
			t.Errorf("machines %v after the time of the order is up", w.machines())
		}
		w.running(prefix + "web-2")
		if told := strings.Join(w.told, "\n"); strings.Contains(told, "after the order was given up") {
			t.Errorf("the worker of the next order was taken for a late one:\n%s", told)
		}
	})
}

// The order need not have reached VPSie, so what comes after its time may be somebody else's: people are told, nothing is claimed.
func TestWorkerThatComesLateIsLeftToPeople(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.addTime = addTimeout + 10*time.Minute
		w.create(hostname)
		w.runFor(addTimeout + time.Minute)
		if got := w.machines(); len(got) != 0 {
			t.Errorf("machines %v after the time of the order is up", got)
		}
		w.runFor(10 * time.Minute)
		if len(w.machines()) != 0 || len(w.alive()) != 1 {
			t.Errorf("machines %v, workers %v: want one worker that is not claimed", w.machines(), w.alive())
		}
		if told := strings.Join(w.told, "\n"); !strings.Contains(told, "after the order was given up") || !strings.Contains(told, "worker-1") {
			t.Errorf("nobody was told of the worker:\n%s", told)
		}
		w.addTime = time.Minute
		w.running(prefix + "web-2")
	})
}

func TestWorkersThatCannotBeToldApartAreNamed(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.create(hostname)
		foreign := w.add(5)
		w.runFor(2 * w.addTime)
		foreign.goneAt = time.Now() // what is left need not be ours
		w.runFor(addTimeout - w.addTime)
		if len(w.machines()) != 0 || len(w.alive()) != 1 {
			t.Errorf("machines %v, workers %v: want one worker that is not claimed", w.machines(), w.alive())
		}
		told := strings.Join(w.told, "\n")
		for _, want := range []string{hostname, "none is claimed", "worker-1", "worker-2", "nobody's"} {
			if !strings.Contains(told, want) {
				t.Errorf("the log does not say %q:\n%s", want, told)
			}
		}
	})
}

func TestOrderForAnotherDatacenterIsInvalid(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		order := request(hostname)
		order.DatacenterID = "dc-2"
		if err := w.provider.Create(t.Context(), order); !errors.Is(err, cloud.ErrInvalid) || w.count("add worker") != 0 {
			t.Errorf("error %v, want %v", err, cloud.ErrInvalid)
		}
	})
}

func TestGroupThatWasDeletedIsNotOrderedFrom(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.answer = func(answer http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/node/groups/") {
				return false
			}
			reply(answer, append(w.groupRows(), map[string]any{"id": 7, "boxsize_id": 4, "nodes_count": nil, "is_deleted": 1}))
			return true
		}
		w.running(hostname)
	})
}

// Somebody may make the group between our look and our call, which VPSie then refuses in words of its own.
func TestGroupMadeByOthersIsUsed(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.answer = func(answer http.ResponseWriter, r *http.Request) bool {
			if writeName(r) == "add group" {
				w.mu.Lock()
				w.group(4)
				w.mu.Unlock()
			}
			return false
		}
		w.running(hostname)
		if w.count("add group") != 0 {
			t.Error("a group was made")
		}
	})
}
