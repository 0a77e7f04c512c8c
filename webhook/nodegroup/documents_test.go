package nodegroup_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/webhook/nodegroup"
)

const (
	publicKey  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICxS6btJH9giPwftnURbjYw52+5cCxWfE0Ys8Lt5fjjN ada@example.com"
	privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0"
	joins      = "#cloud-config\nruncmd: [[kubeadm, join, --token, \"{{ .JoinToken }}\"]]\n"
)

type change = func(*v1alpha1.NodeGroup)

func template(text string) change {
	return func(g *v1alpha1.NodeGroup) { g.Spec.CloudInitTemplate = text }
}

func templateRef(name, key string) change {
	return func(g *v1alpha1.NodeGroup) {
		g.Spec.CloudInitTemplateRef = &v1alpha1.ConfigMapKeyReference{Name: name, Key: key}
	}
}

func variable(name, value string) change {
	return func(g *v1alpha1.NodeGroup) {
		if g.Spec.CloudInitVariables == nil {
			g.Spec.CloudInitVariables = map[string]v1alpha1.CloudInitVariable{}
		}
		g.Spec.CloudInitVariables[name] = v1alpha1.CloudInitVariable(value)
	}
}

func publicKeys(lines ...string) change {
	return func(g *v1alpha1.NodeGroup) { g.Spec.SSHPublicKeys = lines }
}

func secretRef(name string, keys ...string) change {
	return func(g *v1alpha1.NodeGroup) {
		g.Spec.SSHKeySecretRef = &v1alpha1.SSHKeySecretReference{Name: name, Keys: keys}
	}
}

func changes(several ...change) change {
	return func(g *v1alpha1.NodeGroup) {
		for _, change := range several {
			change(g)
		}
	}
}

func TestFaultyInputsOfMachinesAreRefusedAndTheirNeighboursAreNot(t *testing.T) {
	cases := map[string]struct {
		refuse change
		fault  string
		accept change
	}{
		"a variable nobody defines": {
			template(joins + "# {{ .cuda }}"), "spec.cloudInitTemplate: Invalid value: line 3: variable cuda is not defined: define it in spec.cloudInitVariables, or use one of CACertHash,",
			changes(template(joins+"# {{ .cuda }}"), variable("cuda", "12")),
		},
		"syntax":        {template(joins + "# {{"), "spec.cloudInitTemplate: Invalid value: line 3: ", template(joins + "# {")},
		"a document":    {template("{{ .JoinToken }}"), "spec.cloudInitTemplate: Invalid value: the document starts with none of #cloud-config", template("#!{{ .JoinToken }}")},
		"a fixed name":  {variable("NodeName", "a"), "spec.cloudInitVariables[NodeName]: Invalid value: NodeName is set by the autoscaler: choose another name", variable("ClusterEndpoint", "a:1")},
		"a fixed token": {variable("JoinToken", "a"), "spec.cloudInitVariables[JoinToken]: ", variable("CACertHash", "a")},
		"two templates": {
			changes(template(joins), templateRef("a", "b")), `spec.cloudInitTemplateRef: Invalid value: "a": cloudInitTemplate and cloudInitTemplateRef exclude each other: keep one`,
			templateRef("a", "b"),
		},
		"name of a ConfigMap":   {templateRef("A", "b"), `spec.cloudInitTemplateRef.name: Invalid value: "A": a lowercase RFC 1123 subdomain`, templateRef("a", "B")},
		"key of a ConfigMap":    {templateRef("a", "b/c"), `spec.cloudInitTemplateRef.key: Invalid value: "b/c": a valid config key`, templateRef("a", "b_c")},
		"name of a Secret":      {secretRef("A", "b"), `spec.sshKeySecretRef.name: Invalid value: "A": a lowercase RFC 1123 subdomain`, secretRef("a", "B")},
		"key of a Secret":       {secretRef("a", "b", "c d"), `spec.sshKeySecretRef.keys[1]: Invalid value: "c d": a valid config key`, secretRef("a", "b", "c-d")},
		"half a public key":     {publicKeys(publicKey, publicKey[:30]), "spec.sshPublicKeys[1]: Invalid value: it is not a public key", publicKeys(publicKey)},
		"a private key":         {publicKeys(privateKey), "spec.sshPublicKeys[0]: Invalid value: it holds a private key", publicKeys(publicKey)},
		"a key by its place":    {changes(template(joins + "# {{ index .SSHPublicKeys 0 }}")), "spec.cloudInitTemplate: Invalid value: line 3: ", changes(template(joins+"# {{ index .SSHPublicKeys 0 }}"), secretRef("a", "b"))},
		"a list that is a text": {changes(template(joins+"ssh_authorized_keys: all"), publicKeys(publicKey)), "spec.cloudInitTemplate: Invalid value: ssh_authorized_keys of the document is not a list", template(joins + "ssh_authorized_keys: all")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, faults := nodegroup.Validate(sound(c.refuse))
			if len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), c.fault) {
				t.Errorf("faults:\n%v\nwant one that starts with:\n%s", faults, c.fault)
			}
			if strings.Contains(faults.ToAggregate().Error(), "c2VjcmV0") {
				t.Errorf("the fault shows the private key: %v", faults)
			}
			if _, faults := nodegroup.Validate(sound(c.accept)); len(faults) != 0 {
				t.Errorf("the neighbour is refused: %v", faults)
			}
		})
	}
}

func TestAllFaultsOfInputsAreNamedAtOnce(t *testing.T) {
	_, faults := nodegroup.Validate(sound(
		size(3, 2), template("#cloud-config\na: {{ .Nope }}\nb: {{ .Neither }}"), variable("SSHPublicKeys", ""), publicKeys("a", publicKey, "b"), secretRef("A", "b c"),
	))
	var fields []string
	for _, fault := range faults {
		fields = append(fields, fault.Field)
	}
	want := []string{
		"spec.minNodes", "spec.cloudInitVariables[SSHPublicKeys]", "spec.sshPublicKeys[0]", "spec.sshPublicKeys[2]", "spec.sshKeySecretRef.name",
		"spec.sshKeySecretRef.keys[0]", "spec.cloudInitTemplate", "spec.cloudInitTemplate",
	}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields with faults (-want +got):\n%s", diff)
	}
}

func TestTemplatesThatPerhapsDoNotDoWhatIsMeantAreWarnings(t *testing.T) {
	cases := map[string]struct {
		group *v1alpha1.NodeGroup
		want  []string // starts of the warnings
	}{
		"a sound template":             {sound(template(joins)), nil},
		"by the whole configuration":   {sound(template("#!/bin/sh\n# {{ .JoinConfiguration }}")), nil},
		"it never joins":               {sound(template("#!/bin/sh")), []string{"spec.cloudInitTemplate uses neither JoinToken nor JoinConfiguration"}},
		"unused variables":             {sound(template(joins), variable("b", ""), variable("a", "")), []string{"spec.cloudInitVariables[a] is not used", "spec.cloudInitVariables[b] is not used"}},
		"unused by the default":        {sound(variable("a", "")), []string{"spec.cloudInitVariables[a] is not used"}},
		"used by the default":          {sound(variable("ClusterEndpoint", "a:1")), nil},
		"keys in a script":             {sound(template("#!/bin/sh\n# {{ .JoinToken }}"), publicKeys(publicKey)), []string{"spec.cloudInitTemplate makes no #cloud-config and does not use SSHPublicKeys"}},
		"keys of a Secret in a script": {sound(template("#!/bin/sh\n# {{ .JoinToken }}"), secretRef("a", "b")), []string{"spec.cloudInitTemplate makes no #cloud-config"}},
		"keys in a cloud-config":       {sound(template(joins), publicKeys(publicKey)), nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			warnings, faults := nodegroup.Validate(c.group)
			if len(faults) != 0 {
				t.Errorf("faults: %v, want none", faults)
			}
			startWith(t, warnings, c.want)
		})
	}
}

func startWith(t *testing.T, warnings, starts []string) {
	t.Helper()
	if len(warnings) != len(starts) {
		t.Fatalf("warnings: %q, want %q", warnings, starts)
	}
	for i, start := range starts {
		if !strings.HasPrefix(warnings[i], start) {
			t.Errorf("warning %q, want one that starts with %q", warnings[i], start)
		}
	}
}

// configMaps are those of vpsie-system, where the groups of these tests are, and one of another namespace.
func configMaps(t *testing.T) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		&corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: "vpsie-system", Name: "templates"},
			Data:       map[string]string{"good": joins + "# {{ .cuda }}", "wrong": "#cloud-config\n- {{ .JoinToken }}", "silent": "#!/bin/sh", "empty": "\n"},
		},
		&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "elsewhere"}, Data: map[string]string{"good": joins}},
	).Build()
}

func TestATemplateByReferenceIsCheckedOnceItIsThere(t *testing.T) {
	const path = "spec.cloudInitTemplateRef"
	cases := map[string]struct {
		change   change
		warnings []string
		fault    string
	}{
		"it is sound":                {changes(templateRef("templates", "good"), variable("cuda", "12")), nil, ""},
		"it lacks a variable":        {templateRef("templates", "good"), nil, path + ": Invalid value: line 3: variable cuda is not defined"},
		"it makes no document":       {templateRef("templates", "wrong"), nil, path + ": Invalid value: the document is not a YAML mapping"},
		"it is suspicious":           {changes(templateRef("templates", "silent"), variable("cuda", "12")), []string{path + " uses neither", "spec.cloudInitVariables[cuda]"}, ""},
		"it is empty":                {templateRef("templates", "empty"), nil, path + `.key: Invalid value: "empty": the key is empty in ConfigMap vpsie-system/templates: fill it`},
		"there is no such key":       {templateRef("templates", "nope"), nil, path + `.key: Invalid value: "nope": ConfigMap vpsie-system/templates has no such key: add it, or use one of its keys (empty, good, silent, wrong)`},
		"it is not there yet":        {templateRef("later", "good"), []string{path + ": ConfigMap vpsie-system/later does not exist yet"}, ""},
		"it is in another namespace": {templateRef("elsewhere", "good"), []string{path + ": ConfigMap vpsie-system/elsewhere does not exist yet"}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			warnings, err := nodegroup.Validator{References: configMaps(t)}.ValidateCreate(t.Context(), sound(c.change))
			startWith(t, warnings, c.warnings)
			switch {
			case c.fault == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.fault != "" && (!apierrors.IsInvalid(err) || !strings.Contains(err.Error(), c.fault)):
				t.Errorf("ValidateCreate = %v, want %s", err, c.fault)
			}
		})
	}
}

func TestAnUpdateIsCheckedAgainstTheReferenceOnlyWhenItChangesTheWish(t *testing.T) {
	v := nodegroup.Validator{References: configMaps(t)}
	before := sound(templateRef("templates", "wrong"))
	resized, changed := before.DeepCopy(), before.DeepCopy()
	five := int32(5)
	resized.Spec.DesiredNodes = &five
	changed.Spec.MaxNodes = 9
	if _, err := v.ValidateUpdate(t.Context(), before, resized); err != nil {
		t.Errorf("resizing is refused: %v", err)
	}
	if _, err := v.ValidateUpdate(t.Context(), before, changed); !apierrors.IsInvalid(err) {
		t.Errorf("ValidateUpdate = %v, want the fault of the template", err)
	}
}

func TestAReferenceThatCannotBeReadIsAWarning(t *testing.T) {
	var deadline bool
	broken := interceptor.NewClient(configMaps(t), interceptor.Funcs{
		Get: func(ctx context.Context, _ client.WithWatch, _ client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
			_, deadline = ctx.Deadline()
			return errors.New("the API server is away")
		},
	})
	warnings, err := nodegroup.Validator{References: broken}.ValidateCreate(t.Context(), sound(templateRef("templates", "good")))
	if err != nil {
		t.Errorf("refused: %v", err)
	}
	startWith(t, warnings, []string{"spec.cloudInitTemplateRef: ConfigMap vpsie-system/templates cannot be read now, so the template is not checked: the API server is away"})
	if !deadline {
		t.Error("the API server may take as long as it likes")
	}
}

// The webhook has no right to read Secrets: whatever a group refers to, it asks for nothing but the ConfigMap.
func TestNothingButWhatIsReferredToIsRead(t *testing.T) {
	var read []string
	watched := interceptor.NewClient(configMaps(t), interceptor.Funcs{
		Get: func(ctx context.Context, api client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			read = append(read, fmt.Sprintf("%T %s", object, key))
			return api.Get(ctx, key, object, options...)
		},
	})
	v := nodegroup.Validator{References: watched}
	for _, group := range []*v1alpha1.NodeGroup{sound(), sound(secretRef("templates", "good")), sound(templateRef("templates", "good"), variable("cuda", ""), secretRef("keys", "a"))} {
		if _, err := v.ValidateCreate(t.Context(), group); err != nil {
			t.Error(err)
		}
	}
	want := []string{"*v1.Secret vpsie-system/templates", "*v1.ConfigMap vpsie-system/templates", "*v1.Secret vpsie-system/keys"}
	if diff := cmp.Diff(want, read); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
}
