package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fakeGo puts a command "go" first in the path that only writes its output file, and fails with the exit code 3 when
// it runs twice at the same time, and with broken when it is asked for that package.
func fakeGo(t *testing.T, broken string) {
	t.Helper()
	dir := t.TempDir()
	script := `#!/bin/sh
while [ $# -gt 1 ]; do
	if [ "$1" = -o ]; then out=$2; fi
	shift
done
if [ "$1" = "` + broken + `" ]; then echo "does not compile"; exit 1; fi
mkdir "` + dir + `/running" || exit 3
echo "$1" > "$out"
rmdir "` + dir + `/running"
`
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func TestBuildMakesEveryMissingComponentAndSaysSo(t *testing.T) {
	fakeGo(t, "")
	bin := filepath.Join(t.TempDir(), "bin")
	var progress strings.Builder

	if err := Build(t.Context(), BuildOptions{Module: t.TempDir(), Bin: bin, Progress: &progress}); err != nil {
		t.Fatal(err)
	}

	for i, name := range []string{"etcd", "kube-apiserver", "kube-scheduler", "kube-controller-manager", "kwok"} {
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			t.Error(err)
		}
		if line := "[" + string(rune('1'+i)) + "/5] " + name + " ..."; !strings.Contains(progress.String(), line) {
			t.Errorf("progress lacks %q:\n%s", line, progress.String())
		}
	}
	if !strings.Contains(progress.String(), "five to ten minutes") {
		t.Errorf("progress does not say how long it takes:\n%s", progress.String())
	}
	partials, err := filepath.Glob(filepath.Join(bin, ".*.partial"))
	if err != nil || len(partials) > 0 {
		t.Errorf("unfinished files left: %v (error %v)", partials, err)
	}
}

func TestFailedBuildNamesTheComponentAndShowsTheCompiler(t *testing.T) {
	fakeGo(t, "k8s.io/kubernetes/cmd/kube-scheduler")
	bin := t.TempDir()

	err := Build(t.Context(), BuildOptions{Module: t.TempDir(), Bin: bin, Progress: &strings.Builder{}})

	if err == nil || !strings.Contains(err.Error(), "build kube-scheduler") || !strings.Contains(err.Error(), "does not compile") {
		t.Errorf("got %v, want the component and the compiler's words", err)
	}
	if _, err := os.Stat(filepath.Join(bin, "kube-scheduler")); !os.IsNotExist(err) {
		t.Errorf("file of the failed component: got error %v, want not found", err)
	}
}

func TestTwoBuildsNeverRunAtTheSameTime(t *testing.T) {
	fakeGo(t, "")
	options := BuildOptions{Module: t.TempDir(), Bin: t.TempDir()}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			mine := options
			mine.Progress = &strings.Builder{}
			if err := Build(t.Context(), mine); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
}
