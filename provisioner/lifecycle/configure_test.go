package lifecycle_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/fake"
)

// tagged is a scenario whose group and node want tags and keys.
func tagged(t *testing.T, act func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		object := build.VPSieNode(nodeName, "web").Obj()
		object.Spec.Tags = map[string]v1alpha1.TagValue{"owner": "me", "ticket": "7"}
		object.Spec.SSHKeyIDs = []string{"key-1", "key-2"}
		w := newWorld(t, object)
		w.changeGroup(func(group *v1alpha1.NodeGroup) {
			group.Spec.Tags = map[string]v1alpha1.TagValue{"owner": "the team", "cost": "42"}
		})
		act(t, w)
	})
}

// allTags are those of a machine in tagged, with others beside them.
func allTags(more map[string]string) map[string]string {
	tags := map[string]string{
		v1alpha1.TagManaged: "true", v1alpha1.TagNodeGroup: "web", v1alpha1.TagCluster: "cluster-1", v1alpha1.TagVersion: "v1.2.3",
		"owner": "me", "ticket": "7", "cost": "42",
	}
	for key, value := range more {
		tags[key] = value
	}
	return tags
}

func (w *world) wantTags(want map[string]string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.machine().Tags); diff != "" {
		w.t.Errorf("tags of the machine (-want +got):\n%s", diff)
	}
	recorded := map[string]string{}
	for key, value := range w.object().Status.Tags {
		recorded[key] = string(value)
	}
	if diff := cmp.Diff(want, recorded); diff != "" {
		w.t.Errorf("status.tags (-want +got):\n%s", diff)
	}
}

func TestMachineIsOrderedWithItsTagsAndKeys(t *testing.T) {
	tagged(t, func(t *testing.T, w *world) {
		w.tick()
		request := w.creates()[0].Request
		if diff := cmp.Diff(allTags(nil), request.Tags); diff != "" {
			t.Errorf("tags asked for (-want +got):\n%s", diff)
		}
		if !slices.Equal(request.SSHKeyIDs, []string{"key-1", "key-2"}) {
			t.Errorf("keys asked for: %v", request.SSHKeyIDs)
		}
		w.runUntil(v1alpha1.PhaseReady)
		w.wantTags(allTags(nil))
		if w.reason(v1alpha1.ConditionConfigured) != v1alpha1.ReasonConfigured {
			t.Errorf("reason %s", w.reason(v1alpha1.ConditionConfigured))
		}
	})
}

func TestTagsOfTheGroupReachMachinesThatRun(t *testing.T) {
	for name, tagless := range map[string]bool{"the list tells tags": false, "the list tells no tags": true} {
		t.Run(name, func(t *testing.T) {
			tagged(t, func(t *testing.T, w *world) {
				w.tagless = tagless
				w.runUntil(v1alpha1.PhaseReady)
				w.changeGroup(func(group *v1alpha1.NodeGroup) {
					group.Spec.Tags = map[string]v1alpha1.TagValue{"owner": "others", "stage": "test"}
				})
				w.runFor(2 * time.Second)
				want := allTags(map[string]string{"stage": "test"})
				delete(want, "cost")
				w.wantTags(want)
			})
		})
	}
}

func TestTagsThatSomebodyChangedAreRestored(t *testing.T) {
	tagged(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		if err := w.cloud.Configure(t.Context(), w.machine(), cloud.Attributes{Tags: map[string]string{"owner": "nobody"}}); err != nil {
			t.Fatal(err)
		}
		w.runFor(2*time.Minute + 2*time.Second)
		w.wantTags(allTags(nil))
		before := len(w.cloud.Calls(fake.OpConfigure))
		w.runFor(10 * time.Minute)
		if again := len(w.cloud.Calls(fake.OpConfigure)) - before; again != 0 {
			t.Errorf("a machine that is as it should be was written %d times", again)
		}
	})
}

func TestTagsAreNotWrittenAgainByANewerAutoscaler(t *testing.T) {
	tagged(t, func(t *testing.T, w *world) {
		w.runUntil(v1alpha1.PhaseReady)
		before := len(w.cloud.Calls(fake.OpConfigure))
		w.version = "v2.0.0"
		w.restart()
		w.runFor(3 * time.Minute)
		if again := len(w.cloud.Calls(fake.OpConfigure)) - before; again != 0 {
			t.Errorf("written %d times after an upgrade", again)
		}
	})
}

func TestNodeThatCannotBeTaggedRunsPodsAllTheSame(t *testing.T) {
	tagged(t, func(t *testing.T, w *world) {
		const failures = 4
		for range failures {
			w.cloud.FailNext(fake.OpConfigure, fmt.Errorf("tag: %w", cloud.ErrTransient))
		}
		began := time.Now()
		w.runUntil(v1alpha1.PhaseReady)
		if took := time.Since(began); took > buildTime+bootTime+readyTime+5*time.Second {
			t.Errorf("ready after %v", took)
		}
		w.runFor(10 * time.Second)
		if got := w.reason(v1alpha1.ConditionConfigured); got != v1alpha1.ReasonConfigureFailed {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonConfigureFailed)
		}
		w.runFor(10 * time.Minute)
		w.wantTags(allTags(nil))
		calls := w.cloud.Calls(fake.OpConfigure)
		if len(calls) != failures+1 {
			t.Fatalf("%d calls, want %d", len(calls), failures+1)
		}
		for i, wait := 1, options.RetryInterval; i < len(calls); i, wait = i+1, 2*wait {
			if gap := calls[i].Time.Sub(calls[i-1].Time); gap < wait || gap > wait+2*time.Second {
				t.Errorf("call %d came %v after the one before, want %v", i+1, gap, wait)
			}
		}
		if got := w.reason(v1alpha1.ConditionConfigured); got != v1alpha1.ReasonConfigured {
			t.Errorf("reason %s, want %s", got, v1alpha1.ReasonConfigured)
		}
	})
}

func TestOnlyWhatTheCloudCanDoIsAskedOfIt(t *testing.T) {
	tests := map[string]struct {
		capabilities cloud.Capabilities
		calls        int
		tags         bool
	}{
		"neither tags nor keys": {sets.New(cloud.CapabilityUserData), 0, false},
		"keys only":             {sets.New(cloud.CapabilityUserData, cloud.CapabilitySSHKeys), 1, false},
		"tags only":             {sets.New(cloud.CapabilityUserData, cloud.CapabilityTags), 1, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tagged(t, func(t *testing.T, w *world) {
				w.rebuild(fake.Options{Capabilities: test.capabilities})
				w.runUntil(v1alpha1.PhaseReady)
				w.runFor(5 * time.Minute)
				calls := w.cloud.Calls(fake.OpConfigure)
				if len(calls) != test.calls {
					t.Fatalf("%d calls, want %d", len(calls), test.calls)
				}
				if test.calls > 0 && (calls[0].Attributes.Tags != nil) != test.tags {
					t.Errorf("tags %v", calls[0].Attributes.Tags)
				}
			})
		})
	}
}
