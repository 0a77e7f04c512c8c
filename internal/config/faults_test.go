package config_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vpsie/vpsie-autoscaler/internal/config"
)

// faultsOf loads and returns the faults by key.
func faultsOf(t *testing.T, options config.LoadOptions) map[string]config.Fault {
	t.Helper()
	_, err := config.Load(options)
	found := map[string]config.Fault{}
	var faults config.Faults
	if err != nil && !errors.As(err, &faults) {
		t.Fatalf("error %v is no Faults", err)
	}
	for _, fault := range faults {
		if _, twice := found[fault.Key]; twice {
			t.Errorf("two faults for %s:\n%v", fault.Key, err)
		}
		found[fault.Key] = fault
	}
	return found
}

func TestAllFaultsAreListedAtOnce(t *testing.T) {
	file := write(t, "config.yaml", `
log: {level: loud}
controler: {batchIdle: 1s}
controller: {batchIdel: 1s, leaderElection: "yes", schedulerNames: one, batchMax: 5, pendingPodAge: null}
vpsie:
health: 3
cluster: {name: a-name-that-is-long, namespace: true}
`)
	options := config.LoadOptions{
		Command: config.CommandAll,
		Args:    []string{"--config", file, "--extender-listen=nowhere", "--webhook-port=many"},
		Environ: []string{"VPSIE_CONTROLLER_BATCHIDLE=1s", "VPSIE_CONTROLLER_POLL_INTERVAL=2", "VPSIE_EXTENDER_FILTER=1"},
	}
	got := faultsOf(t, options)
	want := []string{
		"VPSIE_CONTROLLER_BATCHIDLE", "cluster.name", "cluster.namespace", "controler.batchIdle", "controller.batchIdel",
		"controller.batchMax", "controller.leaderElection", "controller.pendingPodAge", "controller.pollInterval",
		"controller.schedulerNames", "extender.filter", "extender.listen", "health", "log.level", "vpsie.imageID",
		"vpsie.projectID", "vpsie.tokenFile", "webhook.port",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("keys with faults (-want +got):\n%s", diff)
	}
	_, err := config.Load(options)
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 1+len(want) {
		t.Errorf("want a line a fault, got:\n%v", err)
	}
	for key, part := range map[string]string{
		"controller.batchIdel":       "did you mean controller.batchIdle?",
		"controler.batchIdle":        "did you mean controller.batchIdle?",
		"VPSIE_CONTROLLER_BATCHIDLE": "did you mean VPSIE_CONTROLLER_BATCH_IDLE?",
		"controller.batchMax":        `"5" (file ` + file + `): want a duration`,
		"webhook.port":               `"many" (flag --webhook-port): want a whole number`,
		"vpsie.tokenFile":            "with --vpsie-token-file or VPSIE_VPSIE_TOKEN_FILE",
		"health":                     "health.listen",
	} {
		if line := got[key].String(); !strings.Contains(line, part) {
			t.Errorf("fault %q: want %q in it", line, part)
		}
	}
}

func TestFaultsOfValues(t *testing.T) {
	tests := map[string]struct {
		settings map[string]string
		want     []string
	}{
		"nothing wrong":                {map[string]string{}, nil},
		"numbers":                      {map[string]string{"kubernetes.qps": "0", "kubernetes.burst": "-1", "vpsie.hoursPerMonth": "0", "vpsie.requestsPerMinute": "0", "controller.maxNewNodesPerPlan": "-1"}, []string{"controller.maxNewNodesPerPlan", "kubernetes.burst", "kubernetes.qps", "vpsie.hoursPerMonth", "vpsie.requestsPerMinute"}},
		"durations":                    {map[string]string{"vpsie.timeout": "0s", "controller.launchTimeout": "-1s", "controller.joinTimeout": "0s", "controller.resyncInterval": "0s", "controller.soldOutTTL": "0s", "controller.pendingPodAge": "0s"}, []string{"controller.joinTimeout", "controller.launchTimeout", "controller.pendingPodAge", "controller.resyncInterval", "controller.soldOutTTL", "vpsie.timeout"}},
		"idle beyond max":              {map[string]string{"controller.batchIdle": "6s"}, []string{"controller.batchIdle"}},
		"lost before polled":           {map[string]string{"controller.lostTimeout": "2s"}, []string{"controller.lostTimeout"}},
		"percent":                      {map[string]string{"controller.memoryOverheadPercent": "100"}, []string{"controller.memoryOverheadPercent"}},
		"priorities":                   {map[string]string{"controller.priorityCutoff": "1000000001"}, []string{"controller.priorityCutoff"}},
		"lowest priority":              {map[string]string{"controller.priorityCutoff": "-2147483648"}, nil},
		"below the lowest priority":    {map[string]string{"controller.priorityCutoff": "-2147483649"}, []string{"controller.priorityCutoff"}},
		"share":                        {map[string]string{"controller.preferenceShare": "101"}, []string{"controller.preferenceShare"}},
		"no share":                     {map[string]string{"controller.preferenceShare": "0"}, nil},
		"limits":                       {map[string]string{"controller.maxNodes": "-1", "controller.maxCPU": "-1", "controller.maxMemory": "1000000001"}, []string{"controller.maxCPU", "controller.maxMemory", "controller.maxNodes"}},
		"highest limits":               {map[string]string{"controller.maxNodes": "1000000000", "controller.maxCPU": "1000000000", "controller.maxMemory": "1000000000"}, nil},
		"no scheduler":                 {map[string]string{"controller.schedulerNames": ""}, []string{"controller.schedulerNames"}},
		"nameless scheduler":           {map[string]string{"controller.schedulerNames": "a,"}, []string{"controller.schedulerNames"}},
		"names":                        {map[string]string{"cluster.name": "Prod", "cluster.namespace": "", "webhook.secretName": "A", "webhook.serviceName": "1a", "webhook.dnsNames": "ok,not ok"}, []string{"cluster.name", "cluster.namespace", "webhook.dnsNames", "webhook.secretName", "webhook.serviceName"}},
		"endpoint without host":        {map[string]string{"cluster.apiServerEndpoint": ":6443"}, []string{"cluster.apiServerEndpoint"}},
		"plain http to the API":        {map[string]string{"vpsie.url": "http://api.vpsie.com"}, []string{"vpsie.url"}},
		"path in the API's origin":     {map[string]string{"vpsie.url": "https://api.vpsie.com/v2"}, []string{"vpsie.url"}},
		"unknown path":                 {map[string]string{"vpsie.vmPath": "/vm"}, []string{"vpsie.vmPath"}},
		"misspelt mode":                {map[string]string{"vpsie.mode": "vms"}, []string{"vpsie.mode"}},
		"kubernetes without cluster":   {map[string]string{"vpsie.mode": "kubernetes"}, []string{"vpsie.clusterID"}},
		"kubernetes without image":     {map[string]string{"vpsie.mode": "kubernetes", "vpsie.clusterID": "c", "vpsie.imageID": "", "vpsie.projectID": ""}, nil},
		"machines without image":       {map[string]string{"vpsie.clusterID": "c", "vpsie.imageID": "", "vpsie.projectID": ""}, []string{"vpsie.imageID", "vpsie.projectID"}},
		"no credentials":               {map[string]string{"vpsie.tokenFile": ""}, []string{"vpsie.tokenFile"}},
		"client beside a token":        {map[string]string{"vpsie.clientID": "c", "vpsie.clientSecretFile": write(t, "s", "")}, []string{"vpsie.clientID"}},
		"Secret beside a token":        {map[string]string{"vpsie.secretName": "s"}, []string{"vpsie.secretName"}},
		"Secret beside a client":       {map[string]string{"vpsie.tokenFile": "", "vpsie.secretName": "s", "vpsie.clientID": "c"}, []string{"vpsie.secretName"}},
		"Secret beside a secret file":  {map[string]string{"vpsie.tokenFile": "", "vpsie.secretName": "s", "vpsie.clientSecretFile": write(t, "s", "")}, []string{"vpsie.secretName"}},
		"Secret that none is called":   {map[string]string{"vpsie.tokenFile": "", "vpsie.secretName": "A", "vpsie.secretNamespace": "B"}, []string{"vpsie.secretName", "vpsie.secretNamespace"}},
		"client without its secret":    {map[string]string{"vpsie.tokenFile": "", "vpsie.clientID": "c"}, []string{"vpsie.clientSecretFile"}},
		"secret without its client":    {map[string]string{"vpsie.tokenFile": "", "vpsie.clientSecretFile": "/no/a"}, []string{"vpsie.clientID", "vpsie.clientSecretFile"}},
		"ways of user data":            {map[string]string{"vpsie.userDataVia": "mail"}, []string{"vpsie.userDataVia"}},
		"nameless SSH key":             {map[string]string{"vpsie.sshKeyIDs": "a,"}, []string{"vpsie.sshKeyIDs"}},
		"patience":                     {map[string]string{"controller.unhealthyTimeout": "0s", "controller.orphanGracePeriod": "-1s"}, []string{"controller.orphanGracePeriod", "controller.unhealthyTimeout"}},
		"collector without port":       {map[string]string{"tracing.endpoint": "collector"}, []string{"tracing.endpoint"}},
		"missing files":                {map[string]string{"kubernetes.kubeconfig": "/no/a", "vpsie.caFile": "/no/b", "vpsie.tokenFile": "/no/c", "extender.certFile": "/no/d", "extender.keyFile": "/no/e", "extender.clientCAFile": "/", "metrics.certDir": "/no/f"}, []string{"extender.certFile", "extender.clientCAFile", "extender.keyFile", "kubernetes.kubeconfig", "metrics.certDir", "vpsie.caFile", "vpsie.tokenFile"}},
		"key without certificate":      {map[string]string{"extender.certFile": ""}, []string{"extender.keyFile"}},
		"diagnoses without port":       {map[string]string{"controller.diagnosis.listen": "127.0.0.1"}, []string{"controller.diagnosis.listen"}},
		"diagnoses without files":      {map[string]string{"controller.diagnosis.listen": ":8890", "controller.diagnosis.certFile": "/no/a", "controller.diagnosis.keyFile": "/no/b", "controller.diagnosis.clientCAFile": "/no/c"}, []string{"controller.diagnosis.certFile", "controller.diagnosis.clientCAFile", "controller.diagnosis.keyFile"}},
		"diagnoses without encryption": {map[string]string{"controller.diagnosis.listen": ":8890", "controller.diagnosis.clientCAFile": write(t, "ca", "")}, []string{"controller.diagnosis.clientCAFile"}},
		"a key for diagnoses alone":    {map[string]string{"controller.diagnosis.listen": ":8890", "controller.diagnosis.keyFile": write(t, "key", "")}, []string{"controller.diagnosis.keyFile"}},
		"diagnoses on a taken port":    {map[string]string{"controller.diagnosis.listen": ":9443"}, []string{"webhook.port"}},
		"diagnoses turned off":         {map[string]string{"controller.diagnosis.listen": "0", "controller.diagnosis.certFile": "/no/a"}, nil},
		"certificates of nobody":       {map[string]string{"webhook.certDir": "", "webhook.rotateCertificates": "false"}, []string{"webhook.certDir"}},
		"rotation fills the directory": {map[string]string{"webhook.certDir": "/not/yet"}, nil},
		"a negative pace":              {map[string]string{"webhook.evictionsPerMinute": "-1"}, []string{"webhook.evictionsPerMinute"}},
		"pod policy":                   {map[string]string{"webhook.podPolicy": "maybe"}, []string{"webhook.podPolicy"}},
		"scheduler that buys nothing":  {map[string]string{"webhook.schedulerName": "packer"}, []string{"webhook.schedulerName"}},
		"rules that are not there":     {map[string]string{"webhook.podRulesFile": "/no/rules"}, []string{"webhook.podRulesFile"}},
		"port out of range":            {map[string]string{"webhook.port": "0", "metrics.listen": ":65536"}, []string{"metrics.listen", "webhook.port"}},
		"same port":                    {map[string]string{"health.listen": "127.0.0.1:8080"}, []string{"health.listen"}},
		"same port, other address":     {map[string]string{"health.listen": "127.0.0.1:8080", "metrics.listen": "127.0.0.2:8080"}, nil},
		"same port as the webhook":     {map[string]string{"extender.listen": ":9443"}, []string{"webhook.port"}},
		"any free port, twice":         {map[string]string{"health.listen": "127.0.0.1:0", "metrics.listen": "127.0.0.1:0"}, nil},
		"servers turned off":           {map[string]string{"health.listen": "0", "metrics.listen": "0"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			settings := needed(t)
			maps.Copy(settings, test.settings)
			got := slices.Sorted(maps.Keys(faultsOf(t, asArgs(t, settings))))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("keys with faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheWebhookDoesWithoutCredentials(t *testing.T) {
	settings := map[string]string{"vpsie.url": "ftp://x"}
	options := asArgs(t, settings)
	options.Command = config.CommandWebhook
	if _, err := config.Load(options); err != nil {
		t.Errorf("without credentials the webhook minds how VPSie is reached: %v", err)
	}
}

func TestACommandIsNotBotheredByTheSettingsOfOthers(t *testing.T) {
	bad := map[string]string{"vpsie.url": "ftp://x", "extender.listen": "x", "webhook.port": "0"}
	for command, want := range map[config.Command][]string{
		config.CommandController: {"vpsie.url"}, config.CommandExtender: {"extender.listen"}, config.CommandWebhook: {"vpsie.url", "webhook.port"},
		config.CommandAll: {"extender.listen", "vpsie.url", "webhook.port"},
	} {
		settings := needed(t)
		maps.Copy(settings, bad)
		options := asEnviron(t, settings)
		options.Command = command
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(faultsOf(t, options)))); diff != "" {
			t.Errorf("%s: keys with faults (-want +got):\n%s", command, diff)
		}
	}
	if _, err := config.Load(config.LoadOptions{Command: "dance"}); err == nil {
		t.Error("an unknown command is accepted")
	}
}

func TestFaultsOfTheCommandLine(t *testing.T) {
	tests := map[string]struct {
		args []string
		want string
	}{
		"unknown flag":    {[]string{"--controller-batchidle=1s"}, "did you mean controller-batch-idle?"},
		"stray argument":  {[]string{"now"}, "unexpected argument"},
		"flag sans value": {[]string{"--log-level"}, "needs an argument"},
		"missing file":    {[]string{"--config=/no/such/file"}, "cannot be read"},
		"broken file":     {[]string{"--config=" + write(t, "c.yaml", "a: [")}, "cannot be read"},
		"word for a file": {[]string{"--config=" + write(t, "c.yaml", "controller: 3")}, "is a section"},
	}
	for name, test := range tests {
		_, err := config.Load(config.LoadOptions{Command: config.CommandExtender, Args: test.args})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

func TestYAMLTypes(t *testing.T) {
	tests := map[string]bool{
		"vpsie: {projectID: 71128}":                  true,
		"vpsie: {projectID: '071'}":                  true,
		"vpsie: {projectID: 1.5}":                    false,
		"vpsie: {projectID: true}":                   false,
		"vpsie: {projectID: [a]}":                    false,
		"vpsie: {projectID: {a: b}}":                 false,
		"kubernetes: {qps: 1.5}":                     false,
		"kubernetes: {qps: 5}":                       true,
		"webhook: {dnsNames: [a, 5]}":                false,
		"webhook: {dnsNames: []}":                    true,
		"webhook: {rotateCertificates: false}":       true,
		"controller: {}":                             true,
		"controller:":                                true,
		"":                                           true,
		"log.level: debug":                           true,
		"controller: {batchIdle: 1s, batchIdle: 2s}": false,
	}
	for content, want := range tests {
		_, err := config.Load(config.LoadOptions{Command: config.CommandExtender, Args: []string{"--config", write(t, "c.yaml", content)}})
		if (err == nil) != want {
			t.Errorf("%q: error %v, accepted should be %t", content, err, want)
		}
	}
}

func TestATokenFileTakenForTheConfigFileIsNotTold(t *testing.T) {
	_, err := config.Load(config.LoadOptions{Command: config.CommandExtender, Args: []string{"--config", write(t, "token", "hunter2hunter2")}})
	if err == nil || strings.Contains(err.Error(), "hunter") {
		t.Errorf("error %v", err)
	}
}

func TestMisplacedSecretsAreNotTold(t *testing.T) {
	const secret = "hunter2hunter2"
	file := write(t, "config.yaml", "vpsie: {token: "+secret+"}\n")
	_, err := config.Load(config.LoadOptions{
		Command: config.CommandController,
		Args:    []string{"--config", file, "--vpsie-token-file=" + secret, "--vpsie-url=https://me:" + secret + "@api.vpsie.com"},
		Environ: []string{"VPSIE_TOKEN=" + secret},
	})
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("error %v", err)
	}
	for _, part := range []string{"vpsie.token ", "VPSIE_TOKEN", "vpsie.tokenFile", "vpsie.url"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no fault of %s in:\n%v", part, err)
		}
	}
}
