package postfilter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/vpsie/vpsie-autoscaler/internal/loopback"
)

// Defaults of Args.
const (
	defaultTimeout     = time.Second
	defaultQueueSize   = 1000
	defaultRepeatAfter = time.Minute
)

// maxQueueSize bounds the memory: each pod in the queue may hold the names of all nodes, 16 bytes each.
const maxQueueSize = 10_000

// Args is what pluginConfig says about the plugin.
type Args struct {
	// Endpoint is the origin of the controllers' receivers, such as https://vpsie-diagnosis.vpsie-system.svc:8890. Every address of the
	// host gets every report. Plain http is for the loopback.
	Endpoint string `json:"endpoint"`
	// CAFile holds the authorities in PEM that the receivers' certificates must come from. It is read once.
	CAFile string `json:"caFile,omitempty"`
	// CertFile and KeyFile hold our own certificate and key in PEM. They are read for each connection. Without them none is shown.
	CertFile string `json:"certFile,omitempty"`
	KeyFile  string `json:"keyFile,omitempty"`
	// ServerName is what the receivers' certificates must be valid for; empty means the host of Endpoint.
	ServerName string `json:"serverName,omitempty"`
	// Timeout bounds one delivery to one address; zero means a second.
	Timeout metav1.Duration `json:"timeout,omitzero"`
	// QueueSize is how many diagnoses may wait for their delivery; zero means 1000. What comes on top is dropped.
	QueueSize int `json:"queueSize,omitempty"`
	// RepeatAfter is how long the same diagnosis of the same pod is not sent again; zero means a minute.
	RepeatAfter metav1.Duration `json:"repeatAfter,omitzero"`
}

// readArgs decodes the arguments, fills in the defaults, and names everything that is wrong with them.
func readArgs(object runtime.Object) (Args, error) {
	var args Args
	raw, ok := object.(*runtime.Unknown)
	if !ok || len(raw.Raw) == 0 {
		return args, errors.New("endpoint: is missing: set args.endpoint to the origin of the controller's receiver")
	}
	content, err := yaml.YAMLToJSONStrict(raw.Raw) // JSON is YAML too
	if err != nil {
		return args, fmt.Errorf("decode the args: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&args); err != nil {
		return args, fmt.Errorf("decode the args: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return args, errors.New("decode the args: want one object, found something behind it")
	}
	args.fill()
	return args, args.validate()
}

// fill puts the defaults where nothing is set.
func (a *Args) fill() {
	if a.Timeout.Duration == 0 {
		a.Timeout.Duration = defaultTimeout
	}
	if a.QueueSize == 0 {
		a.QueueSize = defaultQueueSize
	}
	if a.RepeatAfter.Duration == 0 {
		a.RepeatAfter.Duration = defaultRepeatAfter
	}
}

func (a *Args) validate() error {
	faults := []error{a.validateEndpoint(), readable("caFile", a.CAFile), readable("certFile", a.CertFile), readable("keyFile", a.KeyFile)}
	if (a.CertFile == "") != (a.KeyFile == "") {
		faults = append(faults, fmt.Errorf("certFile %q and keyFile %q: set both or neither", a.CertFile, a.KeyFile))
	}
	if a.Timeout.Duration < 0 {
		faults = append(faults, fmt.Errorf("timeout %v: want a positive duration, such as 1s", a.Timeout.Duration))
	}
	if a.QueueSize < 0 || a.QueueSize > maxQueueSize {
		faults = append(faults, fmt.Errorf("queueSize %d: want 1 to %d", a.QueueSize, maxQueueSize))
	}
	if a.RepeatAfter.Duration < 0 {
		faults = append(faults, fmt.Errorf("repeatAfter %v: want a positive duration, such as 1m", a.RepeatAfter.Duration))
	}
	return errors.Join(faults...)
}

func (a *Args) validateEndpoint() error {
	const example = "https://vpsie-diagnosis.vpsie-system.svc:8890"
	target, err := url.Parse(a.Endpoint)
	switch {
	case a.Endpoint == "":
		return errors.New("endpoint: is missing: set it to the origin of the controller's receiver, such as " + example)
	case err != nil || target.Hostname() == "" || target.Port() == "":
		return fmt.Errorf("endpoint %q: want scheme, host and port, such as %s", a.Endpoint, example)
	case target.User != nil:
		return fmt.Errorf("endpoint %q: has a password: clients are told apart by certFile", target.Redacted())
	case strings.Trim(target.Path, "/") != "" || target.RawQuery != "":
		return fmt.Errorf("endpoint %q: has a path or a query: want scheme, host and port only, such as %s", a.Endpoint, example)
	case target.Scheme == "http" && !loopback.Host(target.Hostname()):
		return fmt.Errorf("endpoint %q: is not encrypted: use https, or the loopback", a.Endpoint)
	case target.Scheme == "http" && (a.CAFile != "" || a.CertFile != "" || a.ServerName != ""):
		return fmt.Errorf("endpoint %q: caFile, certFile and serverName need https", a.Endpoint)
	case target.Scheme != "http" && target.Scheme != "https":
		return fmt.Errorf("endpoint %q: want https, such as %s", a.Endpoint, example)
	}
	return nil
}

func readable(field, path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%s: cannot be read, name an existing file: %w", field, err)
	}
	return file.Close()
}
