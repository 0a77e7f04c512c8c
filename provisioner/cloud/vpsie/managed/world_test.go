package managed_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie/managed"
)

const (
	namespace  = "kube-system"
	token      = "test-token"
	prefix     = "prod-"
	hostname   = prefix + "web-1"
	addTimeout = 10 * time.Minute
	poll       = 10 * time.Second
)

// world is a cluster, its ledger, and the provider of the process that runs at the moment.
type world struct {
	*testing.T
	*platform
	api      client.WithWatch
	provider *managed.Provider
	// told are the lines of the log.
	told []string
	// revive starts a new process if the last one has died, and reports whether it had; nil when none dies.
	revive func() bool
}

// watchedLedger heeds its contexts, as a real API server does, and passes every Save through the platform's pass, as the calls of
// the API are.
type watchedLedger struct {
	managed.Ledger
	platform *platform
}

func (l watchedLedger) Load(ctx context.Context) (managed.Book, error) {
	if ctx.Err() != nil {
		return managed.Book{}, ctx.Err()
	}
	return l.Ledger.Load(ctx)
}

func (l watchedLedger) Save(ctx context.Context, book managed.Book) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if l.platform.pass == nil {
		return l.Ledger.Save(ctx, book)
	}
	return l.platform.pass("save ledger", func() error { return l.Ledger.Save(ctx, book) })
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, platform: newPlatform(), api: build.API()}
	w.restart()
	return w
}

// scenario runs a test on virtual time.
func scenario(t *testing.T, act func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) { act(t, newWorld(t)) })
}

// restart starts a process that knows only what is on record.
func (w *world) restart() {
	w.Helper()
	w.provider = w.process()
}

func (w *world) process() *managed.Provider {
	w.Helper()
	provider, err := managed.New(managed.Options{
		Client: newClient(w.T, w.platform), ClusterID: clusterID, AddTimeout: addTimeout, PollInterval: poll,
		Ledger: watchedLedger{managed.NewConfigMapLedger(w.api, namespace, clusterID), w.platform},
		Logger: funcr.New(func(_, args string) { w.told = append(w.told, args) }, funcr.Options{}),
	})
	if err != nil {
		w.Fatal(err)
	}
	return provider
}

func newClient(t *testing.T, transport http.RoundTripper) *vpsie.Client {
	t.Helper()
	client, err := vpsie.New(vpsie.Options{
		URL: "http://localhost", ManagedKubernetes: true, RequestsPerMinute: 6000,
		Credentials:   func(context.Context) (vpsie.Credentials, error) { return vpsie.APIToken(token), nil },
		WrapTransport: func(http.RoundTripper) http.RoundTripper { return transport },
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func request(hostname string) cloud.CreateRequest {
	return cloud.CreateRequest{Hostname: hostname, OfferingID: "4", DatacenterID: datacenter}
}

func (w *world) create(hostname string) {
	w.Helper()
	if err := w.provider.Create(w.Context(), request(hostname)); err != nil {
		w.Fatalf("create %s: %v", hostname, err)
	}
}

// machines are those listed, by host name.
func (w *world) machines() map[string]cloud.Machine {
	w.Helper()
	list, err := w.provider.Machines(w.Context(), cloud.Filter{HostnamePrefix: prefix})
	if err != nil {
		w.Fatal(err)
	}
	found := map[string]cloud.Machine{}
	for _, machine := range list {
		found[machine.Hostname] = machine
	}
	return found
}

// runFor lets time pass, in which somebody looks all the while.
func (w *world) runFor(d time.Duration) {
	w.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(poll) {
		w.machines()
	}
}

// running orders a worker and waits for it.
func (w *world) running(hostname string) cloud.Machine {
	w.Helper()
	w.create(hostname)
	w.runFor(2 * w.addTime)
	machine := w.machines()[hostname]
	if machine.State != cloud.StateRunning {
		w.Fatalf("%s is %+v, want it running", hostname, machine)
	}
	return machine
}

// entry is what is on record about a host name.
func (w *world) entry(hostname string) (managed.Entry, bool) {
	w.Helper()
	book, err := managed.NewConfigMapLedger(w.api, namespace, clusterID).Load(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	entry, found := book.Entries[hostname]
	return entry, found
}

// workerLimit is what VPSie says about the limit of workers, under status 500.
const workerLimit = "Worker nodes count exceeds the allowed limit 5"

// refuseOnce refuses the next call whose path holds a text.
func (w *world) refuseOnce(path string, status int, message string) {
	w.answer = func(answer http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, path) {
			return false
		}
		w.answer = nil
		refuse(answer, status, message)
		return true
	}
}
