package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

const (
	clusterID = "000c0001-5a11-11f0-a000-00505600c1f5"
	k8s       = "/apps/v2/k8s"
	inCluster = k8s + "/cluster/byId/" + clusterID
)

func newManaged(t *testing.T, limit int) *harness {
	t.Helper()
	return newHarness(t, setup{cloud: cloud.Options{Clusters: []cloud.ClusterOptions{
		{Identifier: clusterID, Name: "HEL-Kubernetes-49ab", Version: "1.34.1", WorkerLimit: limit},
		{Identifier: "other", Name: "AMS-Kubernetes-0001", Version: "1.34.1", DatacenterID: catalogue.Datacenters[1].Identifier},
	}}})
}

// addGroup makes a node group and returns its number.
func (h *harness) addGroup(name string, size int) int {
	h.t.Helper()
	got := h.post(k8s+"/cluster/add/group", fmt.Sprintf(`{"clusterIdentifier":%q,"groupName":%q,"KubeSizeID":%d}`, clusterID, name, size))
	data, _ := got.json["data"].(object)
	id, given := data["groupId"].(float64)
	if !given {
		h.t.Fatalf("add group: %d %s", got.status, got.text)
	}
	return int(id)
}

// workers are the nodes of the cluster without its master.
func (h *harness) workers() []object {
	h.t.Helper()
	data, _ := h.get(inCluster).json["data"].(object)
	nodes, isList := data["nodes"].([]any)
	if !isList {
		h.t.Fatal("the cluster has no nodes")
	}
	found := []object{}
	for _, node := range nodes[1:] {
		found = append(found, node.(object))
	}
	return found
}

// awaitWorkers asks until the cluster has so many workers; without latencies that takes a moment.
func (h *harness) awaitWorkers(n int) []object {
	h.t.Helper()
	for h.t.Context().Err() == nil {
		if workers := h.workers(); len(workers) == n {
			return workers
		}
	}
	h.t.Fatalf("the cluster never has %d workers", n)
	return nil
}

func (h *harness) addWorker(group int) answer {
	h.t.Helper()
	return h.send(http.MethodPost, fmt.Sprintf("%s/add/slave/group/%d", inCluster, group), "", "")
}

func TestShapesOfManagedKubernetes(t *testing.T) {
	h := newManaged(t, 0)
	if got := h.addWorker(h.addGroup("pool", 4)); got.text != accepted {
		t.Fatalf("add worker: %d %s", got.status, got.text)
	}
	h.awaitWorkers(1)
	cluster := object{
		"identifier": "string", "cluster_name": "string", "user_id": "number", "count": "number", "kube_version": "string",
		"upgrade_version": "string", "nickname": "string", "cpu": "number", "ram": "number", "traffic": "number", "price": "number",
		"color": "string", "lock": "number", "lb_id": "null", "created_by": "string", "managerCount": "number", "slaveCount": "number",
		"created_on": "string", "updated_on": "string",
	}
	node := object{
		"id": "number", "identifier": "string", "user_id": "number", "hostname": "string", "default_ip": "string", "private_ip": "string",
		"node_type": "number", "node_id": "number", "datacenter_id": "number", "created_on": "string",
	}
	group := object{
		"id": "number", "identifier": "string", "group_name": "string", "boxsize_id": "number", "cpu": "number", "ram": "number",
		"ssd": "number", "traffic": "number", "nodes_count": "number", "cluster_id": "string", "project_id": "number",
		"datacenter_id": "number", "dcIdentifier": "string", "is_active": "number", "is_deleted": "number", "notes": "null",
		"created_on": "string", "last_updated": "string", "dropped_on": "null",
	}
	detail := object{"nodes": []any{node, node}}
	for name, kind := range cluster {
		detail[name] = kind
	}
	for _, prefix := range []string{"/apps/v2", "/api/v2"} {
		for path, want := range map[string]object{
			"/k8s/cluster/all":                          {"error": "bool", "data": []any{cluster, cluster}},
			"/k8s/cluster/byId/" + clusterID:            {"error": "bool", "data": detail},
			"/k8s/node/groups/byClusterId/" + clusterID: {"error": "bool", "data": []any{group}},
		} {
			if diff := cmp.Diff(want, shape(h.get(prefix+path).json)); diff != "" {
				t.Errorf("%s%s (-want +got):\n%s", prefix, path, diff)
			}
		}
	}
	if row := rows(t, h.get(k8s+"/node/groups/byClusterId/"+clusterID))[0]; row["nodes_count"] != 1.0 || row["boxsize_id"] != 4.0 {
		t.Errorf("group %v", row)
	}
	if row := rows(t, h.get("/apps/v2/storages/vms"))[0]; row["type"] != "k8s" {
		t.Errorf("attachable %v", row)
	}
	if listed := rows(t, h.get("/apps/v2/vm")); len(listed) != 0 {
		t.Errorf("machines %v", listed)
	}
}

func TestWorkersOfAnotherClusterDoNotShow(t *testing.T) {
	h := newManaged(t, 0)
	h.send(http.MethodPost, k8s+"/cluster/byId/other/add/slave", "", "")
	for len(h.cloud.On(cloud.ListNodes)) == 0 && t.Context().Err() == nil {
	}
	h.awaitWorkers(0)
	other := h.cloud.On(cloud.ListNodes)[0]
	if got := h.send(http.MethodDelete, inCluster+"/delete/slave", "application/json", `{"identifier":"`+other.Identifier+`"}`); got.status != 404 {
		t.Errorf("deletion from the wrong cluster: %d %s", got.status, got.text)
	}
	if other.Datacenter.Name != "AMS" || !strings.HasPrefix(other.Hostname(), "AMS-Kubernetes-0001-slave-") {
		t.Errorf("worker %s in %s", other.Hostname(), other.Datacenter.Name)
	}
}

func TestSizesAreThePlansOfADatacenter(t *testing.T) {
	h := newManaged(t, 0)
	got := rows(t, h.post(k8s+"/offers", `{"dcIdentifier":"`+catalogue.Datacenters[1].Identifier+`"}`))
	if len(got) != 8 || got[0]["id"] != 2.0 || got[0]["price"] != 16.8 || got[0]["ram"] != 4096.0 {
		t.Errorf("sizes %v", got)
	}
	if got := h.post(k8s+"/offers", `{"dcIdentifier":"x"}`); got.status != 404 {
		t.Errorf("unknown data centre: %d %s", got.status, got.text)
	}
}

func TestClusterRefusesInVPSiesOwnWords(t *testing.T) {
	h := newManaged(t, 1)
	group := h.addGroup("GRP-Advanced-c745", 4)
	h.addWorker(group)
	same := h.post(k8s+"/cluster/add/group", `{"clusterIdentifier":"`+clusterID+`","groupName":"x","KubeSizeID":4}`)
	for name, test := range map[string]struct {
		got    answer
		status int
		text   string
	}{
		"the same size":   {same, 400, `{"error":true,"code":400,"message":"Group GRP-Advanced-c745 has same selected Size, please select another size"}`},
		"the limit":       {h.addWorker(group), 500, `{"error":true,"code":500,"message":"Worker nodes count exceeds the allowed limit 1","type":false}`},
		"no such group":   {h.addWorker(99), 404, `{"error":true,"code":404,"message":"Node group not found"}`},
		"no such cluster": {h.get(k8s + "/cluster/byId/x"), 404, `{"error":true,"code":404,"message":"Cluster not found"}`},
		"no groups":       {h.get(k8s + "/node/groups/byClusterId/x"), 404, `{"error":true,"code":404,"message":"Cluster not found"}`},
		"no such node": {
			h.send(http.MethodDelete, inCluster+"/delete/slave", "application/json", `{"identifier":"x"}`), 404,
			`{"error":true,"code":404,"message":"Node not found"}`,
		},
		"no group to delete": {
			h.send(http.MethodDelete, k8s+"/cluster/delete/group/x", "", ""), 404, `{"error":true,"code":404,"message":"Node group not found"}`,
		},
	} {
		if test.got.status != test.status || test.got.text != test.text {
			t.Errorf("%s: %d %s, want %d %s", name, test.got.status, test.got.text, test.status, test.text)
		}
	}
}

func TestWorkersAreDeletedChosenOrNot(t *testing.T) {
	h := newManaged(t, 0)
	group := h.addGroup("pool", 4)
	h.addWorker(group)
	first := h.awaitWorkers(1)[0]
	for n := 2; n <= 4; n++ {
		h.addWorker(group)
		h.awaitWorkers(n)
	}
	id, _ := first["identifier"].(string)
	if got := h.send(http.MethodDelete, inCluster+"/delete/slave", "application/json", `{"identifier":"`+id+`"}`); got.text != accepted {
		t.Errorf("delete: %s", got.text)
	}
	for _, worker := range h.awaitWorkers(3) {
		if worker["identifier"] == id {
			t.Error("another worker was deleted")
		}
	}
	if got := h.send(http.MethodDelete, inCluster+"/reduce/slave", "application/json", fmt.Sprintf(`{"groupId":%d}`, group)); got.text != accepted {
		t.Errorf("reduce: %s", got.text)
	}
	h.awaitWorkers(2)
	if got := h.send(http.MethodDelete, inCluster+"/reduce", "", ""); got.text != accepted {
		t.Errorf("reduce: %s", got.text)
	}
	h.awaitWorkers(1)
	identifier, _ := rows(t, h.get(k8s+"/node/groups/byClusterId/"+clusterID))[0]["identifier"].(string)
	if got := h.send(http.MethodDelete, k8s+"/cluster/delete/group/"+identifier, "application/json", `{"deleteStatistic":{}}`); got.text != accepted {
		t.Errorf("delete group: %s", got.text)
	}
	h.awaitWorkers(0)
	h.send(http.MethodPost, inCluster+"/add/slave", "", "")
	h.awaitWorkers(1)
}
