package pod_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/workload"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// smallStock has the groups open, with small and big, and gold, with big only and a taint, in one data centre; the group frozen, which
// may not grow; a node of the user's own that is larger than all, has a disk and a taint; and a DaemonSet on every node.
func smallStock() *pod.Stock {
	daemons := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "logs"}}
	daemons.Spec.Template.Spec = build.Pod("").Requests("500m", "1Gi").Obj().Spec
	daemons.Spec.Template.Spec.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}}
	daemons.Spec.Template.Spec.Containers[0].Ports = []corev1.ContainerPort{{HostPort: 9100, ContainerPort: 9100}}
	return &pod.Stock{
		Nodes: []corev1.Node{
			*build.Node("own").Allocatable("32", "64Gi").Label("disk", "nvme").Label(corev1.LabelTopologyZone, "amsterdam").
				Label(corev1.LabelArchStable, "amd64").Taint("own", "", corev1.TaintEffectNoSchedule).
				Taint(corev1.TaintNodeNotReady, "", corev1.TaintEffectNoSchedule).Cordoned().Obj(),
		},
		Groups: []v1alpha1.NodeGroup{
			*build.NodeGroup("open").Datacenter("amsterdam").Label("disk", "ssd").Obj(),
			*build.NodeGroup("gold").Datacenter("amsterdam").Offerings("big").Label("disk", "hdd").Taint("dedicated", "gold", corev1.TaintEffectNoSchedule).Obj(),
			*build.NodeGroup("frozen").Datacenter("amsterdam").Label("pool", "frozen").ScaleUp(false).Obj(),
		},
		Offerings:      []plan.Offering{offering("small", "amsterdam", "2", "4Gi"), offering("big", "amsterdam", "8", "32Gi")},
		Daemons:        []*corev1.Pod{workload.DaemonPod(daemons)},
		SchedulerNames: []string{"default-scheduler"},
	}
}

// newValidator knows a stock, and the namespaces shop, without a policy, strict, which denies, and quiet, which wants to hear nothing.
func newValidator(t testing.TB, stock *pod.Stock) *pod.Validator {
	t.Helper()
	var objects []client.Object
	for i := range stock.Groups {
		objects = append(objects, &stock.Groups[i])
	}
	for name, policy := range map[string]string{"shop": "", "strict": "deny", "quiet": "off", "odd": "perhaps", "mild": "warn"} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}}
		if policy != "" {
			namespace.Labels["autoscaler.vpsie.com/pod-validation"] = policy
		}
		if name == "strict" {
			namespace.Labels["autoscaler.vpsie.com/pod-mutation"] = "enabled"
		}
		objects = append(objects, namespace)
	}
	supply := pod.NewSupply(stock)
	api := build.API(objects...)
	return &pod.Validator{
		Reader: api, Supply: func() *pod.Supply { return supply }, Decoder: admission.NewDecoder(build.Scheme()),
		Mutator: &pod.Mutator{Groups: api, Namespace: build.Namespace, Decoder: admission.NewDecoder(build.Scheme())},
	}
}

func reviewOf(t testing.TB, namespace, kind string, object any) admission.Request {
	t.Helper()
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	request := admissionv1.AdmissionRequest{Operation: admissionv1.Create, Namespace: namespace, Object: runtime.RawExtension{Raw: raw}}
	request.Kind.Kind = kind
	return admission.Request{AdmissionRequest: request}
}

// sound is a pod that runs anywhere.
func sound() *corev1.Pod { return build.Pod("p").Requests("1", "1Gi").Obj() }

func with(change func(*corev1.Pod)) *corev1.Pod {
	p := sound()
	change(p)
	return p
}

func tolerating(p *corev1.Pod, key string) *corev1.Pod {
	return tolerates(p, corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists})
}

func keepsApart(p *corev1.Pod, topology string) *corev1.Pod {
	p.Labels = map[string]string{"app": "db"}
	p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
		TopologyKey: topology, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "db"}},
	}}}}
	return p
}

type outcome int

const (
	silent  outcome = iota // allowed without a word, whatever the policy
	doubted                // a warning, whatever the policy
	faulty                 // a warning, or a refusal
)

const terms = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"

func TestPodsThatCouldNeverRunAreToldSo(t *testing.T) {
	expression := func(key string, op corev1.NodeSelectorOperator, values ...string) corev1.NodeSelectorTerm {
		return corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: op, Values: values}}}
	}
	both := func(a, b corev1.NodeSelectorTerm) corev1.NodeSelectorTerm {
		return corev1.NodeSelectorTerm{MatchExpressions: slices.Concat(a.MatchExpressions, b.MatchExpressions)}
	}
	byName := func(names ...string) corev1.NodeSelectorTerm {
		return corev1.NodeSelectorTerm{MatchFields: []corev1.NodeSelectorRequirement{{Key: "metadata.name", Operator: "In", Values: names}}}
	}
	cases := map[string]struct {
		pod  *corev1.Pod
		want outcome
		says string // what the warning starts with, as a whole up to its end where it has one
	}{
		"a pod that runs anywhere": {pod: sound()},

		"a container without any requests": {
			build.Pod("p").Obj(), faulty, "spec.containers[0].resources.requests[cpu]: container app requests no cpu, so none is kept free for it: set it",
		},
		"a container without a request for memory": {
			with(func(p *corev1.Pod) { delete(p.Spec.Containers[0].Resources.Requests, corev1.ResourceMemory) }), faulty,
			"spec.containers[0].resources.requests[memory]: container app requests no memory",
		},
		"two containers, of which one has requests": {
			with(func(p *corev1.Pod) { p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: "side"}) }), faulty,
			"spec.containers[1].resources.requests[cpu]: container side requests no cpu",
		},
		"requests of the pod as a whole": {
			pod: with(func(p *corev1.Pod) {
				p.Spec.Resources, p.Spec.Containers[0].Resources.Requests = &corev1.ResourceRequirements{Requests: p.Spec.Containers[0].Resources.Requests}, nil
			}),
		},
		"a request for nothing on purpose": {pod: build.Pod("p").Requests("0", "0").Obj()},

		"as much as the largest offering leaves beside the DaemonSet": {pod: build.Pod("p").Requests("7500m", "31Gi").Obj()},
		"a little more than that": {
			build.Pod("p").Requests("7501m", "1Gi").Obj(), faulty,
			"spec.containers: needs 7.501 cpu, the largest suitable offering big leaves 7.5 cpu; no existing node would do either",
		},
		"more than any offering, on the large node": {pod: tolerating(build.Pod("p").Requests("20", "1Gi").Obj(), "own")},
		"more than the size asked for by name": {
			build.Pod("p").Requests("4", "1Gi").Selects(corev1.LabelInstanceTypeStable, "small").Obj(), faulty,
			"spec.containers: needs 4 cpu, the largest suitable offering small leaves 1.5 cpu",
		},
		"the size asked for by name": {pod: build.Pod("p").Requests("1", "1Gi").Selects(corev1.LabelInstanceTypeStable, "small").Obj()},
		"any size but the largest":   {pod: wants(sound(), corev1.LabelInstanceTypeStable, "NotIn", "big")},
		"a resource that nothing has": {
			with(func(p *corev1.Pod) {
				p.Spec.Containers[0].Resources.Requests["example.com/gpu"] = p.Spec.Containers[0].Resources.Requests["cpu"]
			}), faulty,
			"spec.containers: needs 1 example.com/gpu, the largest suitable offering",
		},
		"a host port of the DaemonSet": {
			with(func(p *corev1.Pod) {
				p.Spec.Containers[0].Ports = []corev1.ContainerPort{{HostPort: 9100, ContainerPort: 80}}
			}), faulty,
			"spec.containers: a DaemonSet takes a host port of the pod on every node that would do",
		},

		"a label of a group":       {pod: with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"disk": "ssd"} })},
		"a label of the one node":  {pod: tolerating(with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"disk": "nvme"} }), "own")},
		"a name of the one node":   {pod: tolerating(with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{corev1.LabelHostname: "own"} }), "own")},
		"the one node by its name": {pod: tolerating(alternatives(sound(), byName("own")), "own")},
		"a node that does not exist": {
			alternatives(sound(), byName("gone")), faulty,
			terms + "[0].matchFields[0]: field metadata.name=gone: there is no such node, and a new one gets a name of its own: select by labels",
		},
		"a value that nothing has": {
			with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"disk": "sdd"} }), faulty,
			"spec.nodeSelector[disk]: disk=sdd: no node has this value of the label, and no node group gives it: choose among hdd nvme ssd",
		},
		"a label that nothing has": {
			wants(sound(), "gpu", "Exists"), faulty,
			terms + "[0].matchExpressions[0]: gpu Exists: no node has this label, and no node group gives it: correct it, or add it to spec.labels of a NodeGroup",
		},
		"an alternative that something has": {pod: alternatives(sound(), expression("gpu", "Exists"), expression("disk", "In", "ssd", "gone"))},
		"a number that nothing reaches": {
			wants(sound(), "generation", "Gt", "3"), faulty, terms + "[0].matchExpressions[0]: generation Gt [3]: no node has this label",
		},
		"labels that nothing has together": {
			with(func(p *corev1.Pod) {
				p.Spec.NodeSelector = map[string]string{"disk": "ssd", v1alpha1.LabelNodeGroup: "gold"}
			}), faulty,
			"spec: node group default/frozen with offering big is nearest, but its nodes have no label autoscaler.vpsie.com/nodegroup=gold",
		},
		"a taint that is not tolerated": {
			with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{v1alpha1.LabelNodeGroup: "gold"} }), faulty,
			"spec: node group default/gold with offering big is nearest, but its taint dedicated=gold:NoSchedule is not tolerated",
		},
		"the taint, tolerated": {
			pod: tolerating(with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{v1alpha1.LabelNodeGroup: "gold"} }), "dedicated"),
		},
		"a group that may not grow": {
			with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"pool": "frozen"} }), doubted,
			"spec: scale-up of node group default/frozen is switched off; no existing node would do either",
		},

		"a selector against the affinity": {
			wants(with(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"disk": "ssd"} }), "disk", "In", "hdd", "nvme"), faulty,
			terms + "[0].matchExpressions[0]: disk In [hdd nvme]: excludes disk=ssd of spec.nodeSelector: no node can have both, remove one",
		},
		"sets that have nothing in common": {
			alternatives(sound(), both(expression("disk", "In", "ssd"), expression("disk", "In", "hdd"))), faulty,
			terms + "[0].matchExpressions[0]: disk=ssd: excludes disk=hdd: no node can have both, remove one",
		},
		"sets that have something in common": {pod: alternatives(sound(), both(expression("disk", "In", "ssd", "hdd"), expression("disk", "In", "ssd", "nvme")))},
		"a label that must be there and must not": {
			alternatives(sound(), both(expression("disk", "DoesNotExist"), expression("disk", "Exists"))), faulty,
			terms + "[0].matchExpressions[0]: disk DoesNotExist: excludes disk Exists",
		},
		"numbers with nothing between them": {
			alternatives(sound(), both(expression("n", "Gt", "3"), expression("n", "Lt", "4"))), faulty, terms + "[0].matchExpressions[0]: n Gt [3]: excludes n Lt [4]",
		},
		"a number that is none": {
			wants(sound(), "n", "Gt", "many"), faulty, terms + "[0].matchExpressions[0]: n Gt [many]: can be met by no node: change or remove it",
		},
		"an empty term": {alternatives(sound(), corev1.NodeSelectorTerm{}), faulty, terms + "[0]: an empty term matches no node: give it an expression or remove it"},
		"a contradiction in one alternative": {
			pod: alternatives(sound(), both(expression("disk", "In", "ssd"), expression("disk", "NotIn", "ssd")), expression("disk", "In", "ssd")),
		},
		"near to and away from the same pods": {
			with(func(p *corev1.Pod) {
				keepsApart(p, corev1.LabelTopologyZone)
				p.Spec.Affinity.PodAffinity = &corev1.PodAffinity{
					RequiredDuringSchedulingIgnoredDuringExecution: p.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution,
				}
			}), faulty,
			"spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]: topology.kubernetes.io/zone: spec.affinity.podAffinity asks for the same",
		},

		"away from itself in the only zone": {
			keepsApart(sound(), corev1.LabelTopologyZone), doubted,
			"spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: topology.kubernetes.io/zone: " +
				"keeps replicas apart, and amsterdam is its only value: a second one can never run; use kubernetes.io/hostname",
		},
		"away from itself on a node":                 {pod: keepsApart(sound(), corev1.LabelHostname)},
		"away from itself where nodes are in none":   {pod: keepsApart(sound(), corev1.LabelTopologyRegion)},
		"away from others in the only zone":          {pod: with(func(p *corev1.Pod) { keepsApart(p, corev1.LabelTopologyZone).Labels["app"] = "web" })},
		"away from itself in another namespace only": {pod: with(func(p *corev1.Pod) { apart(p).Namespaces = []string{"elsewhere"} })},
		"near to pods that do not exist yet": {
			pod: with(func(p *corev1.Pod) {
				keepsApart(p, corev1.LabelHostname)
				p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{
					RequiredDuringSchedulingIgnoredDuringExecution: p.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution,
				}}
				p.Labels = nil
			}),
		},

		"a pod that waits behind a gate": {pod: build.Pod("p").Gated().Requests("99", "1Gi").Obj()},
		"a pod of a DaemonSet":           {pod: build.Pod("p").OwnedBy("DaemonSet", "d").Requests("99", "1Gi").Obj()},
		"a static pod's mirror":          {pod: build.Pod("p").Mirror().Requests("99", "1Gi").Obj()},
		"a pod with a node":              {pod: build.Pod("p").On("own").Requests("99", "1Gi").Obj()},
		"a pod of another scheduler":     {pod: build.Pod("p").Scheduler("volcano").Requests("99", "1Gi").Obj()},
		"a pod with claims for devices": {
			pod: with(func(p *corev1.Pod) { p.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: "gpu"}} }),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			v := newValidator(t, smallStock())
			warned := v.Handle(t.Context(), reviewOf(t, "shop", "Pod", c.pod))
			denied := v.Handle(t.Context(), reviewOf(t, "strict", "Pod", c.pod))
			quiet := v.Handle(t.Context(), reviewOf(t, "quiet", "Pod", c.pod))
			if !warned.Allowed || (len(warned.Warnings) > 0) != (c.want != silent) {
				t.Errorf("with warn: allowed %t with %q", warned.Allowed, warned.Warnings)
			}
			if denied.Allowed == (c.want == faulty) || (len(denied.Warnings) > 0) != (c.want == doubted) {
				t.Errorf("with deny: allowed %t with %q", denied.Allowed, denied.Warnings)
			}
			if !quiet.Allowed || len(quiet.Warnings) > 0 {
				t.Errorf("with off: allowed %t with %q", quiet.Allowed, quiet.Warnings)
			}
			if c.want != silent && (len(warned.Warnings) == 0 || !strings.HasPrefix(warned.Warnings[0], c.says)) {
				t.Errorf("warnings %q\nwant      %q", warned.Warnings, c.says)
			}
			if c.want == faulty {
				checkRefusal(t, denied, c.says)
			}
		})
	}
}

// apart makes the pod keep apart by zone and gives the term.
func apart(p *corev1.Pod) *corev1.PodAffinityTerm {
	return &keepsApart(p, corev1.LabelTopologyZone).Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0]
}

// checkRefusal looks for the field of a warning in the causes of a refusal.
func checkRefusal(t *testing.T, response admission.Response, says string) {
	t.Helper()
	status := response.Result
	if status == nil || status.Code != 422 || status.Details == nil || len(status.Details.Causes) == 0 {
		t.Fatalf("refused with %+v, want 422 with causes", status)
	}
	field, _, _ := strings.Cut(says, ": ")
	if got := status.Details.Causes[0].Field; got != field {
		t.Errorf("the first cause is about %s, want %s", got, field)
	}
	if !strings.Contains(status.Message, field) {
		t.Errorf("refused with %q, which does not name %s", status.Message, field)
	}
}

func TestTheNamespaceComesBeforeThePolicyOfTheConfiguration(t *testing.T) {
	for _, c := range []struct {
		policy    pod.Policy
		namespace string
		want      string
	}{
		{"", "shop", "warns"}, {pod.PolicyWarn, "shop", "warns"}, {pod.PolicyDeny, "shop", "denies"}, {pod.PolicyOff, "shop", "says nothing"},
		{pod.PolicyDeny, "mild", "warns"}, {pod.PolicyOff, "strict", "denies"}, {pod.PolicyWarn, "quiet", "says nothing"},
		{pod.PolicyDeny, "odd", "denies"}, {pod.PolicyDeny, "not-in-the-cache-yet", "denies"}, {"", "not-in-the-cache-yet", "warns"},
	} {
		v := newValidator(t, smallStock())
		v.Policy = c.policy
		response := v.Handle(t.Context(), reviewOf(t, c.namespace, "Pod", build.Pod("p").Requests("99", "1Gi").Obj()))
		got := "says nothing"
		switch {
		case !response.Allowed:
			got = "denies"
		case len(response.Warnings) > 0:
			got = "warns"
		}
		if got != c.want {
			t.Errorf("policy %q in namespace %s %s, want it %s", c.policy, c.namespace, got, c.want)
		}
	}
}

func TestOnlyKnownPoliciesAreRead(t *testing.T) {
	for text, valid := range map[string]bool{"warn": true, "deny": true, "off": true, "": false, "Deny": false, "audit": false} {
		if policy, err := pod.ParsePolicy(text); (err == nil) != valid || valid && string(policy) != text {
			t.Errorf("%q is read as %q with %v", text, policy, err)
		}
	}
}

func TestNothingIsSaidOfNodesWhileTheFactsAreMissing(t *testing.T) {
	huge := build.Pod("p").Requests("99", "1Gi").Obj()
	newer := build.NodeGroup("newer").Datacenter("amsterdam").Obj()
	cases := map[string]func(*pod.Validator){
		"no supply":                  func(v *pod.Validator) { v.Supply = func() *pod.Supply { return nil } },
		"a group that came later":    func(v *pod.Validator) { must(t, v.Reader.(client.Client).Create(t.Context(), newer.DeepCopy())) },
		"a group that changed later": func(v *pod.Validator) { v.Reader = grown(v.Reader.(client.WithWatch)) },
		"a group that went away": func(v *pod.Validator) {
			group := build.NodeGroup("gold").Obj()
			group.Finalizers = nil
			must(t, v.Reader.(client.Client).Delete(t.Context(), group))
		},
		"groups that cannot be read": func(v *pod.Validator) {
			v.Reader = build.Failing(v.Reader.(client.WithWatch), build.OnList, &v1alpha1.NodeGroupList{}, errors.New("broken"))
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			v := newValidator(t, smallStock())
			if before := v.Handle(t.Context(), reviewOf(t, "strict", "Pod", huge)); before.Allowed {
				t.Fatal("the pod is allowed before the facts are missing")
			}
			change(v)
			after := v.Handle(t.Context(), reviewOf(t, "strict", "Pod", huge))
			if !after.Allowed || len(after.Warnings) > 0 {
				t.Errorf("allowed %t with %q, want it allowed without a word", after.Allowed, after.Warnings)
			}
			bare := v.Handle(t.Context(), reviewOf(t, "strict", "Pod", build.Pod("p").Obj()))
			if bare.Allowed {
				t.Error("a pod without requests is allowed, which needs no facts to be refused")
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// grown shows every group in its next generation.
func grown(api client.WithWatch) client.WithWatch {
	return interceptor.NewClient(api, interceptor.Funcs{
		List: func(ctx context.Context, api client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			err := api.List(ctx, list, options...)
			if groups, ok := list.(*v1alpha1.NodeGroupList); ok {
				for i := range groups.Items {
					groups.Items[i].Generation++
				}
			}
			return err
		},
	})
}

func TestAnAnswerCarriesFewWarnings(t *testing.T) {
	p := build.Pod("p").Obj()
	for i := range 20 {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: fmt.Sprint("c", i)})
	}
	response := newValidator(t, smallStock()).Handle(t.Context(), reviewOf(t, "shop", "Pod", p))
	if len(response.Warnings) != 2 || !strings.HasSuffix(response.Warnings[0], "set it, and for 20 more") {
		t.Errorf("warnings %q, want one for cpu and one for memory", response.Warnings)
	}
}

func TestOnlyTheCreationOfAPodIsValidated(t *testing.T) {
	v := newValidator(t, smallStock())
	for _, operation := range []admissionv1.Operation{admissionv1.Update, admissionv1.Delete, admissionv1.Connect} {
		request := reviewOf(t, "strict", "Pod", build.Pod("p").Obj())
		request.Operation = operation
		if response := v.Handle(t.Context(), request); !response.Allowed || len(response.Warnings) > 0 {
			t.Errorf("%s is answered allowed=%t with %q, want allowed without a word", operation, response.Allowed, response.Warnings)
		}
	}
	for name, request := range map[string]admission.Request{
		"an unknown operation": {AdmissionRequest: admissionv1.AdmissionRequest{Operation: "PATCH"}},
		"an unknown kind":      reviewOf(t, "strict", "NodeGroup", &v1alpha1.NodeGroup{}),
		"no object":            {AdmissionRequest: admissionv1.AdmissionRequest{Operation: admissionv1.Create}},
		"a broken object":      {AdmissionRequest: admissionv1.AdmissionRequest{Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: []byte(`{"spec":7}`)}}},
	} {
		if response := v.Handle(t.Context(), request); response.Allowed || response.Result.Code != 400 {
			t.Errorf("%s is answered %+v, want 400", name, response)
		}
	}
	binding := reviewOf(t, "strict", "Pod", build.Pod("p").Obj())
	binding.SubResource = "ephemeralcontainers"
	if response := v.Handle(t.Context(), binding); !response.Allowed {
		t.Error("a subresource is refused")
	}
}
