package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

const cluster = "/apps/v2/k8s/cluster/byId/c1"

func TestFailuresOfCreationsAndDeletionsHitWorkersToo(t *testing.T) {
	tests := map[faults.Action]func(d desk, got reply){
		faults.ActionNeverReady: func(d desk, got reply) {
			d.want(got, 200, `"data":true`)
			if m := d.settled(); m.State != cloud.StateJoined {
				d.Errorf("state %s", m.State)
			}
		},
		faults.ActionDuplicate: func(d desk, got reply) {
			d.want(got, 200, `"data":true`)
			d.wantMachines(2)
		},
		faults.ActionQuota: func(d desk, got reply) {
			d.want(got, 500, `{"error":true,"code":500,"message":"Worker nodes count exceeds the allowed limit 5","type":false}`)
			d.wantMachines(0)
		},
		faults.ActionGhost: func(d desk, got reply) {
			if got.err == nil || d.Machines()[0].State != cloud.StateQueued {
				d.Errorf("answer %d, state %s", got.status, d.Machines()[0].State)
			}
			if m := d.settled(); m.State != cloud.StateReady {
				d.Errorf("state %s", m.State)
			}
		},
		faults.ActionLostDelete: func(d desk, got reply) {
			d.want(got, 200, `"data":true`)
			id := d.settled().Identifier
			d.want(d.call(http.MethodDelete, cluster+"/delete/slave", `{"identifier":"`+id+`"}`), 200, `"data":true`)
			if m := d.settled(); m.State != cloud.StateReady {
				d.Errorf("state %s", m.State)
			}
		},
	}
	for action, check := range tests {
		t.Run(string(action), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulator.New(simulator.Options{
					API: httpapi.Options{Tokens: []string{token}}, WorkerGuest: &instant{}, Clusters: []cloud.ClusterOptions{{Identifier: "c1", Name: "HEL-K"}},
				})
				defer s.Close()
				d := desk{T: t, Simulator: s}
				d.want(d.call(http.MethodPost, "/apps/v2/k8s/cluster/add/group", `{"clusterIdentifier":"c1","groupName":"g","KubeSizeID":4}`), 200, "groupId")
				rule := faults.Rule{Action: action, Seconds: 90}
				if action != faults.ActionLostDelete { // deletions are of no plan
					rule.Match = faults.Match{PlanRegex: "^G-2$", DatacenterRegex: "^HEL$"}
				}
				if err := s.InjectFault(rule); err != nil {
					t.Fatal(err)
				}
				check(d, d.call(http.MethodPost, cluster+"/add/slave/group/1", ""))
			})
		})
	}
}

func TestListThatIsBehindShowsAMachineThatIsGoneAsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Options{API: httpapi.Options{Tokens: []string{token}}, ListLag: time.Hour, Guest: &instant{}})
		defer s.Close()
		d := desk{T: t, Simulator: s}
		d.create("w1")
		time.Sleep(2 * time.Hour)
		s.DeleteOutside("w1")
		got := d.call(http.MethodGet, "/api/v2/vm", "")
		d.want(got, 200, `"hostname":"w1"`)
		if !strings.Contains(got.text, `"power":0`) || !strings.Contains(got.text, `"in_pcs":1`) {
			t.Errorf("record %s", got.text)
		}
	})
}
