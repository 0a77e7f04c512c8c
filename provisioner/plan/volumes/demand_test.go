package volumes_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/plan/volumes"
)

func TestProblemsThatNoNodeSolves(t *testing.T) {
	immediate := func(c *storagev1.StorageClass) {
		mode := storagev1.VolumeBindingImmediate
		c.VolumeBindingMode = &mode
	}
	lost := func(c *corev1.PersistentVolumeClaim) { c.Status.Phase = corev1.ClaimLost }
	ending := func(c *corev1.PersistentVolumeClaim) { c.DeletionTimestamp = &metav1.Time{} }
	unfinished := func(c *corev1.PersistentVolumeClaim) { c.Annotations = nil }
	unreadable := func(c *corev1.PersistentVolumeClaim) {
		c.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "x", Operator: "Like"}}}
	}
	tests := map[string]struct {
		world world
		pod   *corev1.Pod
		want  string // a part of the problem
	}{
		"no claim":                  {given(), pod("data"), "claim default/data does not exist"},
		"a claim without a name":    {given(), pod(""), "does not exist"},
		"no ephemeral claim yet":    {given(), pod(ephemeral), "claim default/app-v0 of its ephemeral volume has not been created"},
		"somebody else's claim":     {given(claim("app-v0"), class("wait")), pod(ephemeral), "was not created for the pod"},
		"lost":                      {given(claim("data", boundTo("v"), lost)), pod("data"), "lost its volume v"},
		"being deleted":             {given(claim("data", boundTo("v"), ending), volume("v")), pod("data"), "being deleted"},
		"volume missing":            {given(claim("data", boundTo("v"))), pod("data"), "volume v of the claim default/data does not exist"},
		"binding unfinished":        {given(claim("data", boundTo("v"), unfinished), volume("v"), class("wait")), pod("data"), "not bound to it yet"},
		"no class":                  {given(claim("data", ofClass(""))), pod("data"), "no storage class"},
		"class missing":             {given(claim("data")), pod("data"), "storage class wait of the claim default/data does not exist"},
		"immediate binding":         {given(claim("data"), class("wait", immediate)), pod("data"), "does not wait for a node"},
		"no binding mode":           {given(claim("data"), class("wait", func(c *storagev1.StorageClass) { c.VolumeBindingMode = nil })), pod("data"), "does not wait for a node"},
		"a selector of nonsense":    {given(claim("data", unreadable), class("wait")), pod("data"), "selector of the claim default/data"},
		"nothing provisions":        {given(claim("data"), class("wait", provisionsNone)), pod("data"), "can provision none"},
		"the first problem is told": {given(claim("b", ending)), pod("a", "b"), "claim default/a does not exist"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.world.demand(test.pod).Problem; got == "" || !strings.Contains(got, test.want) {
				t.Errorf("got problem %q, want one with %q", got, test.want)
			}
		})
	}
}

func TestAttachments(t *testing.T) {
	csi := func(handle string) volumes.Attachment {
		return volumes.Attachment{Driver: "csi.example.com", Handle: handle}
	}
	source := func(s corev1.PersistentVolumeSource) func(*corev1.PersistentVolume) {
		return func(v *corev1.PersistentVolume) { v.Spec.PersistentVolumeSource = s }
	}
	ebs := &corev1.AWSElasticBlockStoreVolumeSource{VolumeID: "aws://zone/vol-1"}
	gce := &corev1.GCEPersistentDiskVolumeSource{PDName: "pd"}
	tests := map[string]struct {
		world world
		pod   *corev1.Pod
		want  []volumes.Attachment
	}{
		"bound":                       {given(claim("data", boundTo("v")), volume("v")), pod("data"), []volumes.Attachment{csi("handle-v")}},
		"unbound":                     {given(claim("data"), class("wait")), pod("data"), []volumes.Attachment{csi("claim:default/data")}},
		"by its class, volume gone":   {given(claim("data", boundTo("v")), class("wait")), pod("data"), []volumes.Attachment{csi("claim:default/data")}},
		"two uses count once":         {given(claim("data", boundTo("v")), volume("v")), pod("data", "data"), []volumes.Attachment{csi("handle-v")}},
		"two claims":                  {given(claim("a"), claim("b"), class("wait")), pod("b", "a"), []volumes.Attachment{csi("claim:default/b"), csi("claim:default/a")}},
		"a lost claim still occupies": {given(claim("data", boundTo("v"), func(c *corev1.PersistentVolumeClaim) { c.Status.Phase = corev1.ClaimLost }), volume("v")), pod("data"), []volumes.Attachment{csi("handle-v")}},
		"no driver":                   {given(claim("data"), class("wait", provisionsNone)), pod("data"), nil},
		"no class":                    {given(claim("data")), pod("data"), nil},
		"not a disk":                  {given(claim("data", boundTo("v")), volume("v", source(corev1.PersistentVolumeSource{NFS: &corev1.NFSVolumeSource{}}))), pod("data"), nil},
		"an old class":                {given(claim("data"), class("wait", func(c *storagev1.StorageClass) { c.Provisioner = "kubernetes.io/cinder" })), pod("data"), []volumes.Attachment{{Driver: "cinder.csi.openstack.org", Handle: "claim:default/data"}}},
		"an EBS volume of old":        {given(claim("data", boundTo("v")), volume("v", source(corev1.PersistentVolumeSource{AWSElasticBlockStore: ebs}))), pod("data"), []volumes.Attachment{{Driver: "ebs.csi.aws.com", Handle: "vol-1"}}},
		"a zonal disk of old": {given(claim("data", boundTo("v")), volume("v", labelled(zone, "z-1"), source(corev1.PersistentVolumeSource{GCEPersistentDisk: gce}))),
			pod("data"), []volumes.Attachment{{Driver: "pd.csi.storage.gke.io", Handle: "projects/UNSPECIFIED/zones/z-1/disks/pd"}}},
		"a regional disk of old": {given(claim("data", boundTo("v")), volume("v", labelled(oldZone, "l-r-a__l-r-b"), source(corev1.PersistentVolumeSource{GCEPersistentDisk: gce}))),
			pod("data"), []volumes.Attachment{{Driver: "pd.csi.storage.gke.io", Handle: "projects/UNSPECIFIED/regions/l-r/disks/pd"}}},
		"disks named by the pod": {given(), pod(corev1.VolumeSource{GCEPersistentDisk: gce}, corev1.VolumeSource{AWSElasticBlockStore: ebs}), []volumes.Attachment{
			{Driver: "pd.csi.storage.gke.io", Handle: "projects/UNSPECIFIED/zones/UNSPECIFIED/disks/pd"}, {Driver: "ebs.csi.aws.com", Handle: "vol-1"}}},
		"a CSI volume named by the pod is no attachment": {given(), pod(corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "csi.example.com"}}), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.world.demand(test.pod).Attach); diff != "" {
				t.Errorf("attachments differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClaimsOfOnePod(t *testing.T) {
	alone := func(c *corev1.PersistentVolumeClaim) {
		c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}
	}
	p := pod("a", "b", ephemeral, "a")
	w := given(claim("a", alone), claim("b"), claim("app-v2", alone, ownedBy(p)), class("wait"))

	d := w.demand(p)

	if diff := cmp.Diff([]string{"default/a"}, d.Exclusive); diff != "" {
		t.Errorf("exclusive claims differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"default/a", "default/b", "default/app-v2"}, d.Unbound); diff != "" {
		t.Errorf("unbound claims differ (-want +got):\n%s", diff)
	}
}

func TestVolumesThatDoNotMatter(t *testing.T) {
	simple := pod(
		corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}, corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{}},
		corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{}}, corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{}},
		corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{}}, corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{}},
	)
	if !volumes.Simple(simple) {
		t.Error("the pod is not simple")
	}
	if diff := cmp.Diff(volumes.Demand{}, given().demand(simple), cmp.AllowUnexported(volumes.Static{})); diff != "" {
		t.Errorf("demand differs (-want +got):\n%s", diff)
	}
	for _, source := range []any{
		"data", ephemeral, corev1.VolumeSource{RBD: &corev1.RBDVolumeSource{}}, corev1.VolumeSource{ISCSI: &corev1.ISCSIVolumeSource{}},
		corev1.VolumeSource{AzureDisk: &corev1.AzureDiskVolumeSource{}}, corev1.VolumeSource{Cinder: &corev1.CinderVolumeSource{}},
		corev1.VolumeSource{PortworxVolume: &corev1.PortworxVolumeSource{}}, corev1.VolumeSource{GCEPersistentDisk: &corev1.GCEPersistentDiskVolumeSource{}},
		corev1.VolumeSource{AWSElasticBlockStore: &corev1.AWSElasticBlockStoreVolumeSource{}},
	} {
		if volumes.Simple(pod(source)) {
			t.Errorf("a pod with %+v is simple", source)
		}
	}
}

func TestEqualTermsAreSaidOnce(t *testing.T) {
	w := given(claim("a", boundTo("v")), claim("b", boundTo("w")),
		volume("v", reachedBy(in(zone, "a")), labelled(zone, "a")), volume("w", reachedBy(in(zone, "a")), labelled(zone, "a")))
	if got := w.demand(pod("a", "b")).Terms; len(got) != 2 {
		t.Errorf("got %d terms, want 2: %v", len(got), got)
	}
}

func TestLocalVolumesOfManyNodesAreOneTerm(t *testing.T) {
	w := given(claim("data"), class("wait", provisionsNone), volume("v1", on("n1")), volume("v3", on("n3")), volume("v2", on("n2")), volume("v0", on("n1")))
	want := []*corev1.NodeSelector{{NodeSelectorTerms: []corev1.NodeSelectorTerm{in(hostname, "n1", "n2", "n3")}}}
	if diff := cmp.Diff(want, w.demand(pod("data")).Terms); diff != "" {
		t.Errorf("terms differ (-want +got):\n%s", diff)
	}
}
