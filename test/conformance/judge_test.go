package conformance

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Plans written by hand for a cluster of one node with one core and one group that sells machines with four.
func TestJudge(t *testing.T) {
	scheduler := newScheduler(t)
	for _, test := range []struct {
		name string
		// change prepares the cluster and the plan, which is empty.
		change func(s *plan.Snapshot, p *plan.Plan)
		// want is the beginning of what the verdict says, kind and plugin or reason; empty when all agree.
		want string
	}{
		{"a pod fits on a node that exists", func(s *plan.Snapshot, p *plan.Plan) {
			place(p, pod("a", "1"))
		}, ""},
		{"a pod is too large for its node", func(s *plan.Snapshot, p *plan.Plan) {
			place(p, pod("a", "2"))
		}, "placed, but refused: NodeResourcesFit"},
		{"pods fit alone but not together", func(s *plan.Snapshot, p *plan.Plan) {
			place(p, pod("a", "600m"), pod("b", "600m"))
		}, "placed, but refused: NodeResourcesFit"},
		{"pods that have ended take no room", func(s *plan.Snapshot, p *plan.Plan) {
			ended := pod("ended", "1")
			ended.Status.Phase = corev1.PodSucceeded
			s.Nodes[0].Pods = []*corev1.Pod{ended}
			place(p, pod("a", "1"))
		}, ""},
		{"the node is cordoned", func(s *plan.Snapshot, p *plan.Plan) {
			s.Nodes[0].Unschedulable = true
			place(p, pod("a", "1"))
		}, "placed, but refused: NodeUnschedulable"},
		{"a pod fits on a new node", func(s *plan.Snapshot, p *plan.Plan) {
			buy(s, p, pod("a", "4"))
		}, ""},
		{"a DaemonSet takes room of a new node", func(s *plan.Snapshot, p *plan.Plan) {
			s.Daemons = []*corev1.Pod{pod("daemon", "100m")}
			buy(s, p, pod("a", "4"))
		}, "placed, but refused: NodeResourcesFit"},
		{"the DaemonSet does not go to that node", func(s *plan.Snapshot, p *plan.Plan) {
			s.Daemons = []*corev1.Pod{pod("daemon", "100m")}
			s.Daemons[0].Spec.NodeSelector = map[string]string{"disk": "ssd"}
			buy(s, p, pod("a", "4"))
		}, ""},
		{"the DaemonSet runs on a node that is on its way already", func(s *plan.Snapshot, p *plan.Plan) {
			s.Daemons = []*corev1.Pod{pod("daemon", "500m")}
			s.Daemons[0].OwnerReferences = []metav1.OwnerReference{{UID: "set", Controller: new(true)}}
			s.Nodes[0].InFlight, s.Nodes[0].Pods = true, []*corev1.Pod{s.Daemons[0].DeepCopy()}
			place(p, pod("a", "500m"))
		}, ""},
		{"a pod is called too large that a node takes", func(s *plan.Snapshot, p *plan.Plan) {
			leave(p, pod("a", "1"), plan.ReasonTooLarge)
		}, "left, but accepted: TooLarge"},
		{"a pod is called too large that another machine takes", func(s *plan.Snapshot, p *plan.Plan) {
			leave(p, pod("a", "4"), plan.ReasonTooLarge)
		}, "left, but accepted: TooLarge"},
		{"a pod is too large for everything", func(s *plan.Snapshot, p *plan.Plan) {
			leave(p, pod("a", "5"), plan.ReasonTooLarge)
		}, ""},
		{"a limit keeps a pod out that only another machine takes", func(s *plan.Snapshot, p *plan.Plan) {
			leave(p, pod("a", "4"), plan.ReasonClusterLimit)
		}, ""},
		{"a limit is named though a new node has room", func(s *plan.Snapshot, p *plan.Plan) {
			buy(s, p, pod("a", "2"))
			leave(p, pod("b", "2"), plan.ReasonGroupLimit)
		}, "left, but accepted: GroupLimit"},
		{"below the cutoff, room on a new node does not count", func(s *plan.Snapshot, p *plan.Plan) {
			buy(s, p, pod("a", "2"))
			leave(p, pod("b", "2"), plan.ReasonBelowCutoff)
		}, ""},
		{"preemption makes room", func(s *plan.Snapshot, p *plan.Plan) {
			s.Nodes[0].Pods = []*corev1.Pod{pod("low", "1")}
			leave(p, important(pod("a", "1")), plan.ReasonPreemption)
		}, ""},
		{"preemption cannot make room", func(s *plan.Snapshot, p *plan.Plan) {
			s.Nodes[0].Pods = []*corev1.Pod{important(pod("other", "1"))}
			leave(p, important(pod("a", "1")), plan.ReasonPreemption)
		}, "waits for preemption, but refused: Preemption"},
		{"a pod that needs company of its own kind is the first of it", func(s *plan.Snapshot, p *plan.Plan) {
			buy(s, p, near("x", labelled("x", pod("a", "1"))), near("x", labelled("x", pod("b", "1"))))
		}, ""},
		{"two pods that wait for each other", func(s *plan.Snapshot, p *plan.Plan) {
			buy(s, p, near("y", labelled("x", pod("a", "1"))), near("x", labelled("y", pod("b", "1"))))
		}, "no order to bind: InterPodAffinity"},
		{"a pod is alone only as long as another one has not come", func(s *plan.Snapshot, p *plan.Plan) {
			buy(s, p, near("x", labelled("x", pod("a", "1"))))
			place(p, labelled("x", pod("b", "1")))
		}, "placed, but refused: InterPodAffinity"},
		{"a pod has to come before another one", func(s *plan.Snapshot, p *plan.Plan) {
			buy(s, p, near("x", labelled("x", pod("a", "1"))))
			buy(s, p, labelled("x", pod("b", "1")))
		}, "placed, but refused once others are there: InterPodAffinity"},
		{"each pod has to wait for the next one", func(s *plan.Snapshot, p *plan.Plan) {
			buy(s, p, near("x", pod("a", "1")), near("y", labelled("x", pod("b", "1"))), labelled("y", pod("c", "1")))
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			// given
			s := smallCluster()
			p := &plan.Plan{}
			test.change(s, p)

			// when
			verdict, err := scheduler.Judge(s, p)

			// then
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(verdict.Disagreements) > 0 {
				got = verdict.Disagreements[0].about()
			}
			if got != test.want {
				t.Errorf("got %q, want %q: %v", got, test.want, verdict.Disagreements)
			}
		})
	}
}

func TestJudgeCountsPodsThatCompeteForAVolume(t *testing.T) {
	// given two pods on one node, with a claim each, and one local disk for both
	s, p := smallCluster(), &plan.Plan{}
	wait := storagev1.VolumeBindingWaitForFirstConsumer
	s.Storage.Classes = []*storagev1.StorageClass{{ObjectMeta: metav1.ObjectMeta{Name: "local"},
		Provisioner: "kubernetes.io/no-provisioner", VolumeBindingMode: &wait}}
	disk := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "disk"}}
	disk.Spec.StorageClassName, disk.Spec.AccessModes = "local", []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	disk.Spec.Capacity = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("5Gi")}
	disk.Status.Phase = corev1.VolumeAvailable
	s.Storage.Volumes = []*corev1.PersistentVolume{disk}
	place(p, claiming(s, pod("a", "100m")), claiming(s, pod("b", "100m")))

	scheduler := newScheduler(t)
	for range 2 { // the second time shows that the first one left nothing behind
		// when
		verdict, err := scheduler.Judge(s, p)

		// then
		if err != nil {
			t.Fatal(err)
		}
		if len(verdict.Disagreements) > 0 || verdict.Contended != 1 {
			t.Errorf("got %d competing pods and %v, want 1 and no disagreement", verdict.Contended, verdict.Disagreements)
		}
	}
}

func TestJudgeRefusesAPlanForAGroupThatDoesNotExist(t *testing.T) {
	s, p := smallCluster(), &plan.Plan{}
	p.NewNodes = []plan.NewNode{{GroupKey: "default/other", Offering: &s.Offerings[0]}}

	_, err := newScheduler(t).Judge(s, p)

	if err == nil || !strings.Contains(err.Error(), "default/other") {
		t.Errorf("got error %v, want one about the group", err)
	}
}

func smallCluster() *plan.Snapshot {
	return &plan.Snapshot{
		Nodes:      []plan.Node{{Name: "old", Labels: map[string]string{corev1.LabelHostname: "old"}, Allocatable: room("1")}},
		Groups:     []plan.Group{{Key: "default/g", Max: 5, ScaleUp: true, DatacenterID: "dc"}},
		Offerings:  []plan.Offering{{ID: "o", DatacenterID: "dc", Allocatable: room("4"), Price: 1}},
		Namespaces: map[string]map[string]string{"default": nil},
	}
}

func room(cpu string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourcePods: resource.MustParse("10")}
}

func pod(name, cpu string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
	p.Spec.Containers = []corev1.Container{{Name: "main", Resources: corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)}}}}
	return p
}

func important(p *corev1.Pod) *corev1.Pod {
	p.Spec.Priority = new(int32(100))
	return p
}

func labelled(app string, p *corev1.Pod) *corev1.Pod {
	p.Labels = map[string]string{"app": app}
	return p
}

// near asks for the node of a pod with the label.
func near(app string, p *corev1.Pod) *corev1.Pod {
	p.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{
		TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}}}}}
	return p
}

// claiming mounts a new claim of class local.
func claiming(s *plan.Snapshot, p *corev1.Pod) *corev1.Pod {
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name + "-data"}}
	claim.Spec.StorageClassName, claim.Spec.AccessModes = new("local"), []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	claim.Status.Phase = corev1.ClaimPending
	s.Storage.Claims = append(s.Storage.Claims, claim)
	p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim.Name}}}}
	return p
}

func place(p *plan.Plan, pods ...*corev1.Pod) {
	for _, pod := range pods {
		p.Placed = append(p.Placed, plan.Placement{Pod: pod, Node: "old"})
	}
}

func buy(s *plan.Snapshot, p *plan.Plan, pods ...*corev1.Pod) {
	p.NewNodes = append(p.NewNodes, plan.NewNode{GroupKey: s.Groups[0].Key, Offering: &s.Offerings[0], Pods: pods})
}

func leave(p *plan.Plan, pod *corev1.Pod, reason plan.Reason) {
	p.Left = append(p.Left, plan.Unplaced{Pod: pod, Reason: reason, Message: "by hand"})
}
