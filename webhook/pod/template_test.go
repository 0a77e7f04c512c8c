package pod_test

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

func templateOf(p *corev1.Pod) corev1.PodTemplateSpec {
	template := corev1.PodTemplateSpec{ObjectMeta: p.ObjectMeta, Spec: p.Spec}
	template.Name, template.Namespace, template.Spec.SchedulerName = "", "", ""
	return template
}

func deployment(p *corev1.Pod) *appsv1.Deployment {
	return &appsv1.Deployment{Spec: appsv1.DeploymentSpec{Template: templateOf(p)}}
}

func TestTheAuthorOfAWorkloadIsWarnedAndNeverRefused(t *testing.T) {
	huge := templateOf(build.Pod("p").Requests("99", "1Gi").Obj())
	gold := labelled(group, "gold")
	gold.Spec.Containers = sound().Spec.Containers
	owned := &appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Template: huge}}
	owned.OwnerReferences = build.Pod("p").OwnedBy("Deployment", "d").Obj().OwnerReferences
	limits := build.Pod("p").Obj()
	limits.Spec.Containers[0].Resources.Limits = sound().Spec.Containers[0].Resources.Requests
	cases := map[string]struct {
		kind      string
		object    any
		namespace string
		says      string
	}{
		"a Deployment that can run":  {"Deployment", deployment(sound()), "strict", ""},
		"a Deployment":               {"Deployment", deployment(build.Pod("p").Requests("99", "1Gi").Obj()), "strict", "spec.template.spec.containers: needs 99 cpu"},
		"a StatefulSet":              {"StatefulSet", &appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Template: huge}}, "shop", "spec.template.spec.containers: needs 99 cpu"},
		"a Job":                      {"Job", &batchv1.Job{Spec: batchv1.JobSpec{Template: huge}}, "shop", "spec.template.spec.containers: needs 99 cpu"},
		"a CronJob":                  {"CronJob", &batchv1.CronJob{Spec: batchv1.CronJobSpec{JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: huge}}}}, "shop", "spec.jobTemplate.spec.template.spec.containers: needs 99 cpu"},
		"a ReplicaSet of Deployment": {"ReplicaSet", owned, "shop", ""},
		"in a namespace that wants to hear nothing": {"Deployment", deployment(build.Pod("p").Obj()), "quiet", ""},
		"without requests": {
			"Deployment", deployment(build.Pod("p").Obj()), "shop",
			"spec.template.spec.containers[0].resources.requests[cpu]: container app requests no cpu, so none is kept free for it: set it, unless a LimitRange does",
		},
		"with limits that become requests":            {"Deployment", deployment(limits), "shop", ""},
		"for a group, where pods are mutated":         {"Deployment", deployment(gold), "strict", ""},
		"for a group unknown, where pods are mutated": {"Deployment", deployment(with(func(p *corev1.Pod) { p.Labels = map[string]string{group: "none"} })), "strict", "NodeGroup none is neither"},
		"of DaemonSet pods in all but name": {
			"Deployment", deployment(with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"autoscaler.vpsie.com/nodegroup": "gold"} })), "shop",
			"spec.template.spec: node group default/gold with offering big is nearest, but its taint dedicated=gold:NoSchedule is not tolerated",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			response := newValidator(t, smallStock()).Handle(t.Context(), reviewOf(t, c.namespace, c.kind, c.object))
			if !response.Allowed {
				t.Fatalf("refused: %v", response.Result)
			}
			got := strings.Join(response.Warnings, "\n")
			if !strings.HasPrefix(got, c.says) || (got == "") != (c.says == "") {
				t.Errorf("warnings %q, want %q", got, c.says)
			}
		})
	}
}

func TestAnUpdateOfAWorkloadIsLookedAtWhenItsTemplateChanges(t *testing.T) {
	bad, scaled := deployment(build.Pod("p").Obj()), deployment(build.Pod("p").Obj())
	replicas := int32(5)
	scaled.Spec.Replicas = &replicas
	v := newValidator(t, smallStock())
	update := reviewOf(t, "shop", "Deployment", scaled)
	update.Operation = admissionv1.Update
	update.OldObject = reviewOf(t, "shop", "Deployment", bad).Object
	if response := v.Handle(t.Context(), update); !response.Allowed || len(response.Warnings) > 0 {
		t.Errorf("scaling is answered %+v, want it allowed without a word", response)
	}
	update.OldObject = reviewOf(t, "shop", "Deployment", deployment(sound())).Object
	if response := v.Handle(t.Context(), update); !response.Allowed || len(response.Warnings) == 0 {
		t.Errorf("a faulty template is answered %+v, want a warning", response)
	}
	update.SubResource = "status"
	if response := v.Handle(t.Context(), update); !response.Allowed || len(response.Warnings) > 0 {
		t.Errorf("the status is answered %+v, want it allowed without a word", response)
	}
	for name, raw := range map[string]string{"object": `{"spec":7}`, "old object": `[]`} {
		broken := reviewOf(t, "shop", "Deployment", scaled)
		broken.Operation = admissionv1.Update
		broken.OldObject = broken.Object
		if name == "object" {
			broken.Object = runtime.RawExtension{Raw: []byte(raw)}
		} else {
			broken.OldObject = runtime.RawExtension{Raw: []byte(raw)}
		}
		if response := v.Handle(t.Context(), broken); response.Allowed || response.Result.Code != 400 {
			t.Errorf("a broken %s is answered %+v, want 400", name, response)
		}
	}
	for _, operation := range []admissionv1.Operation{admissionv1.Delete, admissionv1.Connect} {
		request := reviewOf(t, "shop", "Deployment", bad)
		request.Operation = operation
		if response := v.Handle(t.Context(), request); !response.Allowed || len(response.Warnings) > 0 {
			t.Errorf("%s is answered %+v, want it allowed without a word", operation, response)
		}
	}
}
