package lifecycle_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
)

const ownTemplate = "#cloud-config\nruncmd:\n- [join, {{quote .JoinToken}}, {{quote .flavour}}]\n"

func TestTemplateAndKeysOfTheGroupReachTheMachine(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMHnWCPtRgJ6WkCp3fbfv3yx6PHAFvGVoYZ8zyQ7K1wA somebody@example.com"
		w.changeGroup(func(group *v1alpha1.NodeGroup) {
			group.Spec.CloudInitTemplate = ownTemplate
			group.Spec.CloudInitVariables = map[string]v1alpha1.CloudInitVariable{"flavour": "vanilla"}
			group.Spec.SSHPublicKeys = []string{key}
		})
		w.tick()
		if len(w.creates()) != 1 {
			t.Fatalf("%d create calls; message %q", len(w.creates()), w.object().Status.Message)
		}
		for _, want := range []string{"vanilla", key} {
			if userData := string(w.creates()[0].Request.UserData); !strings.Contains(userData, want) {
				t.Errorf("user data does not mention %q:\n%s", want, userData)
			}
		}
	})
}

func TestNothingIsAskedForWithABrokenTemplateUntilTheGroupIsMended(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.changeGroup(func(group *v1alpha1.NodeGroup) { group.Spec.CloudInitTemplate = ownTemplate })
		w.runFor(5 * time.Minute)
		if len(w.creates()) != 0 || w.tokens() != 0 || w.phase() != v1alpha1.PhasePending {
			t.Fatalf("%d create calls, %d tokens, phase %s", len(w.creates()), w.tokens(), w.phase())
		}
		message := w.object().Status.Message
		if got := w.reason(v1alpha1.ConditionLaunched); got != v1alpha1.ReasonInvalidBootstrap || !strings.Contains(message, "spec.cloudInitTemplate") || !strings.Contains(message, "flavour") {
			t.Errorf("reason %s, message %q; want the field and the variable", got, message)
		}
		if len(w.writes) != 1 {
			t.Errorf("writes %v, want the condition once", w.writes)
		}
		w.changeGroup(func(group *v1alpha1.NodeGroup) {
			group.Spec.CloudInitVariables = map[string]v1alpha1.CloudInitVariable{"flavour": "vanilla"}
		})
		w.tick()
		if len(w.creates()) != 1 {
			t.Errorf("%d create calls after the group was mended, want 1 at once", len(w.creates()))
		}
	})
}

func TestConfigMapThatAppearsLaterIsSeen(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		w.changeGroup(func(group *v1alpha1.NodeGroup) {
			group.Spec.CloudInitTemplateRef = &v1alpha1.ConfigMapKeyReference{Name: "boot", Key: "template"}
		})
		w.runFor(time.Minute)
		if got := w.reason(v1alpha1.ConditionLaunched); got != v1alpha1.ReasonInvalidBootstrap {
			t.Fatalf("reason %s", got)
		}
		configMap := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: build.Namespace, Name: "boot"},
			Data:       map[string]string{"template": "#cloud-config\nruncmd:\n- [join, {{quote .JoinToken}}]\n"},
		}
		if err := w.api.Create(t.Context(), configMap); err != nil {
			t.Fatal(err)
		}
		w.runFor(options.RetryInterval + 2*time.Second)
		if len(w.creates()) != 1 {
			t.Errorf("%d create calls, want 1", len(w.creates()))
		}
	})
}

func TestNothingIsBoughtForAGroupThatGoes(t *testing.T) {
	tests := map[string]func(w *world) error{
		"it is being deleted": func(w *world) error { return w.api.Delete(w.t.Context(), w.group()) },
		"it has gone": func(w *world) error {
			w.changeGroup(func(group *v1alpha1.NodeGroup) { group.Finalizers = nil })
			return w.api.Delete(w.t.Context(), w.group())
		},
	}
	for name, end := range tests {
		t.Run(name, func(t *testing.T) {
			scenario(t, func(t *testing.T, w *world) {
				if err := end(w); err != nil {
					t.Fatal(err)
				}
				w.runFor(5 * time.Minute)
				if got := w.reason(v1alpha1.ConditionLaunched); len(w.creates()) != 0 || got != v1alpha1.ReasonGroupDeleted {
					t.Errorf("%d create calls, reason %s", len(w.creates()), got)
				}
				w.delete()
				w.tick()
				w.wantGone()
			})
		})
	}
}

// Given user data that no machine would take, then nothing is asked for and no other node is held back for it.
func TestNothingIsAskedForWithUserDataThatIsTooLarge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, build.VPSieNode(nodeName, "web").Taint("big", strings.Repeat("x", bootstrap.MaxUserDataBytes), corev1.TaintEffectNoSchedule).Obj())
		w.runFor(time.Minute)
		if object := w.object(); len(w.creates()) != 0 || len(object.Status.Conditions) != 0 || !strings.Contains(object.Status.Message, "user data") {
			t.Errorf("%d create calls, conditions %v, message %.200q", len(w.creates()), object.Status.Conditions, object.Status.Message)
		}
		for _, write := range w.writes {
			if write == "create Secret" {
				t.Error("a token was issued")
			}
		}
	})
}

func TestTokenThatCannotBeIssuedHoldsTheMachineBack(t *testing.T) {
	scenario(t, func(t *testing.T, w *world) {
		tries := 0
		w.intercept = func(write string, act func() error) error {
			if write == "create Secret" {
				tries++
				return errors.New("the API server refuses")
			}
			return act()
		}
		w.runFor(5 * time.Minute)
		if got := w.reason(v1alpha1.ConditionLaunched); len(w.creates()) != 0 || got != v1alpha1.ReasonCloudUnavailable {
			t.Errorf("%d create calls, reason %s", len(w.creates()), got)
		}
		if want := int(5 * time.Minute / options.RetryInterval); tries > want {
			t.Errorf("tried %d times in five minutes, want %d at most", tries, want)
		}
		w.intercept = nil
		w.runUntil(v1alpha1.PhaseReady)
	})
}
