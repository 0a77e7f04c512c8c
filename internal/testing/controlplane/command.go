package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	mainModule    = "github.com/vpsie/vpsie-autoscaler"
	clusterModule = "test/cluster" // folder of the command's module below the repository
	commandFile   = "bin/cluster"  // the built command
)

// buildCommand returns the path of the command, and builds it first when it is missing or older than its sources.
// Test processes of several packages may call it at once.
func buildCommand(ctx context.Context, progress io.Writer) (string, error) {
	root, err := repository()
	if err != nil {
		return "", err
	}
	module, binary := filepath.Join(root, clusterModule), filepath.Join(root, commandFile)
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return "", fmt.Errorf("create the folder of built commands: %w", err)
	}
	unlock, err := lock(binary + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	fresh, err := newerThanSources(binary, module)
	if err != nil || fresh {
		return binary, err
	}
	if progress != nil {
		fmt.Fprintf(progress, "building %s\n", commandFile)
	}
	partial := binary + ".partial"
	defer os.Remove(partial) // a no-op after the rename
	build := exec.CommandContext(ctx, "go", "build", "-C", module, "-o", partial, "./cmd/cluster")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the components are built, to share the build cache
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", commandFile, err, output)
	}
	if err := os.Rename(partial, binary); err != nil {
		return "", fmt.Errorf("put %s in place: %w", commandFile, err)
	}
	return binary, nil
}

// repository finds the folder of the main module's go.mod at or above the working folder.
func repository() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(content, []byte("module "+mainModule+"\n")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("find the repository: no go.mod of %s at or above %s; run inside the repository", mainModule, start)
		}
	}
}

// newerThanSources reports whether a built file exists and is newer than every file of its module.
func newerThanSources(binary, module string) (bool, error) {
	built, err := os.Stat(binary)
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the built command: %w", err)
	}
	var newest time.Time
	err = filepath.WalkDir(module, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("look for changes of the command's sources: %w", err)
	}
	return built.ModTime().After(newest), nil
}

// lock takes the exclusive lock of a file, waiting for another process that holds it. The kernel drops the lock when
// its holder dies.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { file.Close() }, nil
}
