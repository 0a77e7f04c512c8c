package provisioner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/vpsie/vpsie-autoscaler/api/v1alpha1"
	"github.com/vpsie/vpsie-autoscaler/provisioner/plan"
)

// Bounds of what a decision record keeps.
const (
	maxRecordedPods = 256
	maxVerdict      = 253
)

// parallelCreates bounds the VPSieNodes that are written at once.
const parallelCreates = 8

// act writes a plan down. First each group's desired count is raised, which fails when anybody changed the group since the
// snapshot; then the VPSieNodes are created. After a crash in between, the next plan fills the group up to the count.
func (p *Provisioner) act(ctx context.Context, v *view, made *plan.Plan) error {
	if len(made.NewNodes) > 0 {
		v.planID = p.burst.next(p.options.Window.Max)
	}
	perGroup := map[string][]*plan.NewNode{}
	for i := range made.NewNodes {
		node := &made.NewNodes[i]
		perGroup[node.GroupKey] = append(perGroup[node.GroupKey], node)
	}
	for i := range v.snapshot.Groups {
		group := &v.snapshot.Groups[i]
		newNodes := perGroup[group.Key]
		if len(newNodes) == 0 {
			continue
		}
		if err := p.buy(ctx, v, group, newNodes); err != nil {
			return err
		}
	}
	return nil
}

func (p *Provisioner) buy(ctx context.Context, v *view, group *plan.Group, newNodes []*plan.NewNode) error {
	object := v.groups[group.Key]
	if err := p.raiseDesired(ctx, object, int32(group.Nodes+len(newNodes))); err != nil {
		return err
	}
	var creates errgroup.Group
	creates.SetLimit(parallelCreates)
	for _, newNode := range newNodes {
		creates.Go(func() error {
			vpsieNode, err := p.describe(object, newNode, v.listings[offeringKey{newNode.Offering.DatacenterID, newNode.Offering.ID}])
			if err != nil {
				return err
			}
			vpsieNode.Spec.Decision.PlanID = v.planID
			return p.create(ctx, vpsieNode)
		})
	}
	if err := creates.Wait(); err != nil {
		return err
	}
	p.metrics.ScaleUps.WithLabelValues(object.Name, object.Namespace).Inc()
	p.metrics.NodesAdded.WithLabelValues(object.Name, object.Namespace).Observe(float64(len(newNodes)))
	p.events.Eventf(object, nil, corev1.EventTypeNormal, EventScalingUp, "ScaleUp", "buying %s", summary(newNodes))
	return nil
}

// create writes one VPSieNode and counts on it from then on.
func (p *Provisioner) create(ctx context.Context, node *v1alpha1.VPSieNode) error {
	if err := p.client.Create(ctx, node); err != nil {
		return fmt.Errorf("create VPSieNode %s/%s: %w", node.Namespace, node.Name, err)
	}
	p.assumed.add(node)
	p.log.Info("bought", "node", node.Name, "group", node.Spec.NodeGroupName, "namespace", node.Namespace,
		"offering", node.Spec.OfferingName, "price", node.Spec.Decision.PricePerHour, "pods", node.Spec.Decision.PodCount)
	return nil
}

// raiseDesired makes the group's desired count at least the given one. The write carries the version that the plan was made
// from, so that of two writers one has to plan again.
func (p *Provisioner) raiseDesired(ctx context.Context, group *v1alpha1.NodeGroup, desired int32) error {
	if group.Desired() >= desired {
		return nil
	}
	before := group.DeepCopy()
	group.Spec.DesiredNodes = &desired
	if err := p.client.Patch(ctx, group, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("raise spec.desiredNodes of NodeGroup %s/%s to %d: %w", group.Namespace, group.Name, desired, err)
	}
	return nil
}

// describe makes the VPSieNode that stands for a planned node.
func (p *Provisioner) describe(group *v1alpha1.NodeGroup, newNode *plan.NewNode, listing Listing) (*v1alpha1.VPSieNode, error) {
	labels := group.NodeLabels()
	for key, value := range listing.Plan.Labels {
		if _, set := labels[key]; !set {
			labels[key] = value
		}
	}
	image := group.Spec.OSImageID
	if image == "" {
		image = p.options.ImageID
	}
	node := &v1alpha1.VPSieNode{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:  group.Namespace,
			Name:       p.options.Hostnames.New(group.Name),
			Labels:     maps.Clone(labels),
			Finalizers: []string{v1alpha1.FinalizerVPSieNode},
		},
		Spec: v1alpha1.VPSieNodeSpec{
			NodeGroupName: group.Name,
			OfferingID:    listing.Cloud.ID,
			OfferingName:  listing.Cloud.Name,
			DatacenterID:  listing.Cloud.DatacenterID,
			OSImageID:     image,
			Labels:        labels,
			Taints:        group.Spec.Taints,
			Capacity:      listing.Cloud.Capacity,
			Allocatable:   listing.Plan.Allocatable,
			SSHKeyIDs:     distinct(p.options.SSHKeyIDs, group.Spec.SSHKeyIDs),
			Decision:      decision(newNode),
		},
	}
	if err := controllerutil.SetControllerReference(group, node, p.client.Scheme()); err != nil {
		return nil, fmt.Errorf("own VPSieNode %s: %w", node.Name, err)
	}
	return node, nil
}

// distinct joins lists, in order, each text once.
func distinct(lists ...[]string) (joined []string) {
	for _, text := range slices.Concat(lists...) {
		if !slices.Contains(joined, text) {
			joined = append(joined, text)
		}
	}
	return joined
}

func decision(newNode *plan.NewNode) v1alpha1.Decision {
	record := v1alpha1.Decision{
		Reason:            v1alpha1.DecisionPendingPods,
		PricePerHour:      newNode.Offering.Price.String(),
		PriceNanosPerHour: int64(newNode.Offering.Price),
		PodCount:          int32(len(newNode.Pods)),
	}
	if len(newNode.Pods) == 0 {
		record.Reason = v1alpha1.DecisionDesiredNodes
	}
	for _, pod := range newNode.Pods[:min(len(newNode.Pods), maxRecordedPods)] {
		record.Pods = append(record.Pods, pod.Namespace+"/"+pod.Name)
	}
	for _, considered := range newNode.Considered {
		record.Considered = append(record.Considered, v1alpha1.ConsideredOffering{
			Offering:     considered.Offering.Name,
			PricePerHour: considered.Offering.Price.String(),
			Verdict:      cut(considered.Verdict, maxVerdict),
		})
	}
	return record
}

// cut keeps of a text at most so many bytes, whole characters only.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

// summary says what is bought, for example "3 nodes for 41 pods: 2x G-4, 1x M-4".
func summary(newNodes []*plan.NewNode) string {
	pods, counts, order := 0, map[string]int{}, []string(nil)
	for _, node := range newNodes {
		pods += len(node.Pods)
		if counts[node.Offering.Name] == 0 {
			order = append(order, node.Offering.Name)
		}
		counts[node.Offering.Name]++
	}
	parts := make([]string, len(order))
	for i, name := range order {
		parts[i] = fmt.Sprintf("%dx %s", counts[name], name)
	}
	return fmt.Sprintf("%d nodes for %d pods: %s", len(newNodes), pods, strings.Join(parts, ", "))
}
