package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/httpapi"
)

const accepted = `{"error":false,"data":true}`

// tags are the names in vmTags of a machine.
func (h *harness) tags(identifier string) []string {
	h.t.Helper()
	data, _ := h.get("/api/v2/vm/" + identifier).json["data"].(object)
	names := []string{}
	list, isList := data["vmTags"].([]any)
	if !isList {
		h.t.Fatal("the machine has no vmTags")
	}
	for _, tag := range list {
		names = append(names, tag.(object)["name"].(string))
	}
	return names
}

func TestTagsOfAMachineChangeInEveryWay(t *testing.T) {
	h := newHarness(t, setup{})
	id, _ := h.create("w1")["identifier"].(string) // tagged "web" by its order
	for _, step := range []struct {
		method, path, body string
		want               []string
	}{
		{http.MethodPost, "/api/v2/vm/addtags", `{"vmIdentifier":"` + id + `","tags":["a=1","web"]}`, []string{"web", "a=1"}},
		{http.MethodPost, "/apps/v2/tags/add", `{"entity":"boxes","identifier":"` + id + `","tags":["b"]}`, []string{"web", "a=1", "b"}},
		{http.MethodPut, "/apps/v2/tags/edit", `{"entity":"boxes","identifier":"` + id + `","tags":["c"]}`, []string{"c"}},
		{http.MethodPut, "/api/v2/tags/edit", `{"entity":"boxes","identifier":"` + id + `","tags":[]}`, []string{}},
		{http.MethodPut, "/apps/v2/tags/edit", `{"entity":"boxes","identifier":"` + id + `","tags":["d"]}`, []string{"d"}},
		{http.MethodDelete, "/apps/v2/tags/delete", `{"entity":"boxes","identifier":"` + id + `","tags":["e"]}`, []string{}},
	} {
		if got := h.send(step.method, step.path, "application/json", step.body); got.text != accepted {
			t.Errorf("%s %s: %d %s", step.method, step.path, got.status, got.text)
		}
		if diff := cmp.Diff(step.want, h.tags(id)); diff != "" {
			t.Errorf("after %s %s (-want +got):\n%s", step.method, step.path, diff)
		}
	}
}

func TestTagsOfAnEntityAreGroupedByItsKind(t *testing.T) {
	h := newHarness(t, setup{})
	id, _ := h.create("w1")["identifier"].(string)
	want := object{"error": "bool", "data": object{
		"boxes": []any{object{"name": "string", "entity_id": "number", "entity_type": "string"}}, "ssh_keys": []any{},
	}}
	if diff := cmp.Diff(want, shape(h.get("/apps/v2/tags?entity=boxes&identifier="+id).json)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := h.get("/apps/v2/tags?entity=boxes&identifier=x"); got.text != `{"error":false,"data":{"boxes":[],"ssh_keys":[]}}` {
		t.Errorf("unknown machine: %s", got.text)
	}
}

func TestTagsAreDefinedByUseAndByName(t *testing.T) {
	h := newHarness(t, setup{})
	h.create("w1")
	defined, _ := h.post("/apps/v2/tags/add", `{"name":"blue","color":"#0000ff"}`).json["data"].(object)
	names := map[any]any{}
	for _, tag := range rows(t, h.get("/apps/v2/tags")) {
		names[tag["name"]] = tag["color"]
	}
	if diff := cmp.Diff(map[any]any{"web": "#808080", "blue": "#0000ff"}, names); diff != "" {
		t.Errorf("definitions (-want +got):\n%s", diff)
	}
	id, _ := defined["identifier"].(string)
	if one, _ := h.get("/apps/v2/tags/" + id).json["data"].(object); one["name"] != "blue" {
		t.Errorf("read %v", one)
	}
	if got := h.get("/apps/v2/tags/x"); got.text != `{"error":false,"data":false}` {
		t.Errorf("unknown tag: %s", got.text)
	}
}

func TestTagsOfWhatIsNotThereAreRefused(t *testing.T) {
	h := newHarness(t, setup{})
	const gone = `{"error":true,"code":404,"message":"Virtual machine not found"}`
	for name, got := range map[string]answer{
		"machine":        h.post("/api/v2/vm/addtags", `{"vmIdentifier":"x","tags":["a"]}`),
		"entity":         h.send(http.MethodPut, "/apps/v2/tags/edit", "application/json", `{"entity":"buckets","identifier":"x","tags":["a"]}`),
		"tags to delete": h.send(http.MethodDelete, "/apps/v2/tags/delete", "application/json", `{"entity":"boxes","identifier":"x"}`),
	} {
		if got.status != 404 || got.text != gone {
			t.Errorf("%s: %d %s", name, got.status, got.text)
		}
	}
	for _, body := range []string{`{}`, `x`} {
		if got := h.post("/apps/v2/tags/add", body); got.status != 400 {
			t.Errorf("%s: %d %s", body, got.status, got.text)
		}
	}
}

func TestListsShowTagsAsTheOptionsSay(t *testing.T) {
	for option, want := range map[httpapi.ListTags]any{
		httpapi.TagsAbsent: "absent", httpapi.TagsNull: nil, httpapi.TagsArray: []any{"web"},
	} {
		h := newHarness(t, setup{api: httpapi.Options{ListTags: option}, cloud: cloud.Options{}})
		record := h.create("w1")
		var got any = "absent"
		if tags, given := record["tags"]; given {
			got = tags
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("option %q (-want +got):\n%s", option, diff)
		}
	}
}
