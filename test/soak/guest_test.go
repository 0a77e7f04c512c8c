package soak

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
	"github.com/vpsie/vpsie-autoscaler/internal/testing/build"
)

// guest is a machine whose kubelet writes straight into the API server.
type guest struct{ world *world }

// Run implements cloud.Guest.
func (g guest) Run(ctx context.Context, host cloud.Host, report cloud.Report) {
	name := strings.ToLower(host.Hostname)
	if !sleep(ctx, host.JoinAfter) {
		return
	}
	node := build.Node(name).NotReady().Label(v1alpha1.LabelVPSieNode, name).
		Taint(v1alpha1.TaintUninitialized, "", corev1.TaintEffectNoSchedule).
		Taint(corev1.TaintNodeNotReady, "", corev1.TaintEffectNoSchedule).Obj()
	// A second machine of the same name finds the Node there.
	if err := g.world.api.Create(context.Background(), node); err != nil && !apierrors.IsAlreadyExists(err) {
		report.JoinFailed(err)
		return
	}
	report.Joined()
	if !sleep(ctx, host.ReadyAfter) || host.NeverReady {
		return
	}
	g.says(name, corev1.ConditionTrue)
	report.Ready()
	<-ctx.Done()
	g.says(name, corev1.ConditionUnknown)
}

// says reports the state of the Node, if it still exists.
func (g guest) says(name string, status corev1.ConditionStatus) {
	var node corev1.Node
	if g.world.api.Get(context.Background(), client.ObjectKey{Name: name}, &node) != nil {
		return
	}
	before := node.DeepCopy()
	node.Status.Conditions[0].Status = status
	_ = g.world.api.Status().Patch(context.Background(), &node, client.MergeFrom(before)) // the Node may have gone
	before = node.DeepCopy()
	node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
	if status != corev1.ConditionTrue {
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule})
	}
	_ = g.world.api.Patch(context.Background(), &node, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
