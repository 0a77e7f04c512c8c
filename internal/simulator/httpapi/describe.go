package httpapi

import (
	"encoding/json"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
)

// subject is what the body of a call may say about the machine that the call is about.
type subject struct {
	Hostname           string `json:"hostname"`
	VMIdentifier       string `json:"vmIdentifier"`
	Identifier         string `json:"identifier"`
	ResourceIdentifier string `json:"resourceIdentifier"`
	DCIdentifier       string `json:"dcIdentifier"`
}

// lists are the routes whose answers have pages and a total.
var lists = []string{"vm", "vm/pending", "vms/all/user", "storages/vms"}

// workerRoute finds the cluster and, if any, the group in the path of a call that adds a worker.
var workerRoute = regexp.MustCompile(`^k8s/cluster/byId/([^/]+)/add/slave(?:/group/([0-9]+))?$`)

// describe finds out what a call is about.
func (a *API) describe(r *http.Request, body []byte) faults.Call {
	call := faults.Call{Method: r.Method, Path: r.URL.Path}
	var about subject
	_ = json.Unmarshal(body, &about) // a malformed body is about nothing; the handler refuses it
	_, route, _ := strings.Cut(r.URL.Path, "/v2/")
	switch {
	case "/"+route == loginPath:
		call.Kind = faults.KindLogin
		return call
	case r.Method == http.MethodGet && slices.Contains(lists, route):
		call.Kind = faults.KindList
		return call
	case r.Method == http.MethodPost && route == "vm":
		call.Kind, call.Hostname = faults.KindCreation, about.Hostname
		datacenter, _ := catalogue.FindDatacenter(about.DCIdentifier)
		plan, _ := datacenter.FindPlan(about.ResourceIdentifier)
		call.Plan, call.Datacenter = plan.Nickname, datacenter.Name
		return call
	case r.Method == http.MethodPost && workerRoute.MatchString(route):
		found := workerRoute.FindStringSubmatch(route)
		group := a.group(found[1], found[2])
		call.Kind, call.Plan, call.Datacenter = faults.KindCreation, group.Plan.Nickname, group.Datacenter.Name
		return call
	case r.Method == http.MethodDelete && deletesMachine(route):
		call.Kind = faults.KindDeletion
	}
	call.Hostname = a.hostname(about, path.Base(route))
	return call
}

// group is the node group of a cluster with the number in a path, or nothing.
func (a *API) group(clusterID, number string) cloud.Group {
	groups, _ := a.cloud.Groups(clusterID) // none when there is no such cluster; the handler refuses the call
	at := slices.IndexFunc(groups, func(g cloud.Group) bool { return strconv.Itoa(g.ID) == number })
	if at < 0 {
		return cloud.Group{}
	}
	return groups[at]
}

func deletesMachine(route string) bool {
	return route == "vm" || strings.HasPrefix(route, "k8s/") && (strings.HasSuffix(route, "/delete/slave") || strings.Contains(route, "/reduce"))
}

// hostname is the name of the machine that the body, or else the end of the path, identifies.
func (a *API) hostname(about subject, last string) string {
	for _, identifier := range []string{about.VMIdentifier, about.Identifier, last} {
		if m, found := a.cloud.Lookup(identifier); found {
			return m.Order.Hostname
		}
	}
	return ""
}
