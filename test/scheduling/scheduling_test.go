package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/vpsie/vpsie-autoscaler/test/tables"
)

// The document is written by people but for what stands between the markers.
func TestPerformanceDocumentHasAPlaceForEachPart(t *testing.T) {
	document, err := os.ReadFile("../../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if _, err := tables.Insert(string(document), part.name, "tables"); err != nil {
			t.Error(err)
		}
	}
}

func TestPartsAreChosenByName(t *testing.T) {
	if all, err := choose(nil); err != nil || len(all) != len(parts) {
		t.Errorf("no names choose %d parts, %v, want all %d", len(all), err, len(parts))
	}
	chosen, err := choose([]string{"burst", "latency"})
	if err != nil || len(chosen) != 2 || chosen[0].name != "burst" || chosen[1].name != "latency" {
		t.Errorf("got %v, %v", chosen, err)
	}
	if _, err := choose([]string{"speed"}); err == nil || !strings.Contains(err.Error(), `"speed"`) {
		t.Errorf("got %v, want an error that names the part", err)
	}
}

// The example commands of the document are ones that the program takes.
func TestUsageTellsEveryPart(t *testing.T) {
	var help bytes.Buffer
	flags := (&settings{}).flags()
	flags.SetOutput(&help)
	flags.Usage()
	for _, part := range parts {
		if !strings.Contains(help.String(), part.name) {
			t.Errorf("the help does not mention %s", part.name)
		}
	}
}
