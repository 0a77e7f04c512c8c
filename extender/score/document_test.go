package score_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/extender/score"
)

// lines are the scores of an order of preference as people read it, in the order in which they are asked for.
func lines(t *testing.T) []string {
	t.Helper()
	bought := []score.Plan{{Node: "n", Pods: []string{"shop/cart"}}}
	of := func(node score.Node, plans []score.Plan) int64 {
		return score.NewSnapshot(map[string]score.Node{"n": node}, plans).Score(score.Pod{Key: "shop/cart"}, "n")
	}
	span := func(changes ...func(*score.Node)) string {
		return fmt.Sprintf("%d..%d", of(with(machine(0, 0), changes...), nil), of(with(machine(100, 0), changes...), nil))
	}
	single := func(score int64) string { return fmt.Sprint(score) }
	return []string{
		single(score.NewSnapshot(nil, nil).Score(score.Pod{}, "n")),
		single(of(with(machine(0, 0), interrupted, removing), bought)),
		single(of(with(machine(0, 0), candidate, interrupted), bought)),
		single(of(with(machine(0, 0), candidate, spot), bought)),
		single(of(with(machine(0, 0), candidate, spot), nil)),
		span(spot),
		span(),
	}
}

// Given the tables of what a score means, for operators and for developers, then they say what the code does, in the order in which
// it does it.
func TestTheTablesOfScoresAreTrue(t *testing.T) {
	for file, row := range map[string]string{
		"../../docs/extender.md": `(?m)^\| (\d+(?:\.\.\d+)?) \| `,
		"doc.go":                 `(?m)^//\t(\d+(?:\.\.\d+)?) +`,
	} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(content)
		if _, section, found := strings.Cut(text, "## What a score means\n"); found {
			text, _, _ = strings.Cut(section, "\n## ")
		}
		var got []string
		for _, match := range regexp.MustCompile(row).FindAllStringSubmatch(text, -1) {
			got = append(got, match[1])
		}
		if diff := cmp.Diff(lines(t), got); diff != "" {
			t.Errorf("%s (-code +table):\n%s", file, diff)
		}
	}
}
