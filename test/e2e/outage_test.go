package e2e

import (
	"testing"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/stack"
)

// Given a webhook process that hangs, and then one that was killed, when pods wait for nodes, then machines are bought, their Nodes
// register, and the pods run; and with the webhook back, drains go on.
func TestPodsGetMachinesWhileTheWebhookIsGone(t *testing.T) {
	namespace := newNamespace(t, nil)
	must(t, product.Client.Create(t.Context(), newGroup(namespace, "unguarded")))

	must(t, product.Process(stack.Webhook).Suspend())
	t.Cleanup(func() { _ = product.Process(stack.Webhook).Resume() }) // another process by then, unless the test has failed
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "hung", 1, "500m", "512Mi")))
	awaitRunning(t, namespace, 1)

	product.Kill(stack.Webhook)
	must(t, product.Client.Create(t.Context(), newDeployment(namespace, "killed", 1, "1500m", "3Gi")))
	awaitRunning(t, namespace, 2)

	must(t, product.StartWebhook(t.Context()))
}
