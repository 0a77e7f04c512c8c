package scenario_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/provisioner/scenario"
)

// withOffering is a document with an offering that has the given keys besides its id, on line 2.
func withOffering(keys string) string {
	return "{\"pods\": [], \"offerings\": [\n  {\"id\": \"x\", " + keys + "}\n]}"
}

// withPods is a document with pods, the first of which is on line 2.
func withPods(pods ...string) string {
	return "{\"offerings\": [" + strings.Join(strings.Fields(small), " ") + "], \"pods\": [\n" + strings.Join(pods, ",\n") + "\n]}"
}

// with is a valid document with more keys, on line 2.
func with(keys string) string {
	return "{\"pods\": [], \"offerings\": [" + strings.Join(strings.Fields(small), " ") + "],\n" + keys + "}"
}

const container = `"containers": [{"name": "c"}]`

func TestFaultsHaveAPlaceAndARemedy(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"nothing":        {"", []string{`1:1: the file is empty: want a JSON object with offerings and pods`}},
		"only space":     {" \n ", []string{`1:1: the file is empty: want a JSON object with offerings and pods`}},
		"YAML":           {"offerings:\n- id: x\n", []string{`1:1: this is not JSON: want an object with offerings and pods, in braces (YAML must be converted first)`}},
		"a list":         {"[]", []string{`1:1: want a JSON object with offerings and pods, not a list: write {"offerings": [...], "pods": [...]}`}},
		"a byte order":   {"\ufeff{}", []string{`1:1: the file starts with a byte order mark: write it in UTF-8 without one`}},
		"an empty one":   {"{}", []string{`1:1: key "offerings" is missing: say what can be bought, at which price`, `1:1: key "pods" is missing: list the pods that need nodes ([] for none)`}},
		"truncated":      {"{\"pods\": [\n{\"metadata\": {\"na", []string{`2:18: pods[0]: the file ends in the middle of a value: it is truncated; copy or write it again`}},
		"truncated list": {"{\"pods\": [\n", []string{`2:1: pods: the file ends in the middle of a value: it is truncated; copy or write it again`}},
		"no JSON":        {"{\"pods\": [],\n \"offerings\": [ {\"id\": x}]}", []string{`2:24: offerings[0]: this is not JSON: invalid character 'x' looking for beginning of value`}},
		"a comma":        {"{\"pods\": [],\n \"offerings\": [1, ]}", []string{`2:16: offerings[0]: 1 is a number: want an object in braces`, `2:19: offerings[1]: this is not JSON: invalid character ']' looking for beginning of value`}},
		"no comma":       {"{\"pods\": []\n \"offerings\": []}", []string{`2:2: this is not JSON: invalid character '"' after object key:value pair`}},
		"trailing data":  {with(`"name": "x"`) + "\n{}", []string{`3:1: there is more after the end of the scenario: remove it`}},
		"an unknown key": {with(`"podz": [1, 2]`), []string{`2:1: unknown key "podz": did you mean "pods"?`}},
		"another key":    {with(`"machines": 1`), []string{`2:1: unknown key "machines": allowed are attachLimits, csiNodes, daemonSets, limits, name, namespaces, nodeGroups, nodes, offerings, persistentVolumeClaims, persistentVolumes, pods, policy, storageClasses`}},
		"a key twice":    {with(`"pods": []`), []string{`2:1: key "pods" is given twice: remove one`}},
		"no list":        {"{\"pods\": 7, \"offerings\": \"x\"}", []string{`1:10: pods: 7 is a number: want a list in brackets`, `1:26: offerings: "x" is a string: want a list in brackets`}},
		"no items":       {with(`"nodes": {"kind": "List", "items": 1}`), []string{`2:27: nodes: key "items": want a list in brackets, or an object of the kind List with items in brackets`}},
		"no offerings":   {`{"pods": [], "offerings": []}`, []string{`1:1: offerings: the list is empty: say what can be bought, at which price`}},

		"an offering of nothing": {withOffering(`"plan": ""`), []string{
			`2:3: offerings[0].priceHourly: this offering has no price: add priceHourly, a number`,
			`2:3: offerings[0].cpu: 0: want a number of thousandths of a core from 1 to 1000000000`,
			`2:3: offerings[0].memoryMiB: 0: want a number of MiB from 1 to 1000000000`,
			`2:3: offerings[0].pods: 0: want a number of pods from 1 to 100000`,
		}},
		"amounts that cannot be": {withOffering(`"cpu": -5, "memoryMiB": 1e3, "pods": 4294967296, "priceHourly": 1`), []string{
			`2:39: offerings[0].memoryMiB: 1e3 is a number: want a whole number of at most 64 bits, without quotes`,
		}},
		"absurd amounts": {withOffering(`"cpu": -5, "memoryMiB": 1024, "pods": 4294967296, "priceHourly": 1`), []string{
			`2:22: offerings[0].cpu: -5: want a number of thousandths of a core from 1 to 1000000000`,
			`2:53: offerings[0].pods: 4294967296: want a number of pods from 1 to 100000`,
		}},
		"overhead above capacity": {withOffering(`"cpu": 500, "memoryMiB": 1024, "pods": 9, "priceHourly": 1, "overhead": {"cpu": 501, "memoryMiB": -1}`), []string{
			`2:95: offerings[0].overhead.cpu: 501 is more than the 500 thousandths of a core that the offering has: nothing would be left for pods`,
			`2:113: offerings[0].overhead.memoryMiB: -1 is negative: want 0 or more MiB`,
		}},
		"a bad price":         {withOffering(`"priceHourly": -1`), []string{`2:30: offerings[0].priceHourly: -1: want a price from 0 to 9223372036`}},
		"a price in words":    {withOffering(`"priceHourly": "free"`), []string{`2:30: offerings[0].priceHourly: "free": want a price as a decimal number, such as 0.0145`}},
		"a huge price":        {withOffering(`"priceHourly": 1e999999999`), []string{`2:30: offerings[0].priceHourly: 1e999999999: want a price from 0 to 9223372036`}},
		"an unknown field":    {withOffering(`"cpus": 4`), []string{`2:15: offerings[0]: unknown field "cpus": did you mean "cpu"?`}},
		"an alien field":      {withOffering(`"overhead": {"disk": 1}`), []string{`2:28: offerings[0].overhead: unknown field "disk": allowed are cpu, memoryMiB, pods`}},
		"a field twice":       {withOffering(`"id": "y"`), []string{`2:15: offerings[0]: field "id" is given twice: remove one`}},
		"cpu among resources": {withOffering(`"cpu": 1, "memoryMiB": 1, "pods": 1, "priceHourly": 1, "resources": {"cpu": 1}`), []string{`2:91: offerings[0].resources.cpu: cpu has a key of its own: use cpu, memoryMiB and pods of the offering`}},
		"an id twice": {"{\"pods\": [], \"offerings\": [\n" + in("", "x") + ",\n" + in("", "x") + "]}", []string{
			`3:8: offerings[1].id: offering "x" is given twice, first at line 2, column 8: rename or remove one`,
		}},
		"some without data centre": {"{\"pods\": [], \"offerings\": [\n" + in("hel", "x") + ",\n" + in("", "y") + "]}", []string{
			`3:1: offerings[1]: this offering has no datacenterID but others have one: give it to all or to none`,
		}},

		"a bad quantity": {withPods(`{"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1 core"}}}]}}`), []string{
			`2:101: pods[0].spec.containers[0].resources.requests.cpu: "1 core" is not a quantity: write for example "500m", "2", "1.5Gi" or "100M"`,
		}},
		"amounts of pods": {withPods(`{"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "-1", "memory": "99Ei", "example.com/gpu": true}}}]}}`), []string{
			`2:101: pods[0].spec.containers[0].resources.requests.cpu: "-1" is negative: an amount of cpu must be 0 or more`,
			`2:117: pods[0].spec.containers[0].resources.requests.memory: "99Ei" is more memory than any machine has: check the unit (want at most 9007199254740992)`,
			`2:144: pods[0].spec.containers[0].resources.requests["example.com/gpu"]: true is not a quantity: write for example "500m", "2", "1.5Gi" or "100M"`,
		}},
		"wrong types": {withPods(`{"metadata": {"name": 5, "labels": ["a"]}, "spec": {"hostNetwork": "yes", "priority": 1.5, "containers": {}, "affinity": "x"}}`), []string{
			`2:23: pods[0].metadata.name: 5 is a number: want a string in quotes`,
			`2:36: pods[0].metadata.labels: ["a"] is a list: want an object in braces`,
			`2:68: pods[0].spec.hostNetwork: "yes" is a string: want true or false, without quotes`,
			`2:87: pods[0].spec.priority: 1.5 is a number: want a whole number of at most 32 bits, without quotes`,
			`2:106: pods[0].spec.containers: {} is an object: want a list in brackets`,
			`2:122: pods[0].spec.affinity: "x" is a string: want an object in braces`,
		}},
		"a bad time":      {withPods(`{"metadata": {"name": "p", "creationTimestamp": "now"}, "spec": {` + container + `}}`), []string{`2:49: pods[0].metadata.creationTimestamp: "now" is not a time: write it as "2026-01-31T12:00:00Z"`}},
		"a misspelling":   {withPods(`{"metadata": {"name": "p"}, "spec": {"nodeselector": {}, ` + container + `}}`), []string{`2:38: pods[0].spec: unknown field "nodeselector": did you mean "nodeSelector"?`}},
		"an alien":        {withPods(`{"metadata": {"name": "p"}, "spec": {"gpus": 1, ` + container + `}}`), []string{`2:38: pods[0].spec: unknown field "gpus": a PodSpec of the Kubernetes API 1.37 has no such field; remove it (kubectl explain lists the fields)`}},
		"no name":         {withPods(`{"metadata": {}, "spec": {` + container + `}}`), []string{`2:14: pods[0].metadata.name: this Pod has no name: add metadata.name`}},
		"no container":    {withPods(`{"metadata": {"name": "p"}}`), []string{`2:1: pods[0].spec.containers: the pod has no container: add one with its requests`}},
		"another kind":    {withPods(`{"kind": "Deployment", "metadata": {"name": "p"}}`), []string{`2:10: pods[0].kind: the kind is "Deployment": want Pod here`}},
		"another version": {withPods(`{"apiVersion": "v2", "metadata": {"name": "p"}}`), []string{`2:16: pods[0].apiVersion: the apiVersion is "v2": want v1`}},
		"a name twice": {withPods(pod("a", ""), pod("b", ""), pod("a", "")), []string{
			`4:23: pods[2].metadata.name: Pod "default/a" is given twice, first at line 2, column 23: rename or remove one`,
		}},
		"no such node": {withPods(pod("a", `"nodeName": "n1", `)), []string{
			`2:50: pods[0].spec.nodeName: there is no node "n1": add it to nodes, or remove spec.nodeName from the pod`,
		}},
		"constraints that cannot be": {withPods(pod("a", `"topologySpreadConstraints": [{"maxSkew": 0, "minDomains": -1, "whenUnsatisfiable": "DoNotSchedul"}], `)), []string{
			`2:68: pods[0].spec.topologySpreadConstraints[0].topologyKey: want the key of a label of nodes, such as topology.kubernetes.io/zone`,
			`2:80: pods[0].spec.topologySpreadConstraints[0].maxSkew: 0: want 1 or more`,
			`2:97: pods[0].spec.topologySpreadConstraints[0].minDomains: -1: want 1 or more`,
			`2:122: pods[0].spec.topologySpreadConstraints[0].whenUnsatisfiable: "DoNotSchedul": want DoNotSchedule, ScheduleAnyway`,
		}},
		"operators that cannot be": {withPods(pod("a", `"tolerations": [{"operator": "Is"}], "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
			{"nodeSelectorTerms": [{"matchExpressions": [{"key": "k", "operator": "in"}]}]}}}, `)), []string{
			`2:67: pods[0].spec.tolerations[0].operator: "Is": want Exists, Equal, Lt, Gt`,
			`3:74: pods[0].spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: "in": want In, NotIn, Exists, DoesNotExist, Gt, Lt`,
		}},
		"pod affinity without a key": {withPods(pod("a", `"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm":
			{"labelSelector": {"matchExpressions": [{"key": "k", "operator": "Is"}]}}}]}}, `)), []string{
			`3:4: pods[0].spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey: want the key of a label of nodes, such as topology.kubernetes.io/zone`,
			`3:22: pods[0].spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: "Is" is not a valid label selector operator`,
		}},
		"a port": {withPods(`{"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "ports": [{"containerPort": 1, "hostPort": 65536}]}]}}`), []string{
			`2:110: pods[0].spec.containers[0].ports[0].hostPort: 65536: want a port from 0 to 65535`,
		}},

		"a node without room": {with(`"nodes": [{"metadata": {"name": "n"}}]`), []string{`2:11: nodes[0].status.allocatable: this node has room for nothing: add status.allocatable with cpu, memory and pods`}},
		"a group that cannot be": {with(`"nodeGroups": [{"metadata": {"name": "g"}, "spec": {"minNodes": 3, "maxNodes": 2, "desiredNodes": 7}}]`), []string{
			`2:65: nodeGroups[0].spec.minNodes: 3: want a number from 0 to maxNodes, which is 2`,
			`2:99: nodeGroups[0].spec.desiredNodes: 7: want a number from minNodes, which is 3, to maxNodes, which is 2`,
		}},
		"a group without bound": {with(`"nodeGroups": [{"metadata": {"name": "g"}, "spec": {}}]`), []string{
			`2:52: nodeGroups[0].spec.maxNodes: want the number of nodes that the group may have`,
		}},
		"a group of unknown offerings": {with(`"nodeGroups": [{"metadata": {"name": "g"}, "spec": {"maxNodes": 2, "offeringIDs": ["small.a", "big"], "preferredOfferingID": "tiny"}}]`), []string{
			`2:95: nodeGroups[0].spec.offeringIDs[1]: there is no offering "big": add it to offerings, or correct the id`,
			`2:126: nodeGroups[0].spec.preferredOfferingID: there is no offering "tiny": add it to offerings, or correct the id`,
		}},
		"a group elsewhere": {"{\"pods\": [], \"offerings\": [" + in("hel", "x") + "],\n" + `"nodeGroups": [{"metadata": {"name": "g"}, "spec": {"maxNodes": 2, "datacenterID": "oslo"}}]}`, []string{
			`2:84: nodeGroups[0].spec.datacenterID: no offering has the datacenterID "oslo": want one of ["hel"]`,
		}},
		"limits": {with(`"limits": {"maxNewNodes": -1, "maxNodes": -2}, "policy": {"preferenceShare": 5}, "attachLimits": {"csi": -1}`), []string{
			`2:27: limits.maxNewNodes: -1 is negative: want a number of nodes, or 0 for any number`,
			`2:43: limits.maxNodes: -2 is negative: want a number of nodes, or 0 for any number`,
			`2:78: policy.preferenceShare: 5: want a share of the price from 0 to 1, such as 0.05`,
			`2:106: attachLimits.csi: -1 is negative: want the number of volumes that a new node can attach`,
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := scenario.Read(strings.NewReader(test.text), "cluster.json")
			if s != nil || err == nil {
				t.Fatalf("read %v, error %v, want an error", s, err)
			}
			want := "cluster.json:" + strings.Join(test.want, "\ncluster.json:")
			if got := err.Error(); got != want {
				t.Errorf("error\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestReadingStopsAfterManyFaults(t *testing.T) {
	var pods []string
	for range 1000 {
		pods = append(pods, "1")
	}
	_, err := scenario.Read(strings.NewReader(withPods(pods...)+"no JSON"), "x")
	var faults *scenario.Error
	if !errors.As(err, &faults) || len(faults.Faults) != scenario.MaxFaults {
		t.Fatalf("error %v, want %d faults", err, scenario.MaxFaults)
	}
	if want := fmt.Sprintf("x: reading stopped after %d faults", scenario.MaxFaults); !strings.HasSuffix(err.Error(), want) {
		t.Errorf("error %v, want %q at its end", err, want)
	}
}

func TestBrokenGzipIsToldFromBrokenJSON(t *testing.T) {
	packed := pack(t, withPods(pod("a", ""), pod("b", "")))
	damaged := append([]byte{}, packed...)
	damaged[len(damaged)-6] ^= 1 // the checksum
	tests := map[string]struct {
		content []byte
		want    string
	}{
		"cut":         {packed[:len(packed)-20], "the gzip data ends early: it is truncated; copy or compress the file again"},
		"cut header":  {packed[:5], "1:1: the gzip data ends early: it is truncated; copy or compress the file again"},
		"wrong bytes": {damaged, "the gzip data is damaged (gzip: invalid checksum); copy or compress the file again"},
		"cut JSON":    {pack(t, `{"pods": [{"a`), "1:14: pods[0]: the file ends in the middle of a value: it is truncated; copy or write it again"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := scenario.Read(strings.NewReader(string(test.content)), "x.json.gz")
			if err == nil || !strings.HasPrefix(err.Error(), "x.json.gz:") || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

type failing struct{ strings.Reader }

func (f *failing) Read(p []byte) (int, error) {
	if n, err := f.Reader.Read(p); err == nil {
		return n, nil
	}
	return 0, errors.New("the disk is gone")
}

func TestAFailureOfTheReaderIsReported(t *testing.T) {
	_, err := scenario.Read(&failing{*strings.NewReader("{\"pods\": [\n1,")}, "x")
	if err == nil || !strings.Contains(err.Error(), "x:2:3: pods[1]: cannot read on: the disk is gone") {
		t.Errorf("error %v", err)
	}
}
