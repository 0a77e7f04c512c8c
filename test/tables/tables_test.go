package tables_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

func TestTablesReplaceWhatStoodThereAndNothingElse(t *testing.T) {
	const document = "# Title\n" +
		"<!-- measured, the one: written by `make bench` -->\nold\n<!-- end of what was measured -->\nbetween\n" +
		"<!-- measured, the other: written by `make bench` -->\nkept\n<!-- end of what was measured -->\nmore\n"
	got, err := tables.Insert(document, "one", "new\n\n")
	if err != nil || got != strings.Replace(document, "\nold\n", "\n\nnew\n\n", 1) {
		t.Errorf("got %q, %v", got, err)
	}
	got, err = tables.Insert(document, "other", "new")
	if err != nil || got != strings.Replace(document, "\nkept\n", "\n\nnew\n\n", 1) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := tables.Insert(document, "third", "new"); err == nil || !strings.Contains(err.Error(), "third") {
		t.Errorf("got %v for a subject without a place, want an error that names it", err)
	}
}

func TestInsertIntoWritesTheFile(t *testing.T) {
	path := t.TempDir() + "/page.md"
	page := "<!-- measured, the one: written by `make bench` -->\n<!-- end of what was measured -->\n"
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := tables.InsertInto(path, "one", "new"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !strings.Contains(string(got), "\nnew\n") {
		t.Errorf("got %q, %v", got, err)
	}
	if err := tables.InsertInto(path, "two", "new"); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names the file", err)
	}
}

func TestDurationsAreBrief(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1234 * time.Microsecond: "1.2 ms", 45678 * time.Microsecond: "45 ms", 1234 * time.Millisecond: "1.2 s", 75 * time.Second: "75 s",
	} {
		if got := tables.Brief(d); got != want {
			t.Errorf("%v is shown as %q, want %q", d, got, want)
		}
	}
}

func TestQuantiles(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = 100 - i
	}
	for name, test := range map[string]struct {
		values  []int
		percent int
		want    int
	}{
		"nothing":               {nil, 50, 0},
		"one":                   {[]int{7}, 99, 7},
		"the middle of three":   {[]int{9, 1, 5}, 50, 5},
		"the lower of two":      {[]int{4, 1}, 50, 1},
		"99 of a hundred":       {hundred, 99, 99},
		"all of a hundred":      {hundred, 100, 100},
		"99 of less than that":  {[]int{1, 2, 3}, 99, 3},
		"none means the lowest": {[]int{3, 2}, 0, 2},
	} {
		if got := tables.Quantile(test.values, test.percent); got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
	if hundred[0] != 100 {
		t.Error("the values were sorted in place")
	}
}

func TestMachineTellsCoresAndPlatform(t *testing.T) {
	if got := tables.Machine(); !strings.Contains(got, " cores (") || !strings.Contains(got, "go1.") {
		t.Errorf("got %q", got)
	}
}
