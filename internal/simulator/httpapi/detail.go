package httpapi

import "github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"

// detailRecord is a machine as it is read alone.
type detailRecord struct {
	VMData          machineRecord `json:"vmData"`
	ImageCategories []any         `json:"imageCategories"`
	VMTags          []tagRecord   `json:"vmTags"`
	PrivateIPData   []any         `json:"privateIpData"`
	FloatingIPData  []any         `json:"floatingIpData"`
}

type tagRecord struct {
	Name       string `json:"name"`
	EntityID   int    `json:"entity_id"`
	EntityType string `json:"entity_type"`
}

func detail(m cloud.Machine) detailRecord {
	tags := []tagRecord{}
	for _, tag := range m.Tags {
		tags = append(tags, tagRecord{Name: tag, EntityID: m.ID, EntityType: entityMachines})
	}
	return detailRecord{
		VMData: machine(m), VMTags: tags, ImageCategories: []any{}, PrivateIPData: []any{}, FloatingIPData: []any{},
	}
}
