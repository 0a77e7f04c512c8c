package pod_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

const capacityType = "autoscaler.vpsie.com/capacity-type"

// newRoutingMutator sends pods to the scheduler vpsie-scheduler and has rules for two classes of workloads.
func newRoutingMutator(t testing.TB) *pod.Mutator {
	t.Helper()
	rules, err := pod.ReadRules(strings.NewReader(`
rules:
- name: batch
  matchLabels: {workload: batch}
  nodeGroup: gold
  nodeSelector: {disk: hdd}
- name: cheap
  matchLabels: {workload: batch, urgent: "no"}
  nodeSelector: {disk: ssd, autoscaler.vpsie.com/capacity-type: spot}
  tolerations: [{key: slow, operator: Exists}, {key: dedicated, value: gold, effect: NoSchedule}]
- name: lost
  matchLabels: {workload: lost}
  nodeGroup: bronze
`))
	if err != nil {
		t.Fatal(err)
	}
	m := newMutator(t)
	m.SchedulerName, m.Rules = "vpsie-scheduler", rules
	return m
}

func createPod(t *testing.T, m *pod.Mutator, before *corev1.Pod) (*corev1.Pod, []string) {
	t.Helper()
	raw, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	created, warnings := create(t, m, "shop", string(raw))
	after := &corev1.Pod{}
	if err := json.Unmarshal([]byte(created), after); err != nil {
		t.Fatal(err)
	}
	return after, warnings
}

func labelled(labels ...string) *corev1.Pod {
	p := build.Pod("p").Obj()
	p.Labels = map[string]string{}
	for i := 0; i < len(labels); i += 2 {
		p.Labels[labels[i]] = labels[i+1]
	}
	return p
}

func tolerates(p *corev1.Pod, toleration corev1.Toleration) *corev1.Pod {
	p.Spec.Tolerations = append(p.Spec.Tolerations, toleration)
	return p
}

// wants gives the pod a required node affinity of one term.
func wants(p *corev1.Pod, key string, op corev1.NodeSelectorOperator, values ...string) *corev1.Pod {
	return alternatives(p, corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: op, Values: values}}})
}

func alternatives(p *corev1.Pod, terms ...corev1.NodeSelectorTerm) *corev1.Pod {
	p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: terms},
	}}
	return p
}

func TestAPodIsSentWhereItsLabelsAndTheRulesSay(t *testing.T) {
	annotated := labelled()
	annotated.Annotations = map[string]string{capacityType: "on-demand"}
	copied := labelled()
	copied.Annotations = map[string]string{"autoscaler.vpsie.com/mutations": "z, schedulerName vpsie-scheduler, a"}
	ownSelector := labelled("workload", "batch", "urgent", "no")
	ownSelector.Spec.NodeSelector = map[string]string{"disk": "nvme"}
	otherGroup := labelled("workload", "batch")
	otherGroup.Spec.NodeSelector = map[string]string{"autoscaler.vpsie.com/nodegroup": "silver"}
	wide := labelled("workload", "batch", "urgent", "no")
	wide.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	const (
		goldSelector = "nodeSelector autoscaler.vpsie.com/nodegroup=gold"
		goldTaints   = "toleration dedicated=gold:NoSchedule, toleration expensive:PreferNoSchedule"
		scheduler    = "schedulerName vpsie-scheduler"
	)
	cases := map[string]struct {
		before  *corev1.Pod
		record  string
		warning string
	}{
		"a pod that asks for nothing gets the scheduler": {before: labelled(), record: scheduler},
		"a pod with a scheduler of its own keeps it":     {before: build.Pod("p").Scheduler("volcano").Obj()},
		"spot by label":                    {before: labelled(capacityType, "spot"), record: "nodeSelector " + capacityType + "=spot, " + scheduler},
		"on demand by annotation":          {before: annotated, record: "nodeSelector " + capacityType + "=on-demand, " + scheduler},
		"a record copied from another pod": {before: copied, record: "a, schedulerName vpsie-scheduler, z"},
		"an unknown capacity type":         {labelled(capacityType, "free"), scheduler, `label autoscaler.vpsie.com/capacity-type="free" has no effect: want on-demand or spot`},
		"a capacity type that the affinity names as well": {
			before: wants(labelled(capacityType, "spot"), capacityType, "In", "spot", "on-demand"), record: scheduler,
		},
		"a capacity type against the affinity": {
			wants(labelled(capacityType, "spot"), capacityType, "NotIn", "spot"), scheduler,
			"label autoscaler.vpsie.com/capacity-type=spot contradicts the pod's own choice of nodes by that label, which is kept",
		},
		"a class of workloads": {
			before: labelled("workload", "batch"), record: goldSelector + ", nodeSelector disk=hdd, " + scheduler + ", " + goldTaints,
		},
		"of two rules the first decides about a label": {
			before: labelled("workload", "batch", "urgent", "no"),
			record: "nodeSelector autoscaler.vpsie.com/capacity-type=spot, " + goldSelector + ", nodeSelector disk=hdd, " + scheduler +
				", toleration dedicated=gold:NoSchedule, toleration expensive:PreferNoSchedule, toleration slow exists",
		},
		"the pod's own label comes before the rules": {
			before: labelled("workload", "batch", "urgent", "no", capacityType, "on-demand", group, "plain"),
			record: "nodeSelector autoscaler.vpsie.com/capacity-type=on-demand, nodeSelector autoscaler.vpsie.com/nodegroup=plain, nodeSelector disk=hdd, " +
				scheduler + ", toleration dedicated=gold:NoSchedule, toleration slow exists",
		},
		"the pod's own selector comes before the rules": {
			before: ownSelector,
			record: "nodeSelector autoscaler.vpsie.com/capacity-type=spot, " + goldSelector + ", " + scheduler +
				", toleration dedicated=gold:NoSchedule, toleration expensive:PreferNoSchedule, toleration slow exists",
		},
		"the pod's own affinity comes before the rules": {
			before: wants(labelled("workload", "batch"), "disk", "NotIn", "hdd"), record: goldSelector + ", " + scheduler + ", " + goldTaints,
		},
		"a rule's group gives way to another without a word": {before: otherGroup, record: "nodeSelector disk=hdd, " + scheduler},
		"a wider toleration is enough":                       {before: wide, record: "nodeSelector autoscaler.vpsie.com/capacity-type=spot, " + goldSelector + ", nodeSelector disk=hdd, " + scheduler},
		"a toleration for another effect is not enough": {
			before: tolerates(labelled(group, "gold"), corev1.Toleration{Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute}),
			record: goldSelector + ", " + scheduler + ", " + goldTaints,
		},
		"a rule whose group does not exist": {
			labelled("workload", "lost"), scheduler, "NodeGroup bronze is neither in namespace shop nor in vpsie-system",
		},
		"the group against the affinity": {
			wants(labelled(group, "plain"), "autoscaler.vpsie.com/nodegroup", "In", "silver"), scheduler,
			"label autoscaler.vpsie.com/node-group=plain contradicts spec.affinity.nodeAffinity, which chooses by autoscaler.vpsie.com/nodegroup and is kept",
		},
		"a pod of a DaemonSet is left alone": {before: build.Pod("p").OwnedBy("DaemonSet", "d").Obj()},
		"a pod with a node is left alone":    {before: build.Pod("p").On("n").Obj()},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			after, warnings := createPod(t, newRoutingMutator(t), c.before)
			if got := after.Annotations["autoscaler.vpsie.com/mutations"]; got != c.record {
				t.Errorf("recorded %q\nwant     %q", got, c.record)
			}
			if got := strings.Join(warnings, "\n"); !strings.HasPrefix(got, c.warning) || (c.warning == "") != (got == "") {
				t.Errorf("warnings %q, want %q", got, c.warning)
			}
			// What is recorded is what was done.
			for _, entry := range strings.Split(c.record, ", ") {
				key, value, isSelector := strings.Cut(strings.TrimPrefix(entry, "nodeSelector "), "=")
				if strings.HasPrefix(entry, "nodeSelector ") && (!isSelector || after.Spec.NodeSelector[key] != value) {
					t.Errorf("recorded %q, but the selector is %v", entry, after.Spec.NodeSelector)
				}
			}
			if routed := strings.Contains(c.record, scheduler); routed != (after.Spec.SchedulerName == "vpsie-scheduler") {
				t.Errorf("the scheduler is %q, want it routed: %t", after.Spec.SchedulerName, routed)
			}
			if again, _ := createPod(t, newRoutingMutator(t), after); mustJSON(t, again) != mustJSON(t, after) {
				t.Errorf("a second pass makes of\n%s\nthis:\n%s", mustJSON(t, after), mustJSON(t, again))
			}
		})
	}
}

func mustJSON(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestMutatingTwiceIsMutatingOnceAndKeepsWhatTheAuthorWrote(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	m := newRoutingMutator(t)
	for range 1000 {
		before := randomPod(random)
		once, _ := createPod(t, m, before)
		twice, _ := createPod(t, m, once)
		if mustJSON(t, once) != mustJSON(t, twice) {
			t.Fatalf("seed %d: of\n%s\nbecomes\n%s\nand then\n%s", seed, mustJSON(t, before), mustJSON(t, once), mustJSON(t, twice))
		}
		for key, value := range before.Spec.NodeSelector {
			if once.Spec.NodeSelector[key] != value {
				t.Fatalf("seed %d: the selector %s=%s of %s is lost", seed, key, value, mustJSON(t, before))
			}
		}
		if own := before.Spec.SchedulerName; own != "" && own != "default-scheduler" && once.Spec.SchedulerName != own {
			t.Fatalf("seed %d: the scheduler %s of %s is lost", seed, own, mustJSON(t, before))
		}
		kept := once.Spec.Tolerations[:len(before.Spec.Tolerations)]
		if len(kept) > 0 && mustJSON(t, kept) != mustJSON(t, before.Spec.Tolerations) {
			t.Fatalf("seed %d: the tolerations of %s changed", seed, mustJSON(t, before))
		}
		if mustJSON(t, once.Spec.Affinity) != mustJSON(t, before.Spec.Affinity) {
			t.Fatalf("seed %d: the affinity of %s changed", seed, mustJSON(t, before))
		}
	}
}

// randomPod uses few keys and values, so that much of it meets what the mutator does.
func randomPod(random *rand.Rand) *corev1.Pod {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	p := build.Pod("p").Scheduler(pick("", "default-scheduler", "volcano")).Obj()
	p.Labels = map[string]string{}
	for key, values := range map[string][]string{
		group: {"gold", "silver", "plain", "none"}, capacityType: {"spot", "on-demand", "odd"}, "workload": {"batch", "lost", "web"}, "urgent": {"no", "yes"},
	} {
		if random.IntN(2) == 0 {
			p.Labels[key] = pick(values...)
		}
	}
	keys := []string{"disk", capacityType, "autoscaler.vpsie.com/nodegroup"}
	if random.IntN(2) == 0 {
		p.Spec.NodeSelector = map[string]string{pick(keys...): pick("gold", "spot", "hdd")}
	}
	if random.IntN(3) == 0 {
		wants(p, pick(keys...), corev1.NodeSelectorOperator(pick("In", "NotIn")), pick("gold", "spot", "hdd"))
	}
	for range random.IntN(3) {
		p.Spec.Tolerations = append(p.Spec.Tolerations, corev1.Toleration{
			Key: pick("", "dedicated", "slow", "expensive"), Value: pick("", "gold"),
			Operator: corev1.TolerationOperator(pick("", "Equal", "Exists", "Gt")), Effect: corev1.TaintEffect(pick("", "NoSchedule", "NoExecute")),
		})
	}
	if random.IntN(3) == 0 {
		p.Annotations = map[string]string{"autoscaler.vpsie.com/mutations": pick("", "by hand", "z, a", fmt.Sprint(random.IntN(9)))}
	}
	return p
}
