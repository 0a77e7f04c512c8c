package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the golden files")

// execute runs the command as main does.
func execute(stdin io.Reader, args ...string) (stdout string, exit int, stderr string) {
	var out bytes.Buffer
	command := newCommand()
	command.SetArgs(args)
	command.SetIn(stdin)
	command.SetOut(&out)
	command.SetErr(io.Discard)
	if err := command.Execute(); err != nil {
		return out.String(), exitCode(err), printed(err)
	}
	return out.String(), 0, ""
}

// vary are the parts of the output that differ between runs, and those that differ when the planner proves more or takes nodes in another order.
var vary = regexp.MustCompile(`[0-9.]+ ms|new node [0-9]+|(?m:^Lower bound .*$)`)

func TestTablesReadAsBefore(t *testing.T) {
	tests := map[string][]string{
		"mixed.txt":      {"--scenario", "testdata/mixed.json"},
		"mixed-pods.txt": {"-f", "testdata/mixed.json", "-o", "table", "--show-pods"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			got, exit, stderr := execute(nil, append([]string{"simulate"}, args...)...)
			if exit != 0 {
				t.Fatalf("exit code %d: %s", exit, stderr)
			}
			got = vary.ReplaceAllStringFunc(got, func(s string) string { return regexp.MustCompile(`[0-9.]+`).ReplaceAllString(s, "N") })
			golden := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("output differs (-want +got); -update accepts it:\n%s", diff)
			}
		})
	}
}

func TestNothingToBuyIsSaid(t *testing.T) {
	stdin := strings.NewReader(`{"offerings": [{"id": "x", "cpu": 1, "memoryMiB": 1, "pods": 1, "priceHourly": 1}], "pods": []}`)
	got, exit, stderr := execute(stdin, "simulate", "--scenario", "-")
	if exit != 0 || !strings.Contains(got, "No node need be bought.") || strings.Contains(got, "Lower bound") {
		t.Errorf("exit code %d, output\n%s%s", exit, got, stderr)
	}
}

func TestJSONKeepsItsContract(t *testing.T) {
	got, exit, stderr := execute(nil, "simulate", "--scenario", "testdata/mixed.json", "-o", "json")
	if exit != 0 {
		t.Fatalf("exit code %d: %s", exit, stderr)
	}
	var made result
	decoder := json.NewDecoder(strings.NewReader(got))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&made); err != nil {
		t.Fatal(err)
	}
	if made.Planner != "vpsie" || made.Pods != 8 || made.Unscheduled != 4 || len(made.UnscheduledPods) != 4 || made.PlanMillis <= 0 {
		t.Errorf("result %+v", made)
	}
	if left := made.UnscheduledPods[0]; left.Pod != "big/giant-1" || !strings.HasPrefix(left.Reason, "TooLarge: ") {
		t.Errorf("first pod left %+v", left)
	}
	if diff := cmp.Diff([]resultPlacing{{Node: "n1", Pods: []string{"default/fits"}}}, made.ExistingNodes); diff != "" {
		t.Errorf("existing nodes differ (-want +got):\n%s", diff)
	}
	sum, pods := 0.0, 0
	for _, node := range made.Nodes {
		sum += node.HourlyPrice
		pods += len(node.Pods)
	}
	if pods != 3 || sum-made.HourlyPrice > 1e-9 || made.HourlyPrice-sum > 1e-9 || made.LowerBoundHourly <= 0 || made.LowerBoundHourly > made.HourlyPrice {
		t.Errorf("%d pods on nodes of %v, result %+v", pods, sum, made)
	}
	for _, key := range []string{`"unscheduledPods":[`, `"nodes":[{"offering":`, `"gap":`, `"planCPUMillis":`} {
		if !strings.Contains(got, key) {
			t.Errorf("no %s in %s", key, got)
		}
	}
}

func TestYAMLSaysTheSameAsJSON(t *testing.T) {
	var results [2]result
	for i, format := range []string{"json", "yaml"} {
		got, exit, stderr := execute(nil, "simulate", "--scenario", "testdata/mixed.json", "--output", format)
		if exit != 0 {
			t.Fatalf("exit code %d: %s", exit, stderr)
		}
		if err := yaml.UnmarshalStrict([]byte(got), &results[i]); err != nil {
			t.Fatal(err)
		}
		results[i].PlanMillis, results[i].PlanCPUMillis = 0, 0
	}
	if diff := cmp.Diff(results[0], results[1]); diff != "" {
		t.Errorf("YAML differs from JSON (-json +yaml):\n%s", diff)
	}
}

func TestWrongInputIsToldFromWrongUsage(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte("{\"pods\": [],\n \"offerings\": 7, \"x\": 1}"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		args []string
		exit int
		want string
	}{
		"no file":            {[]string{"simulate"}, 2, "kubectl-vpsie: --scenario: missing; name a file, or - for standard input"},
		"an unknown format":  {[]string{"simulate", "-f", broken, "-o", "xml"}, 2, `kubectl-vpsie: --output: "xml" is none of table, json, yaml`},
		"an unknown flag":    {[]string{"simulate", "--scenaria", "x"}, 2, "kubectl-vpsie: unknown flag: --scenaria"},
		"an argument":        {[]string{"simulate", "x"}, 2, `kubectl-vpsie: unexpected argument "x": simulate takes flags only`},
		"an unknown command": {[]string{"emulate"}, 2, `kubectl-vpsie: unknown command "emulate": want one of simulate`},
		"a missing file":     {[]string{"simulate", "-f", "testdata/none.json"}, 1, "kubectl-vpsie: --scenario: open testdata/none.json: no such file or directory"},
		"a folder":           {[]string{"simulate", "-f", "testdata"}, 1, "testdata:1:1: cannot read on: read testdata: is a directory"},
		"a broken file": {[]string{"simulate", "-f", broken}, 1,
			broken + `:2:15: offerings: 7 is a number: want a list in brackets` + "\n" + broken + `:2:18: unknown key "x": allowed are`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stdout, exit, stderr := execute(nil, test.args...)
			if stdout != "" || exit != test.exit || !strings.HasPrefix(stderr, test.want) {
				t.Errorf("exit code %d, want %d; output %q, error\n%s\nwant\n%s", exit, test.exit, stdout, stderr, test.want)
			}
		})
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestOutputThatCannotBeWrittenIsAnError(t *testing.T) {
	for _, format := range []string{"table", "json", "yaml"} {
		command := newCommand()
		command.SetArgs([]string{"simulate", "-f", "testdata/mixed.json", "-o", format})
		command.SetOut(full{})
		if err := command.Execute(); err == nil || exitCode(err) != exitInput || printed(err) != "kubectl-vpsie: print the plan: the disk is full" {
			t.Errorf("%s: error %v", format, err)
		}
	}
}
