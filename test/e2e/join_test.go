package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
	"github.com/vpsie/vpsie-autoscaler/provisioner/bootstrap"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud/vpsie"
)

// Given a machine whose token or whose pin of the authority is wrong, when it boots, then it never becomes a Node, and its
// machine says why without giving the token away.
func TestMachineThatMayNotJoinNeverDoes(t *testing.T) {
	cluster, err := bootstrap.Discover(t.Context(), product.Client)
	must(t, err)
	tokens := &bootstrap.Tokens{Client: product.Client, Lifetime: patience}
	good, err := tokens.Issue(t.Context(), "stranger")
	must(t, err)
	t.Cleanup(func() { must(t, tokens.Withdraw(context.Background(), "stranger")) })

	elsewhere := cluster
	elsewhere.CACertHash = "sha256:" + strings.Repeat("0", 64)
	for name, given := range map[string]bootstrap.Machine{
		"unknown-token": {Cluster: cluster, Token: "abcdef.0123456789abcdef"},
		"wrong-secret":  {Cluster: cluster, Token: good[:len(good)-4] + "zzzz"},
		"wrong-ca":      {Cluster: elsewhere, Token: good},
	} {
		t.Run(name, func(t *testing.T) { refuseToJoin(t, name, given) })
	}
}

func refuseToJoin(t *testing.T, name string, given bootstrap.Machine) {
	provider := newProvider(t)
	offerings, err := provider.Offerings(t.Context(), product.Simulator.Datacenters[0].Identifier)
	must(t, err)
	given.Hostname = stack.ClusterName + "-" + name
	given.Capacity = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("4Gi")}
	userData, err := bootstrap.UserData(given)
	must(t, err)
	must(t, provider.Create(t.Context(), cloud.CreateRequest{
		Hostname: given.Hostname, OfferingID: offerings[0].ID, DatacenterID: offerings[0].DatacenterID, UserData: userData,
	}))
	t.Cleanup(func() { deleteMachine(t, provider, given.Hostname) })

	eventually(t, "the machine to give up joining", func(ctx context.Context) error {
		machines, err := existing(ctx, given.Hostname)
		if err != nil || len(machines) != 1 {
			return fmt.Errorf("machines %v: %w", names(machines), err)
		}
		if machines[0].JoinError == "" {
			return fmt.Errorf("it is %s", machines[0].State)
		}
		if _, secret, _ := strings.Cut(given.Token, "."); strings.Contains(machines[0].JoinError, secret) {
			t.Errorf("the error shows the token: %s", machines[0].JoinError)
		}
		return nil
	})
	err = product.Client.Get(t.Context(), client.ObjectKey{Name: given.Hostname}, &corev1.Node{})
	if client.IgnoreNotFound(err) != nil || err == nil {
		t.Errorf("the machine became a Node: %v", err)
	}
}

// newProvider is a client of the simulated cloud like the controller's.
func newProvider(t *testing.T) *vpsie.Client {
	t.Helper()
	provider, err := vpsie.New(vpsie.Options{
		URL: product.Simulator.URL, CAFile: product.Simulator.CACertFile, Credentials: vpsie.TokenFromFile(product.Simulator.TokenFile),
		ProjectID: "1", ImageID: product.Simulator.ImageIdentifier, RequestsPerMinute: 1200,
	})
	must(t, err)
	return provider
}

// deleteMachine deletes a machine that the controller knows nothing of, and waits until it has gone.
func deleteMachine(t *testing.T, provider cloud.Provider, hostname string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		machines, err := provider.Machines(ctx, cloud.Filter{HostnamePrefix: hostname})
		if err != nil {
			t.Errorf("clean up %s: %v", hostname, err)
			return
		}
		if len(machines) == 0 {
			return
		}
		for _, machine := range machines {
			if machine.State == cloud.StatePending {
				continue
			}
			if err := provider.Delete(ctx, machine); err != nil {
				t.Errorf("clean up %s: %v", hostname, err)
				return
			}
		}
	}
}
