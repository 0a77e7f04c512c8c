package volumes_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	zone     = corev1.LabelTopologyZone
	region   = corev1.LabelTopologyRegion
	oldZone  = corev1.LabelFailureDomainBetaZone
	hostname = corev1.LabelHostname
)

// Nodes for all tables: two zones, one node that only has the old label, one without any.
var nodes = []*corev1.Node{
	node("a1", zone, "a", region, "r"), node("a2", zone, "a", region, "r"), node("b1", zone, "b", region, "r"),
	node("old-a", oldZone, "a"), node("none"),
}

func places(w world, p *corev1.Pod) string {
	d := w.demand(p)
	var names []string
	for _, n := range nodes {
		if admits(d, n) {
			names = append(names, n.Name)
		}
	}
	return strings.Join(names, " ")
}

func TestWherePodsOfBoundClaimsMayGo(t *testing.T) {
	tests := map[string]struct {
		volume *corev1.PersistentVolume
		want   string
	}{
		"nothing is said":                        {volume("v"), "a1 a2 b1 old-a none"},
		"node affinity":                          {volume("v", reachedBy(in(zone, "a"))), "a1 a2"},
		"terms are alternatives":                 {volume("v", reachedBy(in(zone, "b"), in(hostname, "none"))), "b1 none"},
		"a node's name counts for nothing":       {volume("v", reachedBy(named("a1"))), "a1 a2 b1 old-a none"},
		"a name beside labels":                   {volume("v", reachedBy(corev1.NodeSelectorTerm{MatchExpressions: in(zone, "b").MatchExpressions, MatchFields: named("a1").MatchFields})), "b1"},
		"a field that cannot be read":            {volume("v", reachedBy(corev1.NodeSelectorTerm{MatchFields: in("metadata.name").MatchExpressions})), ""},
		"no term at all":                         {volume("v", reachedBy()), ""},
		"an empty term":                          {volume("v", reachedBy(corev1.NodeSelectorTerm{})), ""},
		"a term that cannot be read":             {volume("v", reachedBy(in(zone), in(zone, "b"))), "b1"},
		"zone label: nodes without zones do":     {volume("v", labelled(zone, "a")), "a1 a2 none"},
		"several zones":                          {volume("v", labelled(zone, "b__c")), "b1 none"},
		"spaces are no zone":                     {volume("v", labelled(zone, " b __ c ")), "b1 none"},
		"old zone label: both labels of nodes":   {volume("v", labelled(oldZone, "a")), "a1 a2 old-a none"},
		"region label":                           {volume("v", labelled(region, "other")), "none"},
		"a label with an empty zone is ignored":  {volume("v", labelled(zone, "a____b")), "a1 a2 b1 old-a none"},
		"an empty label is ignored":              {volume("v", labelled(zone, "")), "a1 a2 b1 old-a none"},
		"a zone that no node can bear":           {volume("v", labelled(zone, "a__-b")), "a1 a2 none"},
		"only zones that no node can bear":       {volume("v", labelled(zone, "-b")), "none"},
		"another label":                          {volume("v", labelled("zone", "a")), "a1 a2 b1 old-a none"},
		"node affinity and labels must both fit": {volume("v", labelled(zone, "a"), reachedBy(in(hostname, "a2", "b1"))), "a2"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := given(test.volume, claim("data", boundTo("v")))
			if got := places(w, pod("data")); got != test.want {
				t.Errorf("got %q, want %q; demand %+v", got, test.want, w.demand(pod("data")))
			}
		})
	}
}

func named(name string) corev1.NodeSelectorTerm {
	return corev1.NodeSelectorTerm{MatchFields: in("metadata.name", name).MatchExpressions}
}

func TestZoneLabelsSayNothingToEphemeralVolumes(t *testing.T) {
	p := pod(ephemeral)
	w := given(volume("v", labelled(zone, "a"), reachedBy(in(hostname, "a1", "b1"))), claim("app-v0", boundTo("v"), ownedBy(p)))
	if got, want := places(w, p), "a1 b1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWherePodsOfUnboundClaimsMayGo(t *testing.T) {
	selectedOn := func(name string) func(*corev1.PersistentVolumeClaim) {
		return func(c *corev1.PersistentVolumeClaim) {
			c.Annotations = map[string]string{"volume.kubernetes.io/selected-node": name}
		}
	}
	reservedFor := func(uid string) func(*corev1.PersistentVolume) {
		return func(v *corev1.PersistentVolume) {
			v.Spec.ClaimRef = &corev1.ObjectReference{Namespace: "default", Name: "data", UID: "uid-" + "data"}
			if uid != "" {
				v.Spec.ClaimRef.UID = "uid-of-another-life"
			}
		}
	}
	block, gold := corev1.PersistentVolumeBlock, "gold"
	tests := map[string]struct {
		world world
		want  string
	}{
		"provisioned anywhere":           {given(claim("data"), class("wait")), "a1 a2 b1 old-a none"},
		"allowed topologies":             {given(claim("data"), class("wait", allows(zone, "b"), allows(hostname, "none"))), "b1 none"},
		"an allowed topology of nothing": {given(claim("data"), class("wait", allows(zone))), ""},
		"being provisioned for a node":   {given(claim("data", selectedOn("a2")), class("wait")), "a2"},
		"that node is not allowed":       {given(claim("data", selectedOn("a2")), class("wait", allows(zone, "b"))), ""},
		"a local volume":                 {given(claim("data"), class("wait", provisionsNone), volume("v", on("a2"))), "a2"},
		"local volumes":                  {given(claim("data"), class("wait", provisionsNone), volume("v", on("a2")), volume("w", on("b1"))), "a2 b1"},
		"a volume for all":               {given(claim("data"), class("wait", provisionsNone), volume("v")), "a1 a2 b1 old-a none"},
		"no volume":                      {given(claim("data"), class("wait", provisionsNone)), ""},
		"a volume here, new ones there":  {given(claim("data"), class("wait", allows(zone, "b")), volume("v", on("none"))), "b1 none"},
		"a volume of another class":      {given(claim("data"), class("wait", provisionsNone), volume("v", func(v *corev1.PersistentVolume) { v.Spec.StorageClassName = "x" })), ""},
		"a class by annotation": {given(claim("data"), class("wait", provisionsNone), volume("v", on("b1"), func(v *corev1.PersistentVolume) {
			v.Spec.StorageClassName, v.Annotations = "x", map[string]string{corev1.BetaStorageClassAnnotation: "wait"}
		})), "b1"},
		"a small volume": {given(claim("data"), class("wait", provisionsNone), volume("v", func(v *corev1.PersistentVolume) { v.Spec.Capacity = storage("1Mi") })), ""},
		"a block volume": {given(claim("data"), class("wait", provisionsNone), volume("v", func(v *corev1.PersistentVolume) { v.Spec.VolumeMode = &block })), ""},
		"other attributes": {given(claim("data"), class("wait", provisionsNone),
			volume("v", func(v *corev1.PersistentVolume) { v.Spec.VolumeAttributesClassName = &gold })), ""},
		"other access": {given(claim("data", func(c *corev1.PersistentVolumeClaim) {
			c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}
		}),
			class("wait", provisionsNone), volume("v")), ""},
		"a released volume": {given(claim("data"), class("wait", provisionsNone), volume("v", func(v *corev1.PersistentVolume) { v.Status.Phase = corev1.VolumeReleased })), ""},
		"a volume on its way out": {given(claim("data"), class("wait", provisionsNone),
			volume("v", func(v *corev1.PersistentVolume) { v.DeletionTimestamp = &metav1.Time{} })), ""},
		"a selector": {given(claim("data", func(c *corev1.PersistentVolumeClaim) {
			c.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"disk": "fast"}}
		}), class("wait", provisionsNone), volume("v", on("a1")), volume("w", on("a2"), labelled("disk", "fast"))), "a2"},
		"a reserved volume is the only one": {given(claim("data"), class("wait", provisionsNone), volume("a", on("a1")), volume("b", on("b1"), reservedFor(""))), "b1"},
		"a reserved volume and new ones":    {given(claim("data"), class("wait", allows(zone, "a")), volume("b", on("b1"), reservedFor(""))), "a1 a2 b1"},
		"reserved for a claim of that name": {given(claim("data"), class("wait", provisionsNone), volume("a", on("a1")), volume("b", on("b1"), reservedFor("other"))), "a1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := places(test.world, pod("data")); got != test.want {
				t.Errorf("got %q, want %q; demand %+v", got, test.want, test.world.demand(pod("data")))
			}
		})
	}
}
