package scenario_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
	"github.com/vpsie/vpsie-autoscaler/provisioner/scenario"
)

// small is an offering of two cores.
const small = `{"id": "small.a", "plan": "small", "cpu": 2000, "memoryMiB": 4096, "pods": 110, "priceHourly": 0.01451,
  "labels": {"topology.kubernetes.io/zone": "a"}, "overhead": {"cpu": 100, "memoryMiB": 96, "pods": 10}}`

// pod is a pod as kubectl prints it, in short.
func pod(name, more string) string {
	return `{"metadata": {"name": "` + name + `"}, "spec": {` + more + `"containers": [{"name": "c", "resources": {"requests": {"cpu": "500m"}}}]}}`
}

func read(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Read(strings.NewReader(text), "test.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pack(t testing.TB, text string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestOfferingsAndPodsAreEnough(t *testing.T) {
	text := `{"name": "tiny", "offerings": [` + small + `], "pods": [` + pod("web", "") + `]}`
	for name, content := range map[string][]byte{"plain": []byte(text), "packed": pack(t, text)} {
		t.Run(name, func(t *testing.T) {
			s, err := scenario.Read(bytes.NewReader(content), name)
			if err != nil {
				t.Fatal(err)
			}
			want := []plan.Offering{{
				ID: "small.a", Name: "small",
				Labels: map[string]string{
					corev1.LabelTopologyZone: "a", corev1.LabelInstanceTypeStable: "small", corev1.LabelOSStable: "linux",
				},
				Allocatable: corev1.ResourceList{
					corev1.ResourceCPU: resource.MustParse("1900m"), corev1.ResourceMemory: resource.MustParse("4000Mi"),
					corev1.ResourcePods: resource.MustParse("100"),
				},
				Price: 14_510_000,
			}}
			if diff := cmp.Diff(want, s.Snapshot.Offerings); diff != "" {
				t.Errorf("offerings differ (-want +got):\n%s", diff)
			}
			if s.Name != "tiny" || len(s.Snapshot.Pods) != 1 || s.Snapshot.Pods[0].Namespace != "default" {
				t.Errorf("name %q, pods %v", s.Name, s.Snapshot.Pods)
			}
			if groups := s.Snapshot.Groups; len(groups) != 1 || !groups[0].ScaleUp || groups[0].Max < 100_000 || groups[0].DatacenterID != "" {
				t.Errorf("groups %+v, want one that may buy all", groups)
			}
		})
	}
}

func TestEachDataCentreHasAGroupWhenNoneIsGiven(t *testing.T) {
	s := read(t, `{"offerings": [`+in("oslo", "x")+`,`+in("hel", "x")+`,`+in("hel", "y")+`], "pods": []}`)
	var keys []string
	for _, group := range s.Snapshot.Groups {
		keys = append(keys, group.Key+" in "+group.DatacenterID)
	}
	if diff := cmp.Diff([]string{"default/any-hel in hel", "default/any-oslo in oslo"}, keys); diff != "" {
		t.Errorf("groups differ (-want +got):\n%s", diff)
	}
}

// in is an offering in a data centre.
func in(datacenter, id string) string {
	return `{"id": "` + id + `", "datacenterID": "` + datacenter + `", "cpu": 1000, "memoryMiB": 1024, "pods": 110, "priceHourly": 1}`
}

func TestPricesAreExact(t *testing.T) {
	tests := map[string]int64{
		"0.01451": 14_510_000, "1": 1_000_000_000, `"0.3"`: 300_000_000, "1.5e-3": 1_500_000, "0": 0, "-0": 0,
		"0.0000000005": 1, "0.00000000049": 0, "1e-400000000": 0, "1234567.123456789": 1_234_567_123_456_789, "9223372036": 9_223_372_036_000_000_000,
	}
	for text, want := range tests {
		s := read(t, `{"offerings": [{"id": "x", "cpu": 1, "memoryMiB": 1, "pods": 1, "priceHourly": `+text+`}], "pods": []}`)
		if got := int64(s.Snapshot.Offerings[0].Price); got != want {
			t.Errorf("price %s is read as %d billionths, want %d", text, got, want)
		}
	}
}

func TestBoundPodsRunOnTheirNode(t *testing.T) {
	s := read(t, `{"offerings": [`+small+`],
	  "pods": {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": [`+pod("waits", "")+`,`+pod("runs", `"nodeName": "n1", `)+`]},
	  "nodes": [{"kind": "Node", "apiVersion": "v1", "metadata": {"name": "n1", "labels": {"a": "b"}},
	             "spec": {"unschedulable": true, "taints": [{"key": "k", "effect": "NoSchedule"}]},
	             "status": {"capacity": {"cpu": "4"}, "allocatable": {"cpu": "3500m", "pods": 110}}}],
	  "csiNodes": [{"metadata": {"name": "n1"}, "spec": {"drivers": [{"name": "csi.example.com", "nodeID": "1", "allocatable": {"count": 8}},
	                {"name": "unlimited", "nodeID": "1"}]}}]}`)
	if len(s.Snapshot.Pods) != 1 || s.Snapshot.Pods[0].Name != "waits" {
		t.Errorf("waiting pods %v", s.Snapshot.Pods)
	}
	if len(s.Snapshot.Nodes) != 1 {
		t.Fatalf("nodes %v", s.Snapshot.Nodes)
	}
	node := s.Snapshot.Nodes[0]
	if len(node.Pods) != 1 || node.Pods[0].Name != "runs" {
		t.Errorf("pods of the node %v", node.Pods)
	}
	node.Pods = nil
	want := plan.Node{
		Name: "n1", Labels: map[string]string{"a": "b"}, Unschedulable: true,
		Taints:       []corev1.Taint{{Key: "k", Effect: corev1.TaintEffectNoSchedule}},
		Allocatable:  corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("3500m"), corev1.ResourcePods: resource.MustParse("110")},
		AttachLimits: map[string]int{"csi.example.com": 8},
	}
	if diff := cmp.Diff(want, node); diff != "" {
		t.Errorf("node differs (-want +got):\n%s", diff)
	}
}

func TestNodeGroupsSayWhatMayBeBought(t *testing.T) {
	s := read(t, `{"offerings": [`+in("hel", "x")+`,`+in("hel", "y")+`], "pods": [], "attachLimits": {"csi.example.com": 16},
	  "nodes": [{"metadata": {"name": "n1", "labels": {"autoscaler.vpsie.com/nodegroup": "web", "autoscaler.vpsie.com/nodegroup-namespace": "apps"}},
	             "status": {"capacity": {"cpu": "1"}}}],
	  "nodeGroups": [{"apiVersion": "autoscaler.vpsie.com/v1alpha1", "kind": "NodeGroup", "metadata": {"name": "web", "namespace": "apps"},
	    "spec": {"minNodes": 2, "maxNodes": 5, "datacenterID": "hel", "offeringIDs": ["x", "y"], "preferredOfferingID": "y", "priority": 7,
	             "labels": {"a": "b"}, "taints": [{"key": "k", "effect": "NoExecute"}], "scaleUpPolicy": {"enabled": false}}}]}`)
	want := []plan.Group{{
		Key: "apps/web", Nodes: 1, Desired: 2, Max: 5, DatacenterID: "hel", OfferingIDs: []string{"x", "y"}, PreferredOfferingID: "y",
		Priority: 7, AttachLimits: map[string]int{"csi.example.com": 16},
		Labels: map[string]string{
			"a": "b", "autoscaler.vpsie.com/managed": "true", "autoscaler.vpsie.com/nodegroup": "web",
			"autoscaler.vpsie.com/nodegroup-namespace": "apps",
		},
		Taints: []corev1.Taint{{Key: "k", Effect: corev1.TaintEffectNoExecute}},
	}}
	if diff := cmp.Diff(want, s.Snapshot.Groups); diff != "" {
		t.Errorf("groups differ (-want +got):\n%s", diff)
	}
}

func TestDataCentreOfAGroupDoesNotMatterWhenOfferingsNameNone(t *testing.T) {
	s := read(t, `{"offerings": [`+small+`], "pods": [], "nodeGroups": [{"metadata": {"name": "g"}, "spec": {"maxNodes": 3, "datacenterID": "hel"}}]}`)
	if g := s.Snapshot.Groups[0]; g.DatacenterID != s.Snapshot.Offerings[0].DatacenterID || g.Key != "default/g" || !g.ScaleUp {
		t.Errorf("group %+v", g)
	}
}

func TestDaemonSetsBecomePodsAsTheirControllerMakesThem(t *testing.T) {
	s := read(t, `{"offerings": [`+small+`], "pods": [], "daemonSets": [{"metadata": {"name": "logs", "namespace": "sys"}, "spec": {"selector": {},
	  "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"tolerations": [{"operator": "Exists"}], "containers": [{"name": "c"}]}}}}]}`)
	if len(s.Snapshot.Daemons) != 1 {
		t.Fatalf("daemons %v", s.Snapshot.Daemons)
	}
	daemon := s.Snapshot.Daemons[0]
	if daemon.Namespace != "sys" || daemon.Name != "logs" || daemon.Labels["a"] != "b" || len(daemon.Spec.Tolerations) != 7 {
		t.Errorf("daemon %+v", daemon)
	}
}

func TestFurtherObjectsReachTheSnapshot(t *testing.T) {
	s := read(t, `{"offerings": [{"id": "x", "cpu": 1, "memoryMiB": 1, "pods": 1, "priceHourly": 1, "soldOut": true,
	                 "resources": {"ephemeral-storage": "10Gi", "example.com/gpu": 2}}], "pods": [],
	  "namespaces": [{"metadata": {"name": "apps", "labels": {"team": "a"}}}],
	  "persistentVolumeClaims": [{"metadata": {"name": "data"}, "spec": {"volumeName": "v"}}],
	  "persistentVolumes": [{"metadata": {"name": "v"}, "spec": {"capacity": {"storage": "1Gi"}}}],
	  "storageClasses": [{"metadata": {"name": "fast"}, "provisioner": "csi.example.com"},
	                     {"metadata": {"name": "late"}, "provisioner": "csi.example.com", "volumeBindingMode": "WaitForFirstConsumer"}],
	  "limits": {"maxNewNodes": 3, "maxNodes": 9, "maxResources": {"cpu": "64"}},
	  "policy": {"schedulerNames": ["default-scheduler"], "priorityCutoff": -10, "preferenceShare": 0.05}}`).Snapshot
	if diff := cmp.Diff(map[string]map[string]string{"apps": {"team": "a"}}, s.Namespaces); diff != "" {
		t.Errorf("namespaces differ (-want +got):\n%s", diff)
	}
	if len(s.Storage.Claims) != 1 || s.Storage.Claims[0].Namespace != "default" || len(s.Storage.Volumes) != 1 || len(s.Storage.Classes) != 2 {
		t.Errorf("storage %+v", s.Storage)
	}
	for i, want := range []string{"Immediate", "WaitForFirstConsumer"} {
		if got := string(*s.Storage.Classes[i].VolumeBindingMode); got != want {
			t.Errorf("class %d binds %s, want %s", i, got, want)
		}
	}
	wantLimits := plan.Limits{MaxNewNodes: 3, MaxNodes: 9, MaxResources: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("64")}}
	if diff := cmp.Diff(wantLimits, s.Limits); diff != "" {
		t.Errorf("limits differ (-want +got):\n%s", diff)
	}
	wantPolicy := plan.Policy{SchedulerNames: []string{"default-scheduler"}, PriorityCutoff: new(int32(-10)), PreferenceShare: 0.05}
	if diff := cmp.Diff(wantPolicy, s.Policy); diff != "" {
		t.Errorf("policy differs (-want +got):\n%s", diff)
	}
	offering := s.Offerings[0]
	if gpus := offering.Allocatable["example.com/gpu"]; !offering.SoldOut || gpus.Value() != 2 || offering.Allocatable.StorageEphemeral().Value() != 10<<30 {
		t.Errorf("offering %+v", offering)
	}
}

func TestShortPodsAreCompletedAsTheAPIServerDoes(t *testing.T) {
	twins := `"spec": {"hostNetwork": true, "resources": {"limits": {"cpu": "4", "memory": "8Gi"}}, "containers": [{"name": "c",
	  "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "2", "example.com/gpu": 1}, "requests": {"cpu": "1"}}}]}`
	s := read(t, `{"offerings": [`+small+`], "pods": [{"metadata": {"name": "a"}, `+twins+`}, {"metadata": {"name": "b"}, `+twins+`}]}`)
	for _, pod := range s.Snapshot.Pods {
		want := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), "example.com/gpu": resource.MustParse("1")}
		if diff := cmp.Diff(want, pod.Spec.Containers[0].Resources.Requests); diff != "" {
			t.Errorf("requests of the container differ (-want +got):\n%s", diff)
		}
		want = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("8Gi")}
		if diff := cmp.Diff(want, pod.Spec.Resources.Requests); diff != "" {
			t.Errorf("requests of the pod differ (-want +got):\n%s", diff)
		}
		if port := pod.Spec.Containers[0].Ports[0].HostPort; port != 80 || pod.Spec.SchedulerName != "default-scheduler" {
			t.Errorf("host port %d, scheduler %q", port, pod.Spec.SchedulerName)
		}
	}
}
