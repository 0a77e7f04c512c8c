package webhook_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/controlplane/controlplanetest"
)

// apiServer has our kinds and no webhook: what it refuses, it refuses by the schema alone.
func apiServer(t *testing.T) client.Client {
	t.Helper()
	cluster := controlplanetest.Shared(t)
	cluster.ApplyManifests(t, "../manifests/crds/autoscaler.vpsie.com_nodegroups.yaml", "../manifests/crds/autoscaler.vpsie.com_vpsienodes.yaml")
	api, err := client.New(cluster.Config(), client.Options{Scheme: build.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return client.NewDryRunClient(api)
}

type (
	groupChange = func(*v1alpha1.NodeGroupSpec)
	nodeChange  = func(*v1alpha1.VPSieNode)
)

func soundGroup(change groupChange) *v1alpha1.NodeGroup {
	group := &v1alpha1.NodeGroup{Spec: v1alpha1.NodeGroupSpec{MinNodes: 1, MaxNodes: 5, DatacenterID: "fra1", OfferingIDs: []string{"small", "large"}}}
	group.Namespace, group.Name = "default", "general"
	change(&group.Spec)
	return group
}

func labelled(key, value string) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { s.Labels = map[string]string{key: value} }
}

func tainted(taints ...corev1.Taint) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { s.Taints = taints }
}

func keyed(key string) groupChange {
	return tainted(corev1.Taint{Key: key, Effect: corev1.TaintEffectNoSchedule})
}

func taintOf(key, value, effect string) corev1.Taint {
	return corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffect(effect)}
}

func desired(n int32) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { s.DesiredNodes = &n }
}

func window(seconds int32) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { s.ScaleDownPolicy.StabilizationWindowSeconds = &seconds }
}

func offeringsOf(ids ...string) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { s.OfferingIDs = ids }
}

func keys(lines ...string) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { s.SSHPublicKeys = lines }
}

func tagged(key, value string) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { s.Tags = map[string]v1alpha1.TagValue{key: v1alpha1.TagValue(value)} }
}

func configMap(name, key string) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) {
		s.CloudInitTemplateRef = &v1alpha1.ConfigMapKeyReference{Name: name, Key: key}
	}
}

func secret(name string, keys ...string) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) {
		s.SSHKeySecretRef = &v1alpha1.SSHKeySecretReference{Name: name, Keys: keys}
	}
}

func variable(name string) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) {
		s.CloudInitVariables = map[string]v1alpha1.CloudInitVariable{name: "x"}
	}
}

func both(first, second groupChange) groupChange {
	return func(s *v1alpha1.NodeGroupSpec) { first(s); second(s) }
}

const (
	ownedKey   = "keys that start with autoscaler.vpsie.com/ belong to the autoscaler: choose another key"
	foreignKey = "keys under kubernetes.io and k8s.io belong to Kubernetes, except node-role.kubernetes.io, "
	machineKey = "labels that tell what a machine is (hostname, architecture, operating system, instance type, zone, region) are set from the facts: choose"
	publicKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICxS6btJH9giPwftnURbjYw52+5cCxWfE0Ys8Lt5fjjN ada@example.com"
)

var long = strings.Repeat("x", 300)

// Each rule: what it refuses, what the refusal says, and the nearest neighbour that is accepted.
var groupRules = map[string]struct {
	refuse groupChange
	says   []string
	accept groupChange
}{
	"minNodes below 0":       {func(s *v1alpha1.NodeGroupSpec) { s.MinNodes = -1 }, []string{"spec.minNodes", "-1"}, func(s *v1alpha1.NodeGroupSpec) { s.MinNodes = 0 }},
	"maxNodes above 1000":    {func(s *v1alpha1.NodeGroupSpec) { s.MaxNodes = 1001 }, []string{"spec.maxNodes", "1001"}, func(s *v1alpha1.NodeGroupSpec) { s.MaxNodes = 1000 }},
	"minNodes above max":     {func(s *v1alpha1.NodeGroupSpec) { s.MinNodes = 6 }, []string{"spec.minNodes", "minNodes must not be above maxNodes"}, func(s *v1alpha1.NodeGroupSpec) { s.MinNodes = 5 }},
	"desiredNodes above max": {desired(6), []string{"spec.desiredNodes", "between minNodes and maxNodes"}, desired(5)},
	"desiredNodes below min": {desired(0), []string{"spec.desiredNodes", "between minNodes and maxNodes"}, desired(1)},
	"data centre": {
		func(s *v1alpha1.NodeGroupSpec) { s.DatacenterID = "fra 1" },
		[]string{"spec.datacenterID", "fra 1"},
		func(s *v1alpha1.NodeGroupSpec) { s.DatacenterID = "fra_1" },
	},
	"no data centre":      {func(s *v1alpha1.NodeGroupSpec) { s.DatacenterID = "" }, []string{"spec.datacenterID"}, func(s *v1alpha1.NodeGroupSpec) { s.DatacenterID = "f" }},
	"offering":            {offeringsOf("small", "a b"), []string{"spec.offeringIDs[1]", "a b"}, offeringsOf("small", "a.b")},
	"offering twice":      {offeringsOf("small", "small"), []string{"spec.offeringIDs[1]", "Duplicate value", "small"}, offeringsOf("small", "Small")},
	"preferred, not sold": {func(s *v1alpha1.NodeGroupSpec) { s.PreferredOfferingID = "medium" }, []string{"spec.preferredOfferingID", "must be one of offeringIDs"}, func(s *v1alpha1.NodeGroupSpec) { s.PreferredOfferingID = "large" }},
	"priority":            {func(s *v1alpha1.NodeGroupSpec) { s.Priority = 1_000_001 }, []string{"spec.priority", "1000001"}, func(s *v1alpha1.NodeGroupSpec) { s.Priority = 1_000_000 }},
	"image":               {func(s *v1alpha1.NodeGroupSpec) { s.OSImageID = "ubuntu/24" }, []string{"spec.osImageID", "ubuntu/24"}, func(s *v1alpha1.NodeGroupSpec) { s.OSImageID = "ubuntu-24" }},

	"label key":                   {labelled("a key", ""), []string{"spec.labels", "a key is no label key: use letters"}, labelled("a_key", "")},
	"label key without a name":    {labelled("example.com/", ""), []string{"spec.labels", "a key is no label key: use letters"}, labelled("example.com/a", "")},
	"prefix of a label key":       {labelled("Example_com/a", ""), []string{"spec.labels", "a key is no label key: use letters"}, labelled("example.com/A", "")},
	"length of a label key":       {labelled(long[:64], ""), []string{"spec.labels", "a key is no label key: use letters"}, labelled(long[:63], "")},
	"length of a prefix":          {labelled(long[:254]+"/a", ""), []string{"spec.labels", "a key is no label key: use letters"}, labelled(long[:253]+"/a", "")},
	"label value":                 {labelled("team", "a b"), []string{"spec.labels.team", "a b"}, labelled("team", "a-b")},
	"end of a label value":        {labelled("team", "a-"), []string{"spec.labels.team", "a-"}, labelled("team", "")},
	"length of a label value":     {labelled("team", long[:64]), []string{"spec.labels.team", "63"}, labelled("team", long[:63])},
	"label of the autoscaler":     {labelled("autoscaler.vpsie.com/managed", "true"), []string{"spec.labels", ownedKey}, labelled("autoscaler.example.com/managed", "true")},
	"label of Kubernetes":         {labelled("kubernetes.io/team", "a"), []string{"spec.labels", foreignKey}, labelled("mykubernetes.io/team", "a")},
	"label below k8s.io":          {labelled("app.k8s.io/team", "a"), []string{"spec.labels", foreignKey}, labelled("node-role.kubernetes.io/worker", "")},
	"label of an impostor":        {labelled("my-node-role.kubernetes.io/a", "b"), []string{"spec.labels", foreignKey}, labelled("tenant.node-restriction.kubernetes.io/a", "b")},
	"label with the architecture": {labelled("kubernetes.io/arch", "arm64"), []string{"spec.labels", machineKey}, labelled("node.kubernetes.io/exclude-from-external-load-balancers", "true")},
	"label with the size":         {labelled("node.kubernetes.io/instance-type", "a"), []string{"spec.labels", machineKey}, labelled("node.kubernetes.io/a", "b")},

	"taint key":               {keyed("a b"), []string{"spec.taints[0].key", "a b: not a taint key: use letters"}, keyed("a_b")},
	"taint without a key":     {keyed(""), []string{"spec.taints[0].key"}, keyed("a")},
	"length of a taint key":   {keyed(long[:64]), []string{"spec.taints[0].key", "not a taint key"}, keyed(long[:63])},
	"taint of the autoscaler": {keyed("autoscaler.vpsie.com/uninitialized"), []string{"spec.taints[0].key", "autoscaler.vpsie.com/uninitialized: " + ownedKey}, keyed("example.com/uninitialized")},
	"taint of Kubernetes":     {keyed("node.kubernetes.io/not-ready"), []string{"spec.taints[0].key", "node.kubernetes.io/not-ready: " + foreignKey}, keyed("node-role.kubernetes.io/batch")},
	"taint value":             {tainted(taintOf("a", "b c", "NoSchedule")), []string{"spec.taints[0].value", "b c"}, tainted(taintOf("a", "b.c", "NoSchedule"))},
	"length of a taint value": {tainted(taintOf("a", long[:64], "NoSchedule")), []string{"spec.taints[0].value", "63"}, tainted(taintOf("a", long[:63], "NoSchedule"))},
	"taint effect":            {tainted(taintOf("a", "", "NoRun")), []string{"spec.taints[0].effect", "NoRun", "PreferNoSchedule"}, tainted(taintOf("a", "", "PreferNoSchedule"))},
	"taint without an effect": {tainted(taintOf("a", "", "")), []string{"spec.taints[0].effect", "NoExecute"}, tainted(taintOf("a", "", "NoExecute"))},
	"taint twice":             {tainted(taintOf("a", "b", "NoSchedule"), taintOf("a", "c", "NoSchedule")), []string{"spec.taints", "a taint is there twice"}, tainted(taintOf("a", "b", "NoSchedule"), taintOf("a", "b", "NoExecute"))},

	"two templates": {
		both(configMap("a", "b"), func(s *v1alpha1.NodeGroupSpec) { s.CloudInitTemplate = "#!a" }),
		[]string{"spec.cloudInitTemplateRef", "exclude each other: keep one"}, configMap("a", "b"),
	},
	"name of a ConfigMap":      {configMap("A", "b"), []string{"spec.cloudInitTemplateRef.name", "A"}, configMap("a.b", "B")},
	"key of a ConfigMap":       {configMap("a", "b/c"), []string{"spec.cloudInitTemplateRef.key", "b/c"}, configMap("a", "b_c")},
	"name of a variable":       {variable("a-b"), []string{"spec.cloudInitVariables", "names of variables consist of"}, variable("a_b")},
	"variable of our own":      {variable("JoinToken"), []string{"spec.cloudInitVariables", "NodeName and JoinToken are set by the autoscaler"}, variable("joinToken")},
	"name of a Secret":         {secret("A", "b"), []string{"spec.sshKeySecretRef.name", "A"}, secret("a", "B")},
	"key of a Secret":          {secret("a", "b", "c d"), []string{"spec.sshKeySecretRef.keys[1]", "c d"}, secret("a", "b", "c-d")},
	"keys of a Secret":         {secret("a"), []string{"spec.sshKeySecretRef.keys"}, secret("a", "b")},
	"private key":              {keys("-----BEGIN OPENSSH PRIVATE KEY-----"), []string{"spec.sshPublicKeys", "it holds a private key"}, keys(publicKey)},
	"key of several lines":     {keys(publicKey + "\n" + publicKey), []string{"spec.sshPublicKeys", "a key has several lines"}, keys(publicKey, publicKey+"2")},
	"key twice":                {keys("a", "a"), []string{"spec.sshPublicKeys[1]", "Duplicate value"}, keys("a", "b")},
	"identifier of a key":      {func(s *v1alpha1.NodeGroupSpec) { s.SSHKeyIDs = []string{"a b"} }, []string{"spec.sshKeyIds[0]", "a b"}, func(s *v1alpha1.NodeGroupSpec) { s.SSHKeyIDs = []string{"a-b"} }},
	"tag of the autoscaler":    {tagged("autoscaler.vpsie.com/a", ""), []string{"spec.tags", ownedKey}, tagged("a", "")},
	"tag with an equals sign":  {tagged("a=b", ""), []string{"spec.tags", "= not among them"}, tagged("a:b", "")},
	"length of a tag":          {tagged("a", long[:129]), []string{"spec.tags.a", "128"}, tagged("a", long[:128])},
	"stabilization below 0":    {window(-1), []string{"spec.scaleDownPolicy.stabilizationWindowSeconds", "-1"}, window(0)},
	"stabilization above 24 h": {window(86401), []string{"spec.scaleDownPolicy.stabilizationWindowSeconds", "86401"}, window(86400)},
}

// Given no webhook, when a faulty group is applied, then the schema refuses it and says where and why; its neighbour is accepted.
func TestTheSchemaOfNodeGroupsRefusesAndAccepts(t *testing.T) {
	api := apiServer(t)
	for name, rule := range groupRules {
		t.Run(name, func(t *testing.T) {
			refused(t, api.Create(t.Context(), soundGroup(rule.refuse)), rule.says)
			if err := api.Create(t.Context(), soundGroup(rule.accept)); err != nil {
				t.Errorf("the neighbour is refused: %v", err)
			}
		})
	}
}

// Given a group that exists, when its data centre is changed, then that is refused; its size may be moved out of the bounds only by
// moving the bounds.
func TestTheSchemaOfNodeGroupsComparesWithWhatWas(t *testing.T) {
	api, namespace := writer(t)
	group := soundGroup(desired(3))
	group.Namespace = namespace
	if err := api.Create(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	for name, rule := range map[string]struct {
		refuse groupChange
		says   []string
		accept groupChange
	}{
		"data centre": {
			func(s *v1alpha1.NodeGroupSpec) { s.DatacenterID = "fra2" }, []string{"spec.datacenterID", "cannot be changed: create another NodeGroup"},
			func(s *v1alpha1.NodeGroupSpec) { s.OfferingIDs = []string{"medium"} },
		},
		"size": {
			func(s *v1alpha1.NodeGroupSpec) { desired(6)(s); s.MaxNodes = 5 }, []string{"spec.desiredNodes", "between minNodes and maxNodes"},
			func(s *v1alpha1.NodeGroupSpec) { s.MaxNodes = 2 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			changed := func(change groupChange) *v1alpha1.NodeGroup {
				after := group.DeepCopy()
				change(&after.Spec)
				return after
			}
			refused(t, api.Update(t.Context(), changed(rule.refuse), client.DryRunAll), rule.says)
			if err := api.Update(t.Context(), changed(rule.accept), client.DryRunAll); err != nil {
				t.Errorf("the neighbour is refused: %v", err)
			}
		})
	}
}

func writer(t *testing.T) (api client.Client, namespace string) {
	t.Helper()
	apiServer(t)
	cluster := controlplanetest.Shared(t)
	api, err := client.New(cluster.Config(), client.Options{Scheme: build.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return api, cluster.Namespace(t)
}

var nodeRules = map[string]struct {
	refuse nodeChange
	says   []string
	accept nodeChange
}{
	"length of the name": {func(n *v1alpha1.VPSieNode) { n.Name = long[:64] }, []string{"must have at most 63 characters"}, func(n *v1alpha1.VPSieNode) { n.Name = long[:63] }},
	"dot in the name":    {func(n *v1alpha1.VPSieNode) { n.Name = "a.b" }, []string{"must have no dots"}, func(n *v1alpha1.VPSieNode) { n.Name = "a-b" }},
	"group":              {func(n *v1alpha1.VPSieNode) { n.Spec.NodeGroupName = "A b" }, []string{"spec.nodeGroupName", "A b"}, func(n *v1alpha1.VPSieNode) { n.Spec.NodeGroupName = "a.b" }},
	"offering":           {func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "a b" }, []string{"spec.offeringID", "a b"}, func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "a.b" }},
	"no offering":        {func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "" }, []string{"spec.offeringID"}, func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "a" }},
	"data centre":        {func(n *v1alpha1.VPSieNode) { n.Spec.DatacenterID = "-a" }, []string{"spec.datacenterID", "-a"}, func(n *v1alpha1.VPSieNode) { n.Spec.DatacenterID = "a" }},
	"label key":          {func(n *v1alpha1.VPSieNode) { n.Spec.Labels = map[string]string{"a b": ""} }, []string{"spec.labels", "a key is no label key"}, func(n *v1alpha1.VPSieNode) { n.Spec.Labels = map[string]string{"autoscaler.vpsie.com/managed": "true"} }},
	"label value":        {func(n *v1alpha1.VPSieNode) { n.Spec.Labels = map[string]string{"a": "b c"} }, []string{"spec.labels.a", "b c"}, func(n *v1alpha1.VPSieNode) { n.Spec.Labels = map[string]string{"a": "b.c"} }},
	"taint key":          {func(n *v1alpha1.VPSieNode) { n.Spec.Taints = []corev1.Taint{taintOf("a b", "", "NoExecute")} }, []string{"spec.taints[0].key", "a b: not a taint key"}, func(n *v1alpha1.VPSieNode) { n.Spec.Taints = []corev1.Taint{taintOf("a/b", "", "NoExecute")} }},
	"taint effect":       {func(n *v1alpha1.VPSieNode) { n.Spec.Taints = []corev1.Taint{taintOf("a", "", "")} }, []string{"spec.taints[0].effect"}, func(n *v1alpha1.VPSieNode) { n.Spec.Taints = []corev1.Taint{taintOf("a", "", "NoSchedule")} }},
	"taint twice": {func(n *v1alpha1.VPSieNode) {
		n.Spec.Taints = []corev1.Taint{taintOf("a", "", "NoSchedule"), taintOf("a", "", "NoSchedule")}
	}, []string{"a taint is there twice"}, func(n *v1alpha1.VPSieNode) {
		n.Spec.Taints = []corev1.Taint{taintOf("a", "", "NoSchedule"), taintOf("b", "", "NoSchedule")}
	}},
	"tag of our own":      {func(n *v1alpha1.VPSieNode) { n.Spec.Tags = map[string]v1alpha1.TagValue{"autoscaler.vpsie.com/a": ""} }, []string{"spec.tags", ownedKey}, func(n *v1alpha1.VPSieNode) { n.Spec.Tags = map[string]v1alpha1.TagValue{"a": ""} }},
	"identifier of a key": {func(n *v1alpha1.VPSieNode) { n.Spec.SSHKeyIDs = []string{""} }, []string{"spec.sshKeyIds[0]"}, func(n *v1alpha1.VPSieNode) { n.Spec.SSHKeyIDs = []string{"a"} }},
}

func soundNode(change nodeChange) *v1alpha1.VPSieNode {
	node := &v1alpha1.VPSieNode{Spec: v1alpha1.VPSieNodeSpec{NodeGroupName: "general", OfferingID: "small", DatacenterID: "fra1"}}
	node.Namespace, node.Name = "default", "local-general-abc"
	change(node)
	return node
}

// The same for VPSieNodes.
func TestTheSchemaOfVPSieNodesRefusesAndAccepts(t *testing.T) {
	api := apiServer(t)
	for name, rule := range nodeRules {
		t.Run(name, func(t *testing.T) {
			refused(t, api.Create(t.Context(), soundNode(rule.refuse)), rule.says)
			if err := api.Create(t.Context(), soundNode(rule.accept)); err != nil {
				t.Errorf("the neighbour is refused: %v", err)
			}
		})
	}
}

// Given a VPSieNode, when what it wants is changed, then that is refused; its tags may change.
func TestTheSchemaKeepsVPSieNodesAsTheyAre(t *testing.T) {
	api, namespace := writer(t)
	node := soundNode(func(n *v1alpha1.VPSieNode) { n.Namespace = namespace })
	if err := api.Create(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]nodeChange{
		"offering": func(n *v1alpha1.VPSieNode) { n.Spec.OfferingID = "large" },
		"labels":   func(n *v1alpha1.VPSieNode) { n.Spec.Labels = map[string]string{"a": "b"} },
		"keys":     func(n *v1alpha1.VPSieNode) { n.Spec.SSHKeyIDs = []string{"a"} },
	} {
		t.Run(name, func(t *testing.T) {
			after := node.DeepCopy()
			change(after)
			refused(t, api.Update(t.Context(), after, client.DryRunAll), []string{"spec", "cannot be changed but for its tags: delete it"})
		})
	}
	after := node.DeepCopy()
	after.Spec.Tags = map[string]v1alpha1.TagValue{"a": "b"}
	if err := api.Update(t.Context(), after, client.DryRunAll); err != nil {
		t.Errorf("changed tags are refused: %v", err)
	}
}

// Given several faults, when the group is applied, then one refusal names all of them.
func TestTheSchemaNamesAllFaultsAtOnce(t *testing.T) {
	api := apiServer(t)
	faulty := soundGroup(func(s *v1alpha1.NodeGroupSpec) {
		s.MinNodes = 6
		s.PreferredOfferingID = "medium"
		s.Labels = map[string]string{"a": "b c", "autoscaler.vpsie.com/managed": "true"}
		s.Taints = []corev1.Taint{taintOf("a b", "c d", "NoSchedule"), taintOf("kubernetes.io/a", "", "NoSchedule")}
	})
	refused(t, api.Create(t.Context(), faulty), []string{
		"spec.minNodes", "spec.preferredOfferingID", "spec.labels.a", ownedKey, "spec.taints[0].key", "spec.taints[0].value", "spec.taints[1].key",
	})
}

func refused(t *testing.T, err error, says []string) {
	t.Helper()
	if err == nil {
		t.Error("it is accepted")
		return
	}
	for _, want := range says {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the refusal does not say %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "PRIVATE") {
		t.Errorf("the refusal shows the key: %v", err)
	}
}
