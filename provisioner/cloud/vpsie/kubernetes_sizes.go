package vpsie

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

// sizeRecord is a size of worker. Its name and disk have been described under two names each.
type sizeRecord struct {
	ID       number `json:"id"`
	Name     text   `json:"name"`
	Nickname text   `json:"nickname"`
	CPU      number `json:"cpu"`
	RAM      number `json:"ram"` // MB
	SSD      number `json:"ssd"` // GB
	Disk     number `json:"disk"`
	Price    number `json:"price"` // a month
}

// WorkerSizes lists the sizes of workers sold in a data centre as offerings, whose IDs are the decimal identifiers of the sizes.
// The list is kept as long as that of Offerings. An unknown data centre is ErrNotFound.
func (c *Client) WorkerSizes(ctx context.Context, datacenterID string) ([]cloud.Offering, error) {
	key := "kubernetes/" + datacenterID
	if offerings, ok := c.offerings.get(key, freshFor); ok {
		return offerings, nil
	}
	offerings, err := c.fetchSizes(ctx, datacenterID)
	if err == nil {
		c.offerings.put(key, offerings)
		offerings, _ = c.offerings.get(key, usableFor)
		return offerings, nil
	}
	if errors.Is(err, cloud.ErrTransient) || errors.Is(err, cloud.ErrRateLimited) || errors.Is(err, cloud.ErrUnavailable) {
		if offerings, ok := c.offerings.get(key, usableFor); ok {
			c.options.Logger.Info("Using an old list of worker sizes", "datacenter", datacenterID, "reason", err.Error())
			return offerings, nil
		}
	}
	return nil, fmt.Errorf("list worker sizes: %w", err)
}

// fetchSizes asks VPSie. The call is a query although it is a POST, so it may be repeated.
func (c *Client) fetchSizes(ctx context.Context, datacenterID string) ([]cloud.Offering, error) {
	answer, err := c.read(ctx, call{
		name: "ListKubernetesSizes", method: http.MethodPost, path: kubernetesPath + "/offers",
		json: map[string]string{"dcIdentifier": datacenterID},
	})
	if err != nil {
		return nil, err
	}
	var sizes []sizeRecord
	if !answer.absent() {
		if err := answer.decode(&sizes); err != nil {
			return nil, err
		}
	}
	offerings := []cloud.Offering{}
	seen := map[string]bool{}
	for _, size := range sizes {
		offering, err := size.offering(c.options.HoursPerMonth)
		switch {
		case err != nil:
			c.options.Logger.Info("Left out a worker size", "datacenter", datacenterID, "size", size.ID.value, "reason", err.Error())
			continue
		case seen[offering.ID]:
			continue
		}
		seen[offering.ID] = true
		offering.DatacenterID = datacenterID
		offerings = append(offerings, offering)
	}
	if len(offerings) == 0 {
		return offerings, c.checkDatacenter(ctx, datacenterID)
	}
	return offerings, nil
}

// offering reads a size as a plan. A size without its disk is sold without room for ephemeral storage rather than not at all.
func (r sizeRecord) offering(hoursPerMonth int64) (cloud.Offering, error) {
	disk := r.SSD
	if !disk.set {
		disk = r.Disk
	}
	known := disk.value > 0
	if !known {
		disk = number{value: 1, set: true}
	}
	id, name := strconv.FormatInt(int64(r.ID.value), 10), r.Nickname
	if name == "" {
		name = r.Name
	}
	if name == "" {
		name = text("size-" + id)
	}
	if r.ID.value < 1 {
		return cloud.Offering{}, errors.New("no identifier")
	}
	plan := planRecord{Identifier: text(id), Nickname: name, CPU: r.CPU, RAM: r.RAM, SSD: disk, Price: r.Price}
	offering, err := plan.offering(hoursPerMonth)
	if err == nil && !known {
		delete(offering.Capacity, corev1.ResourceEphemeralStorage)
	}
	return offering, err
}
