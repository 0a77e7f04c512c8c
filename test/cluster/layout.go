package cluster

import (
	"fmt"
	"os"
	"path/filepath"
)

// layout is what the components must know of each other: where they listen and where their files lie.
type layout struct {
	dir string
	pki *pki

	etcdPort, etcdPeerPort, apiServerPort          int
	controllerManagerPort, schedulerPort, kwokPort int

	// kubeconfigs
	admin, controllerManager, scheduler, kwok string

	schedulerFile string // KubeSchedulerConfiguration
	stagesFile    string // what kwok does to nodes and pods
}

// newLayout writes everything that has to exist before the first component starts.
func newLayout(dir string, ports *ports, schedulerConfig string) (*layout, error) {
	l := &layout{
		dir:           dir,
		schedulerFile: filepath.Join(dir, "scheduler.yaml"),
		stagesFile:    filepath.Join(dir, "stages.yaml"),
	}
	err := ports.takeInto(&l.etcdPort, &l.etcdPeerPort, &l.apiServerPort, &l.controllerManagerPort, &l.schedulerPort, &l.kwokPort)
	if err != nil {
		return nil, err
	}
	if l.pki, err = newPKI(filepath.Join(dir, "pki")); err != nil {
		return nil, err
	}
	if err := l.writeKubeconfigs(); err != nil {
		return nil, err
	}
	scheduler, err := schedulerConfiguration(schedulerConfig, l.scheduler)
	if err != nil {
		return nil, err
	}
	stages, err := kwokStages()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(l.schedulerFile, scheduler, 0o600); err != nil {
		return nil, fmt.Errorf("write the scheduler configuration: %w", err)
	}
	if err := os.WriteFile(l.stagesFile, stages, 0o600); err != nil {
		return nil, fmt.Errorf("write the stages of kwok: %w", err)
	}
	return l, nil
}

func (l *layout) writeKubeconfigs() error {
	for _, k := range []struct {
		path   *string
		name   string
		client keyPair
	}{
		{&l.admin, "admin", l.pki.admin},
		{&l.controllerManager, "kube-controller-manager", l.pki.controllerManager},
		{&l.scheduler, "kube-scheduler", l.pki.scheduler},
		{&l.kwok, "kwok", l.pki.kwok},
	} {
		path, err := l.pki.writeKubeconfig(l.dir, k.name, l.server(), k.client)
		if err != nil {
			return err
		}
		*k.path = path
	}
	return nil
}

func localURL(scheme string, port int, path string) string {
	return fmt.Sprintf("%s://%s:%d%s", scheme, loopback, port, path)
}

func (l *layout) server() string { return localURL("https", l.apiServerPort, "") }
