package managed_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
)

const (
	clusterID  = "5c1f4f6e-0000-11f0-a000-000000000001"
	datacenter = "dc-1"
)

// platform is VPSie with one managed cluster, behind the HTTP API. Workers are listed addTime after they were asked for and leave
// the list goneTime after their deletion.
type platform struct {
	addTime, goneTime time.Duration
	// countAtOnce makes a group count a worker from the order on, and not from when it is listed.
	countAtOnce bool
	// clock is by how much its clock is ahead.
	clock time.Duration
	// answer, when it is set, may take a call over: it returns whether it did.
	answer func(w http.ResponseWriter, r *http.Request) bool
	// pass carries out every call that changes something; nil does so at once. An error cuts the connection.
	pass func(write string, act func() error) error

	mu      sync.Mutex
	workers []*worker
	groups  []int64 // sizes; the identifier is 100 + the index
	calls   []string
}

type worker struct {
	id, hostname   string
	group          int64
	asked          time.Time
	listed, goneAt time.Time // goneAt is zero until it is deleted
}

func newPlatform() *platform {
	return &platform{addTime: time.Minute, goneTime: 20 * time.Second}
}

// add makes a worker as somebody with access to the console might, in the group of a size, which is made if need be, or outside of
// every group for size 0.
func (p *platform) add(size int64) *worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if size == 0 {
		return p.addTo(0)
	}
	return p.addTo(p.group(size))
}

func (p *platform) addTo(group int64) *worker {
	n := len(p.workers) + 1
	w := &worker{
		id: fmt.Sprintf("worker-%d", n), hostname: fmt.Sprintf("HEL-Kubernetes-49AB-slave-%04X", n), group: group,
		asked: time.Now(), listed: time.Now().Add(p.addTime),
	}
	p.workers = append(p.workers, w)
	return w
}

// group finds or makes the group of a size.
func (p *platform) group(size int64) int64 {
	for i, have := range p.groups {
		if have == size {
			return int64(100 + i)
		}
	}
	p.groups = append(p.groups, size)
	return int64(99 + len(p.groups))
}

func (w *worker) exists() bool {
	return w.goneAt.IsZero() || time.Now().Before(w.goneAt)
}

func (w *worker) isListed() bool { return w.exists() && !time.Now().Before(w.listed) }

// alive are the workers that exist, listed or not.
func (p *platform) alive() (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.workers {
		if w.exists() {
			ids = append(ids, w.id)
		}
	}
	return ids
}

func (p *platform) count(call string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		if c == call {
			n++
		}
	}
	return n
}

// RoundTrip implements http.RoundTripper.
func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	recorder := httptest.NewRecorder()
	serve := func() error { p.serve(recorder, r); return nil }
	if p.answer != nil && p.answer(recorder, r) {
		serve = func() error { return nil }
	}
	query := r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/offers")
	var err error
	if p.pass != nil && !query {
		err = p.pass(writeName(r), serve)
	} else {
		err = serve()
	}
	if err == nil {
		err = r.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

func writeName(r *http.Request) string {
	switch {
	case strings.Contains(r.URL.Path, "/add/slave"):
		return "add worker"
	case strings.HasSuffix(r.URL.Path, "/add/group"):
		return "add group"
	}
	return "delete worker"
}

func (p *platform) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	routes := mux.NewRouter().PathPrefix("/apps/v2").Subrouter()
	routes.HandleFunc("/datacenter", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, []map[string]any{{"identifier": datacenter, "dc_name": "HEL", "is_active": 1, "is_deleted": 0}})
	})
	routes.HandleFunc("/k8s/offers", p.offers)
	routes.HandleFunc("/k8s/node/groups/byClusterId/"+clusterID, func(w http.ResponseWriter, _ *http.Request) { reply(w, p.groupRows()) })
	routes.HandleFunc("/k8s/cluster/byId/"+clusterID, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"identifier": clusterID, "nodes": p.rows()})
	})
	routes.HandleFunc("/k8s/cluster/add/group", p.addGroup)
	routes.HandleFunc("/k8s/cluster/byId/"+clusterID+"/add/slave/group/{id:[0-9]+}", func(w http.ResponseWriter, r *http.Request) {
		var group int64
		_, _ = fmt.Sscan(mux.Vars(r)["id"], &group)
		p.addTo(group)
		p.calls = append(p.calls, "add worker")
		reply(w, true)
	})
	routes.HandleFunc("/k8s/cluster/byId/"+clusterID+"/delete/slave", p.deleteWorker)
	routes.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "Not found") })
	routes.ServeHTTP(w, r)
}

func (p *platform) offers(w http.ResponseWriter, r *http.Request) {
	var body struct{ DCIdentifier string }
	if json.NewDecoder(r.Body).Decode(&body) != nil || body.DCIdentifier != datacenter {
		reply(w, []any{})
		return
	}
	reply(w, []map[string]any{
		{"id": 4, "nickname": "G-2", "cpu": 2, "ram": 8192, "ssd": 100, "price": "44"},
		{"id": 5, "name": "G-4", "cpu": 4, "ram": 16384, "disk": 200, "price": 88.5},
	})
}

func (p *platform) addGroup(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ClusterIdentifier, GroupName string
		KubeSizeID                   int64
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil || body.ClusterIdentifier != clusterID || body.KubeSizeID > 100 {
		refuse(w, http.StatusBadRequest, "lost in the clouds")
		return
	}
	before := len(p.groups)
	if p.group(body.KubeSizeID); len(p.groups) == before {
		refuse(w, http.StatusInternalServerError, "Group GRP-Advanced-c745 has same selected Size, please select another size")
		return
	}
	p.calls = append(p.calls, "add group")
	reply(w, map[string]any{"groupId": 1})
}

func (p *platform) deleteWorker(w http.ResponseWriter, r *http.Request) {
	var body struct{ Identifier string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	for _, have := range p.workers {
		if have.id == body.Identifier && have.exists() {
			if have.goneAt.IsZero() {
				have.goneAt = time.Now().Add(p.goneTime)
			}
			reply(w, true)
			return
		}
	}
	refuse(w, http.StatusNotFound, "Node not found")
}

func (p *platform) rows() []map[string]any {
	rows := []map[string]any{{"identifier": "master-1", "hostname": "HEL-Kubernetes-49AB-master-main", "node_type": 1}}
	for _, w := range p.workers {
		if w.isListed() {
			rows = append(rows, map[string]any{
				"identifier": w.id, "hostname": w.hostname, "default_ip": "192.0.2.7", "private_ip": nil, "created_on": w.asked.Add(p.clock).Format(time.RFC3339),
			})
		}
	}
	return rows
}

func (p *platform) groupRows() []map[string]any {
	rows := []map[string]any{}
	for i, size := range p.groups {
		count := 0
		for _, w := range p.workers {
			if w.group == int64(100+i) && (w.isListed() || p.countAtOnce && w.exists()) {
				count++
			}
		}
		rows = append(rows, map[string]any{"id": 100 + i, "boxsize_id": size, "nodes_count": count, "dcIdentifier": datacenter, "is_deleted": 0})
	}
	return rows
}

func reply(w http.ResponseWriter, data any) {
	_ = json.NewEncoder(w).Encode(map[string]any{"error": false, "data": data})
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": true, "code": status, "message": message})
}
