package vpsie_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

const (
	listScripts  = "GET /apps/v2/scripts"
	addScript    = "POST /apps/v2/script/add"
	deleteScript = "DELETE /apps/v2/script"
)

// shelf keeps scripts as VPSie does: it appends ".sh" to the name, and answers without naming the script.
type shelf struct {
	scripts []storedScript
	serial  int
	bare    bool // the list leaves the content out
}

type storedScript struct {
	Identifier string `json:"identifier"`
	Name       string `json:"script_name"`
	Content    string `json:"script,omitempty"`
	CreatedOn  string `json:"created_on,omitempty"`
}

func (s *shelf) put(name, content, createdOn string) {
	s.serial++
	id := fmt.Sprintf("script-%d", s.serial)
	s.scripts = append(s.scripts, storedScript{id, name + ".sh", content, createdOn})
}

func (s *shelf) names() []string {
	var names []string
	for _, script := range s.scripts {
		names = append(names, script.Name)
	}
	return names
}

// withScripts is an API with a shelf, and a client that hands over user data by scripts.
func withScripts(t *testing.T) (*api, *shelf, *vpsie.Client) {
	t.Helper()
	a, s := newAPI(), &shelf{}
	a.on(listScripts, func(w http.ResponseWriter, r *http.Request) {
		if len(s.scripts) == 0 {
			answer(200, `{"error":false,"data":false}`)(w, r)
			return
		}
		rows := slices.Clone(s.scripts)
		for i := range rows {
			if id := "GET /apps/v2/script/" + rows[i].Identifier; s.bare {
				body, _ := json.Marshal(map[string]any{"error": false, "data": rows[i]})
				a.on(id, answer(200, string(body)))
				rows[i].Content = ""
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"error": false, "data": rows})
	})
	a.on(addScript, func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Name, ScriptContent, ScriptType string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.ScriptType != "bash" {
			t.Errorf("script of type %q, %v", body.ScriptType, err)
		}
		s.put(body.Name, body.ScriptContent, "")
		answer(200, `{"error":false,"data":{}}`)(w, r)
	})
	a.on(deleteScript, func(w http.ResponseWriter, r *http.Request) {
		var body struct{ ScriptIdentifier string }
		_ = json.NewDecoder(r.Body).Decode(&body)
		s.scripts = slices.DeleteFunc(s.scripts, func(one storedScript) bool { return one.Identifier == body.ScriptIdentifier })
		answer(200, `{"error":false,"data":true}`)(w, r)
	})
	a.on(createVM, answer(200, `{"error":false,"data":true}`))
	a.on(listVMs, answer(200, nothing))
	a.on(pendingVMs, answer(200, nothing))
	o := options(a)
	o.UserDataVia = vpsie.ViaScript
	return a, s, newClientWith(t, o)
}

// ours is the content of a script that this package stored for a host name.
func ours(hostname string) string {
	return "#!/bin/bash\n# VPSie Autoscaler: user data of " + hostname + "\n"
}

func TestUserDataGoesIntoAScriptThatTheOrderNames(t *testing.T) {
	a, s, client := withScripts(t)
	s.put("other", "x", "")
	s.put("c1-node", ours("c1-node")+"of an earlier try", "")
	if err := create(t, client); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"other.sh", "c1-node.sh"}, s.names()); diff != "" {
		t.Errorf("scripts (-want +got):\n%s", diff)
	}
	body := decode(t, a.asked(createVM)[0].body)
	if body["scriptIdentifier"] != s.scripts[1].Identifier || body["userData"] != nil {
		t.Errorf("order: %v", body)
	}
	if content := s.scripts[1].Content; !strings.HasPrefix(content, ours("c1-node")) || strings.Contains(content, "earlier try") {
		t.Errorf("content:\n%s", content)
	}
}

func TestTheScriptGivesCloudInitTheDocument(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash")
	}
	_, s, client := withScripts(t)
	if err := create(t, client); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, dir := range []string{"etc/cloud/cloud.cfg.d", "bin"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	calls := filepath.Join(root, "calls")
	if err := os.WriteFile(filepath.Join(root, "bin/cloud-init"), []byte("#!/bin/sh\necho \"$@\" >>"+calls+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	script := strings.NewReplacer("=/var/", "="+root+"/var/", ">/etc/", ">"+root+"/etc/").Replace(s.scripts[0].Content)
	command := exec.CommandContext(t.Context(), "bash", "-c", script)
	command.Env = []string{"PATH=" + root + "/bin:" + os.Getenv("PATH")}
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for path, want := range map[string]string{
		"var/lib/cloud/seed/nocloud/user-data":          string(createRequest().UserData),
		"var/lib/cloud/seed/nocloud/meta-data":          "instance-id: c1-node\nlocal-hostname: c1-node\n",
		"etc/cloud/cloud.cfg.d/99-vpsie-autoscaler.cfg": "datasource_list: [NoCloud, None]\n",
		"calls": "init --local\ninit\nmodules --mode=config\nmodules --mode=final\n",
	} {
		content, err := os.ReadFile(filepath.Join(root, path))
		if diff := cmp.Diff(want, string(content)); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", path, err, diff)
		}
	}
	if info, err := os.Stat(filepath.Join(root, "var/lib/cloud/seed/nocloud/user-data")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the document can be read by others: %v %v", info, err)
	}
}

func TestAnOrderWhoseScriptCannotBeStoredIsNotSent(t *testing.T) {
	for name, break1 := range map[string]func(*api){
		"list fails":   func(a *api) { a.on(listScripts, answer(500, `{"error":true}`)) },
		"add fails":    func(a *api) { a.on(addScript, answer(500, `{"error":true}`)) },
		"add refused":  func(a *api) { a.on(addScript, answer(400, `{"error":true,"message":"too long"}`)) },
		"never listed": func(a *api) { a.on(addScript, answer(200, `{"error":false}`)) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, _, client := withScripts(t)
				break1(a)
				if err := create(t, client); !cloud.Rejected(err) || len(a.asked(createVM)) > 0 {
					t.Errorf("error %v, %d orders", err, len(a.asked(createVM)))
				}
			})
		})
	}
}

func TestTheScriptOfARefusedOrderIsDeleted(t *testing.T) {
	a, s, client := withScripts(t)
	a.on(createVM, answer(500, `{"error":true,"message":"quota exceeded"}`))
	if err := create(t, client); !errors.Is(err, cloud.ErrQuota) || len(s.scripts) != 0 {
		t.Errorf("error %v, scripts left: %v", err, s.names())
	}
	a.on(createVM, answer(502, `<html>`))
	if err := create(t, client); !errors.Is(err, cloud.ErrTransient) || len(s.scripts) != 1 {
		t.Errorf("error %v, scripts: %v; the machine may have been ordered and need its script", err, s.names())
	}
}

func TestAScriptIsDeletedOnceItsMachineIsListed(t *testing.T) {
	a, s, client := withScripts(t)
	list := func() int {
		t.Helper()
		if _, err := client.Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"}); err != nil {
			t.Fatal(err)
		}
		return len(s.scripts)
	}
	list()
	if err := create(t, client); err != nil {
		t.Fatal(err)
	}
	a.on(pendingVMs, answer(200, `{"error":false,"data":[{"id":"1","data":{"hostname":"c1-node"}}]}`))
	if n := list(); n != 1 {
		t.Fatal("the script of a pending machine was deleted")
	}
	a.on(pendingVMs, answer(200, nothing))
	if n := list(); n != 1 {
		t.Fatal("the script of a machine between the lists was deleted")
	}
	a.on(listVMs, answer(200, `{"error":false,"data":[{"identifier":"vm-1","hostname":"C1-node","is_active":1}]}`))
	a.on(deleteScript, answers(answer(500, `{"error":true}`), a.handlers[deleteScript]))
	if n := list(); n != 1 {
		t.Fatal("a failed deletion was taken for a success")
	}
	if n := list(); n != 0 {
		t.Error("the script of a machine that is listed is still there")
	}
	asked := len(a.asked(listScripts))
	if list(); len(a.asked(listScripts)) != asked {
		t.Error("scripts are listed although there is nothing to do")
	}
}

func TestTheSweepDeletesOnlyWhatIsProvenOursAndOld(t *testing.T) {
	for _, bare := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ago := func(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }
			a, s, client := withScripts(t)
			s.bare = bare
			s.put("c1-old", ours("c1-old"), ago(15*time.Minute))
			s.put("c1-young", ours("c1-young"), ago(14*time.Minute))
			s.put("c1-undated", ours("c1-undated"), "")
			s.put("c1-pending", ours("c1-pending"), ago(time.Hour))
			s.put("c1-a-persons", "echo hello", ago(time.Hour))
			s.put("c1-copied", ours("c1-another"), ago(time.Hour))
			s.put("other-old", ours("other-old"), ago(time.Hour))
			a.on(pendingVMs, answer(200, `{"error":false,"data":[{"id":"1","data":{"hostname":"c1-pending"}}]}`))
			list := func(want ...string) {
				t.Helper()
				if _, err := client.Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"}); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, s.names()); diff != "" {
					t.Errorf("bare %t: scripts (-want +got):\n%s", bare, diff)
				}
			}
			list("c1-young.sh", "c1-undated.sh", "c1-pending.sh", "c1-a-persons.sh", "c1-copied.sh", "other-old.sh")
			time.Sleep(10 * time.Minute)
			list("c1-undated.sh", "c1-pending.sh", "c1-a-persons.sh", "c1-copied.sh", "other-old.sh")
			time.Sleep(10 * time.Minute)
			list("c1-pending.sh", "c1-a-persons.sh", "c1-copied.sh", "other-old.sh")
		})
	}
}

func TestASweepThatFailsDoesNotHideTheMachines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _, client := withScripts(t)
		a.on(listScripts, answer(400, `{"error":true,"message":"no"}`))
		a.on(listVMs, answer(200, `{"error":false,"data":[{"identifier":"vm-1","hostname":"c1-a","is_active":1}]}`))
		got, err := client.Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"})
		if err != nil || len(got) != 1 {
			t.Errorf("machines %v, %v", got, err)
		}
	})
}

func TestDeletingAMachineDeletesItsScript(t *testing.T) {
	a, s, client := withScripts(t)
	s.put("c1-node", ours("c1-node"), "")
	a.on(getVM, answer(200, `{"error":false,"data":{"vmData":{"hostname":"c1-node"}}}`))
	a.on(deleteVM, answer(200, `{"error":false,"data":true}`))
	if err := client.Delete(t.Context(), cloud.Machine{ID: "vm-1", Hostname: "C1-Node"}); err != nil || len(s.scripts) != 0 {
		t.Errorf("error %v, scripts %v", err, s.names())
	}
}

func TestScriptsAreLeftAloneWithoutTheFallback(t *testing.T) {
	a := newAPI()
	a.on(listVMs, answer(200, nothing))
	a.on(pendingVMs, answer(200, nothing))
	a.on(createVM, answer(200, `{}`))
	client := newClient(t, a)
	_ = create(t, client)
	_, _ = client.Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"})
	if n := len(a.asked(listScripts)); n != 0 {
		t.Errorf("scripts were listed %d times", n)
	}
	if got := decode(t, a.asked(createVM)[0].body)["userData"]; got != base64.StdEncoding.EncodeToString(createRequest().UserData) {
		t.Errorf("userData %v", got)
	}
}

func TestAScriptThatSomebodyElseDeletedIsNotLookedForAgain(t *testing.T) {
	a, s, client := withScripts(t)
	if err := create(t, client); err != nil {
		t.Fatal(err)
	}
	s.scripts = nil
	a.on(listVMs, answer(200, `{"error":false,"data":[{"identifier":"vm-1","hostname":"c1-node","is_active":1}]}`))
	before := len(a.asked(listScripts))
	for range 3 {
		if _, err := client.Machines(t.Context(), cloud.Filter{HostnamePrefix: "c1-"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(a.asked(listScripts)) - before; n != 1 {
		t.Errorf("scripts were listed %d times, want once", n)
	}
}
