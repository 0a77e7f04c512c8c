package policies_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
	"github.com/vpsie/vpsie-autoscaler/webhook/pod"
)

// secondScheduler is the one that pod-scheduler.yaml names.
const secondScheduler = "vpsie-scheduler"

// shop is a namespace in which pods are changed, next to one in which they are not.
type shop struct {
	api                  client.Client
	namespace, untouched string
	groups               map[string]*v1alpha1.NodeGroup // those that a pod of the namespace can name
}

func newShop(t *testing.T) *shop {
	cluster := controlplanetest.Shared(t)
	ourNamespace(t, cluster)
	cluster.ApplyManifests(t, "../crds/autoscaler.vpsie.com_nodegroups.yaml", "pod-node-group.yaml", "pod-capacity-type.yaml", "pod-scheduler.yaml")
	s := &shop{api: as(t, cluster, "ann"), namespace: cluster.Namespace(t), untouched: cluster.Namespace(t), groups: map[string]*v1alpha1.NodeGroup{}}
	_, err := cluster.Client().CoreV1().Namespaces().Patch(t.Context(), s.namespace, types.MergePatchType,
		[]byte(`{"metadata":{"labels":{"autoscaler.vpsie.com/pod-mutation":"enabled"}}}`), metav1.PatchOptions{})
	must(t, "label the namespace", err)
	s.add(t, s.namespace, build.NodeGroup("gold").Fresh().
		Taint("dedicated", "gold", corev1.TaintEffectNoSchedule).Taint("expensive", "", corev1.TaintEffectPreferNoSchedule).Obj())
	s.add(t, ours, build.NodeGroup("silver").Fresh().Taint("dedicated", "silver", corev1.TaintEffectNoExecute).Obj())
	s.add(t, ours, build.NodeGroup("plain").Fresh().Obj())
	controlplanetest.Eventually(t, "the policies to be enforced", func(ctx context.Context) error {
		probe := build.Pod("probe").Obj()
		probe.Labels = map[string]string{v1alpha1.LabelPodNodeGroup: "silver", v1alpha1.LabelCapacityType: "spot"}
		after, err := s.create(ctx, s.namespace, probe)
		if err != nil {
			return err
		}
		if len(after.Spec.NodeSelector) != 2 || after.Spec.SchedulerName != secondScheduler {
			return fmt.Errorf("the pod is %+v", after.Spec)
		}
		return nil
	})
	return s
}

func (s *shop) add(t *testing.T, namespace string, group *v1alpha1.NodeGroup) {
	t.Helper()
	s.groups[group.Name] = group.DeepCopy()
	group.Namespace, group.UID, group.CreationTimestamp = namespace, "", metav1.Time{}
	must(t, "create a NodeGroup", s.api.Create(t.Context(), group))
	t.Cleanup(func() {
		if err := s.api.Delete(context.Background(), group); err != nil {
			t.Error(err)
		}
	})
}

// create rehearses the creation of a pod and gives what would be stored.
func (s *shop) create(ctx context.Context, namespace string, before *corev1.Pod) (*corev1.Pod, error) {
	after := before.DeepCopy()
	after.Namespace, after.UID, after.CreationTimestamp, after.Status = namespace, "", metav1.Time{}, corev1.PodStatus{}
	for i := range after.Spec.Containers {
		after.Spec.Containers[i].Image = "app"
	}
	err := s.api.Create(ctx, after, client.DryRunAll)
	return after, err
}

// same compares what the policies make of a pod with what the webhook would add to it, and gives the former.
func (s *shop) same(t *testing.T, before *corev1.Pod) *corev1.Pod {
	t.Helper()
	got, err := s.create(t.Context(), s.namespace, before)
	must(t, "create the pod", err)
	want, err := s.create(t.Context(), s.untouched, before)
	must(t, "create the pod where nothing is added", err)
	tied := want.Spec.NodeName != "" || len(want.OwnerReferences) > 0 && want.OwnerReferences[0].Kind == "DaemonSet"
	if !tied {
		wishes := &pod.Wishes{SchedulerName: secondScheduler, Group: s.groups[want.Labels[v1alpha1.LabelPodNodeGroup]]}
		additions, _ := pod.Missing(want, wishes)
		for _, step := range additions.Patch(want) {
			if value, ok := step.Value.(string); ok && strings.HasSuffix(step.Path, "/autoscaler.vpsie.com~1mutations") {
				metav1.SetMetaDataAnnotation(&want.ObjectMeta, v1alpha1.AnnotationPodMutations, value)
			}
		}
		if len(additions.NodeSelector) > 0 && want.Spec.NodeSelector == nil {
			want.Spec.NodeSelector = map[string]string{}
		}
		maps.Copy(want.Spec.NodeSelector, additions.NodeSelector)
		want.Spec.Tolerations = append(want.Spec.Tolerations, additions.Tolerations...)
		if additions.SchedulerName != "" {
			want.Spec.SchedulerName = additions.SchedulerName
		}
	}
	if difference := cmp.Diff(want.Spec, got.Spec, ignoreVolumes); difference != "" {
		t.Errorf("the policies make another pod than the webhook, - webhook + policies:\n%s", difference)
	}
	if difference := cmp.Diff(want.Annotations, got.Annotations); difference != "" {
		t.Errorf("the policies record something else than the webhook, - webhook + policies:\n%s", difference)
	}
	return got
}

// ignoreVolumes leaves out the volume of the service account's token, which has a random name.
var ignoreVolumes = cmp.FilterPath(func(path cmp.Path) bool {
	last := path.Last().String()
	return last == ".Volumes" || last == ".VolumeMounts"
}, cmp.Ignore())

func labelled(labels ...string) *corev1.Pod {
	p := build.Pod("p").Obj()
	p.Labels = map[string]string{}
	for i := 0; i < len(labels); i += 2 {
		p.Labels[labels[i]] = labels[i+1]
	}
	return p
}

func changed(p *corev1.Pod, change func(*corev1.Pod)) *corev1.Pod {
	change(p)
	return p
}

// affine gives a pod a required node affinity.
func affine(key string, values ...string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: key, Operator: corev1.NodeSelectorOpIn, Values: values}}}},
		}}}
	}
}

func tolerant(tolerations ...corev1.Toleration) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Spec.Tolerations = tolerations }
}

// ownSchedulerAndRecord leaves the record of additions, which is from another pod, to one policy.
func ownSchedulerAndRecord(p *corev1.Pod) {
	p.Spec.SchedulerName = "volcano"
	metav1.SetMetaDataAnnotation(&p.ObjectMeta, v1alpha1.AnnotationPodMutations, "z, z")
}

func TestPoliciesAddToPodsWhatTheWebhookAdds(t *testing.T) {
	s := newShop(t)
	const group, capacity = v1alpha1.LabelPodNodeGroup, v1alpha1.LabelCapacityType
	const scheduler, goldTaints = "schedulerName vpsie-scheduler", "toleration dedicated=gold:NoSchedule, toleration expensive:PreferNoSchedule"
	const goldSelector, spot = "nodeSelector autoscaler.vpsie.com/nodegroup=gold", "nodeSelector autoscaler.vpsie.com/capacity-type=spot"
	exists := corev1.TolerationOpExists
	cases := map[string]struct {
		pod    *corev1.Pod
		record string
	}{
		"no wishes":                       {labelled(), scheduler},
		"a scheduler of its own":          {build.Pod("p").Scheduler("volcano").Obj(), ""},
		"a group of its namespace":        {labelled(group, "gold"), goldSelector + ", " + scheduler + ", " + goldTaints},
		"a shared group":                  {labelled(group, "silver"), "nodeSelector autoscaler.vpsie.com/nodegroup=silver, " + scheduler + ", toleration dedicated=silver:NoExecute"},
		"a group without taints":          {labelled(group, "plain"), "nodeSelector autoscaler.vpsie.com/nodegroup=plain, " + scheduler},
		"a group that does not exist":     {labelled(group, "bronze"), scheduler},
		"an empty name of a group":        {labelled(group, ""), scheduler},
		"a group and spot":                {labelled(group, "gold", capacity, "spot"), spot + ", " + goldSelector + ", " + scheduler + ", " + goldTaints},
		"spot by annotation":              {changed(labelled(), func(p *corev1.Pod) { metav1.SetMetaDataAnnotation(&p.ObjectMeta, capacity, "spot") }), spot + ", " + scheduler},
		"the label before the annotation": {changed(labelled(capacity, "spot"), func(p *corev1.Pod) { metav1.SetMetaDataAnnotation(&p.ObjectMeta, capacity, "on-demand") }), spot + ", " + scheduler},
		"an unknown capacity type":        {labelled(capacity, "free"), scheduler},
		"a selector of its own":           {changed(labelled(group, "gold"), func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{v1alpha1.LabelNodeGroup: "other"} }), scheduler + ", " + goldTaints},
		"a selector for something else":   {changed(labelled(group, "plain"), func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"disk": "ssd"} }), "nodeSelector autoscaler.vpsie.com/nodegroup=plain, " + scheduler},
		"an affinity to the group":        {changed(labelled(group, "gold"), affine(v1alpha1.LabelNodeGroup, "gold", "silver")), scheduler + ", " + goldTaints},
		"an affinity to something else":   {changed(labelled(group, "plain"), affine("disk", "ssd")), "nodeSelector autoscaler.vpsie.com/nodegroup=plain, " + scheduler},
		"an affinity to a capacity type":  {changed(labelled(capacity, "spot"), affine(capacity, "on-demand")), scheduler},
		"it tolerates everything":         {changed(labelled(group, "gold"), tolerant(corev1.Toleration{Operator: exists})), goldSelector + ", " + scheduler},
		"it tolerates the key":            {changed(labelled(group, "gold"), tolerant(corev1.Toleration{Key: "dedicated", Operator: exists})), goldSelector + ", " + scheduler + ", toleration expensive:PreferNoSchedule"},
		"it tolerates another value":      {changed(labelled(group, "gold"), tolerant(corev1.Toleration{Key: "dedicated", Value: "x"})), goldSelector + ", " + scheduler + ", " + goldTaints},
		"it tolerates the value":          {changed(labelled(group, "gold"), tolerant(corev1.Toleration{Key: "dedicated", Value: "gold"})), goldSelector + ", " + scheduler + ", toleration expensive:PreferNoSchedule"},
		"it tolerates another effect":     {changed(labelled(group, "gold"), tolerant(corev1.Toleration{Key: "dedicated", Operator: exists, Effect: "NoExecute"})), goldSelector + ", " + scheduler + ", " + goldTaints},
		"a record from another pod": {changed(labelled(), func(p *corev1.Pod) {
			metav1.SetMetaDataAnnotation(&p.ObjectMeta, v1alpha1.AnnotationPodMutations, "z, "+scheduler+", a")
		}), "a, " + scheduler + ", z"},
		"a group, a scheduler of its own and a record": {changed(labelled(group, "gold"), ownSchedulerAndRecord), goldSelector + ", " + goldTaints + ", z"},
		"spot, a scheduler of its own and a record":    {changed(labelled(capacity, "spot"), ownSchedulerAndRecord), spot + ", z"},
		"a pod that names its node":                    {build.Pod("p").On("n").Obj(), ""},
		"a pod of a DaemonSet": {changed(labelled(group, "gold"), func(p *corev1.Pod) {
			p.OwnerReferences = build.Pod("p").OwnedBy("DaemonSet", "d").Obj().OwnerReferences
		}), ""},
		"a pod of a ReplicaSet": {changed(labelled(group, "plain"), func(p *corev1.Pod) {
			p.OwnerReferences = build.Pod("p").OwnedBy("ReplicaSet", "r").Obj().OwnerReferences
		}), "nodeSelector autoscaler.vpsie.com/nodegroup=plain, " + scheduler},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			once := s.same(t, c.pod)
			if got := once.Annotations[v1alpha1.AnnotationPodMutations]; got != c.record {
				t.Errorf("recorded %q, want %q", got, c.record)
			}
			// a pod that is made from what was stored, as by kubectl replace --force, stays as it is
			twice := s.same(t, once)
			if difference := cmp.Diff(once.Spec, twice.Spec, ignoreVolumes); difference != "" {
				t.Errorf("the second time adds more: %s", difference)
			}
		})
	}
}

func TestPodsOfOtherNamespacesAreLeftAlone(t *testing.T) {
	s := newShop(t)
	for _, namespace := range []string{s.untouched, ours, "kube-system"} {
		after, err := s.create(t.Context(), namespace, labelled(v1alpha1.LabelPodNodeGroup, "silver", v1alpha1.LabelCapacityType, "spot"))
		must(t, "create a pod", err)
		if len(after.Spec.NodeSelector) > 0 || after.Spec.SchedulerName != corev1.DefaultSchedulerName || after.Annotations[v1alpha1.AnnotationPodMutations] != "" {
			t.Errorf("namespace %s: the pod is changed: %+v", namespace, after.Spec)
		}
	}
}
