package main

import (
	"time"

	"github.com/spf13/pflag"
)

// flags are the flags of the command.
type flags struct {
	listen, adminListen     string
	tlsDir, tlsCert, tlsKey string
	readyFile               string
	untilStdinCloses        bool

	tokenFile               string
	clientID, clientSecret  string // the secret by the name of its file
	loginLifetime           time.Duration
	nestedLogin, strict     bool
	deletePassword, account string // the account's password by the name of its file

	seed                            uint64
	latency                         string
	callLatency                     []time.Duration
	listLag                         time.Duration
	rateLimit                       int
	retryAfter                      bool
	machineLimit, pageSize, listCap int
	balloonMB                       int
	listTags, prices                string
	replyIdentifier, errors200      bool
	fail                            map[string]string

	priceDrift, balance float64 // a share, and US dollars
	suspendAfter        time.Duration

	clusters                 []string
	workerLimit              int
	kubeconfig               string
	joinInterval, joinGiveUp time.Duration
}

func (f *flags) register(set *pflag.FlagSet) {
	f.registerSurface(set)
	f.registerAccess(set)
	f.registerRealism(set)
	f.registerMachines(set)
}

func (f *flags) registerSurface(set *pflag.FlagSet) {
	set.StringVar(&f.listen, "listen", "127.0.0.1:0", "host:port of the VPSie API; port 0 is any free one")
	set.StringVar(&f.adminListen, "admin-listen", "127.0.0.1:0", "host:port of the control desk; port 0 is any free one")
	set.StringVar(&f.tlsDir, "tls-dir", "", "directory of a self-made authority (ca.crt) and certificate for 127.0.0.1 and localhost; made when missing")
	set.StringVar(&f.tlsCert, "tls-cert", "", "certificate of your own to serve https with, together with --tls-key")
	set.StringVar(&f.tlsKey, "tls-key", "", "key of the certificate in --tls-cert")
	set.StringVar(&f.readyFile, "ready-file", "", "file to write the line of JSON to as well, when listening")
	set.BoolVar(&f.untilStdinCloses, "until-stdin-closes", false, "stop when standard input ends, so that the simulator never outlives its parent")
}

func (f *flags) registerAccess(set *pflag.FlagSet) {
	set.StringVar(&f.tokenFile, "token-file", "", "file with the API tokens that are accepted, one a line; made with a random token when missing (required)")
	set.StringVar(&f.clientID, "client-id", "", "clientId that may log in, together with --client-secret-file")
	set.StringVar(&f.clientSecret, "client-secret-file", "", "file with the clientSecret of --client-id")
	set.DurationVar(&f.loginLifetime, "login-lifetime", time.Hour, "how long a token from a login lives")
	set.BoolVar(&f.nestedLogin, "nested-login", false, "answer a login with token.access and token.refresh instead of accessToken and refreshToken")
	set.BoolVar(&f.strict, "strict-headers", false, "accept API tokens in Vpsie-Auth and tokens from a login in Authorization only")
	set.StringVar(&f.deletePassword, "delete-password", "ignored", "password that the deletion of a machine wants: ignored, vm or account")
	set.StringVar(&f.account, "account-password-file", "", "file with the password for --delete-password account")
}

func (f *flags) registerRealism(set *pflag.FlagSet) {
	set.Uint64Var(&f.seed, "seed", 1, "seed of all random draws; the same seed and host names give the same latencies")
	set.StringVar(&f.latency, "latency", "fast", "how long things take: realistic (minutes), fast (seconds) or none")
	set.DurationSliceVar(&f.callLatency, "call-latency", nil, "how long calls take on top: what 50, 95 and 99 % of them stay below, as in 300ms,3s,10s")
	set.DurationVar(&f.listLag, "list-lag", 0, "most by which each list of machines is behind, for each machine and list another time")
	set.IntVar(&f.rateLimit, "rate-limit", 0, "calls a minute that each token may make; 0 is no limit")
	set.BoolVar(&f.retryAfter, "retry-after", false, "tell callers above --rate-limit when to come back")
	set.IntVar(&f.pageSize, "page-size", 0, "most records in a list of machines; 0 is no limit")
	set.IntVar(&f.listCap, "list-cap", 0, "records of a list of machines that can be seen at all; total tells the truth; 0 is all")
	set.StringVar(&f.listTags, "list-tags", "absent", "how lists of machines show tags: absent, null or array")
	set.StringVar(&f.prices, "prices", "number", "how plans show their price: number, string or mixed")
	set.BoolVar(&f.replyIdentifier, "reply-identifier", false, "answer a creation with the identifier of the machine instead of true")
	set.BoolVar(&f.errors200, "errors-under-200", false, "answer refusals with status 200")
	set.StringToStringVar(&f.fail, "fail", nil, "ACTION=PROBABILITY: let an action happen by chance, as in never-join=0.05,hang=0.01; see above for the actions")
	set.Float64Var(&f.priceDrift, "price-drift", 0, "most by which prices stray from the list from hour to hour, as a share; 0.1 is 10 %")
}

func (f *flags) registerMachines(set *pflag.FlagSet) {
	set.IntVar(&f.machineLimit, "machine-limit", 0, "how many machines the account may have at a time; 0 is no limit")
	set.IntVar(&f.balloonMB, "balloon-mb", 0, "memory in MB that machines of category A see at most, as without a balloon driver; 0 is all")
	set.Float64Var(&f.balance, "balance", 0, "US dollars paid in advance; without money nothing can be ordered; 0 is an account that pays later")
	set.DurationVar(&f.suspendAfter, "suspend-after", time.Hour, "how long machines run on when --balance is used up")
	set.StringArrayVar(&f.clusters, "cluster", nil, "name of a managed Kubernetes cluster, such as HEL-Kubernetes-49ab, that starts with its data centre; repeat for more")
	set.IntVar(&f.workerLimit, "worker-limit", 0, "how many workers each managed cluster may have at a time; 0 is no limit")
	set.StringVar(&f.kubeconfig, "kubeconfig", "", "kubeconfig with which workers of managed clusters join; without it they do not")
	set.DurationVar(&f.joinInterval, "join-retry-interval", 5*time.Second, "pause between a machine's attempts to join")
	set.DurationVar(&f.joinGiveUp, "join-timeout", 5*time.Minute, "how long a machine attempts each step of joining")
}
