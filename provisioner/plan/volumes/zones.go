package volumes

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// zoneLabel is a label of a volume that ties it to zones or regions.
type zoneLabel struct{ key, value string }

// zoneKeys are the labels by which VolumeZone knows where volumes and nodes are.
var zoneKeys = [...]string{
	corev1.LabelFailureDomainBetaZone, corev1.LabelFailureDomainBetaRegion, corev1.LabelTopologyZone, corev1.LabelTopologyRegion,
}

// successors are the labels that took the place of others. A node without the old label is judged by the new one.
var successors = map[string]string{
	corev1.LabelFailureDomainBetaZone:   corev1.LabelTopologyZone,
	corev1.LabelFailureDomainBetaRegion: corev1.LabelTopologyRegion,
}

func (c *Catalog) addZones(pv *corev1.PersistentVolume) {
	if len(pv.Labels) == 0 {
		return
	}
	for _, key := range zoneKeys {
		value, ok := pv.Labels[key]
		label := zoneLabel{key: key, value: value}
		if _, known := c.zones[label]; ok && !known {
			c.zones[label] = zoneSelector(label)
		}
	}
}

// zones requires a node in the zone and region that the volume's labels name.
func (r *reading) zones(pv *corev1.PersistentVolume) {
	if len(pv.Labels) == 0 {
		return
	}
	for _, key := range zoneKeys {
		if value, ok := pv.Labels[key]; ok {
			if selector := r.catalog.zones[zoneLabel{key: key, value: value}]; selector != nil {
				r.require(selector)
			}
		}
	}
}

// zoneSelector matches the nodes that VolumeZone lets pods with such a volume go to: those that bear one of the label's values, and
// those that bear none of the labels at all, as in a cluster that has no zones. It is nil for a label that the plugin ignores.
func zoneSelector(label zoneLabel) *corev1.NodeSelector {
	var values []string
	for value := range strings.SplitSeq(label.value, "__") {
		value = strings.TrimSpace(value)
		if value == "" {
			return nil
		}
		// No node can bear a value that is no label value, and one such value would spoil the whole term.
		if _, err := labels.ValidatedSelectorFromSet(labels.Set{label.key: value}); err == nil {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)

	var zoneless corev1.NodeSelectorTerm
	for _, key := range zoneKeys {
		zoneless.MatchExpressions = append(zoneless.MatchExpressions, absent(key))
	}
	selector := &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{zoneless}}
	if len(values) == 0 {
		return selector
	}
	selector.NodeSelectorTerms = append(selector.NodeSelectorTerms, corev1.NodeSelectorTerm{
		MatchExpressions: []corev1.NodeSelectorRequirement{oneOf(label.key, values)}})
	if successor := successors[label.key]; successor != "" {
		selector.NodeSelectorTerms = append(selector.NodeSelectorTerms, corev1.NodeSelectorTerm{
			MatchExpressions: []corev1.NodeSelectorRequirement{absent(label.key), oneOf(successor, values)}})
	}
	return selector
}

func absent(key string) corev1.NodeSelectorRequirement {
	return corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpDoesNotExist}
}

func oneOf(key string, values []string) corev1.NodeSelectorRequirement {
	return corev1.NodeSelectorRequirement{Key: key, Operator: corev1.NodeSelectorOpIn, Values: values}
}
