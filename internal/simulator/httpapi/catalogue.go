package httpapi

import (
	"net/http"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
)

type datacenterRecord struct {
	Identifier        string `json:"identifier"`
	DCName            string `json:"dc_name"`
	State             string `json:"state"`
	Country           string `json:"country"`
	DCImage           string `json:"dc_image"`
	IsActive          int    `json:"is_active"`
	IsDeleted         int    `json:"is_deleted"`
	IsPrivate         int    `json:"is_private"`
	DefaultSelected   int    `json:"default_selected"`
	IsFIPAvailable    int    `json:"is_fip_available"`
	IsBucketAvailable int    `json:"is_bucket_available"`
}

func datacenter(d catalogue.Datacenter) datacenterRecord {
	return datacenterRecord{
		Identifier:        d.Identifier,
		DCName:            d.Name,
		State:             d.State,
		Country:           d.Country,
		DCImage:           d.Name + ".png",
		IsActive:          1,
		DefaultSelected:   bit(d.ID == catalogue.Datacenters[0].ID),
		IsFIPAvailable:    1,
		IsBucketAvailable: 1,
	}
}

func (a *API) listDatacenters(w http.ResponseWriter, r *http.Request) {
	var records []datacenterRecord
	for _, d := range catalogue.Datacenters {
		records = append(records, datacenter(d))
	}
	replyPage(w, r, records, 0)
}

type categoryRecord struct {
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
}

func (a *API) listCategories(w http.ResponseWriter, _ *http.Request) {
	var records []categoryRecord
	for _, category := range catalogue.Categories {
		records = append(records, categoryRecord(category))
	}
	replyData(w, records)
}

type planRecord struct {
	Identifier string  `json:"identifier"`
	Nickname   string  `json:"nickname"`
	CPU        int     `json:"cpu"`
	RAM        int     `json:"ram"`
	SSD        int     `json:"ssd"`
	Traffic    int     `json:"traffic"`
	Price      float64 `json:"price"` // per month; there is no price per hour
	NetSpeed   int     `json:"net_speed"`
}

func plan(p catalogue.Plan) planRecord {
	return planRecord{
		Identifier: p.Identifier,
		Nickname:   p.Nickname,
		CPU:        p.CPU,
		RAM:        p.MemoryMB,
		SSD:        p.DiskGB,
		Traffic:    p.TrafficGB,
		Price:      p.MonthlyUnits(),
		NetSpeed:   p.NetSpeedMbit,
	}
}

// listPlans wants a form with a data centre, an image and a category; a JSON body is not understood.
func (a *API) listPlans(w http.ResponseWriter, r *http.Request) {
	if mediaType(r) != "application/x-www-form-urlencoded" {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return
	}
	at, image, category := r.PostFormValue("dcIdentifier"), r.PostFormValue("osIdentifier"), r.PostFormValue("planCatIdentifier")
	if at == "" || image == "" || category == "" {
		replyError(w, http.StatusBadRequest, MessageMalformed)
		return
	}
	place, known := catalogue.FindDatacenter(at)
	if !known {
		replyError(w, http.StatusNotFound, messageNoDatacenter)
		return
	}
	if image != catalogue.Image.Identifier {
		replyError(w, http.StatusNotFound, messageNoImage)
		return
	}
	wanted, _ := catalogue.FindCategory(category) // an unknown category is an empty one
	records := []planRecord{}
	for _, p := range place.Plans() {
		if p.Category == wanted.Name {
			records = append(records, plan(p))
		}
	}
	replyData(w, records)
}

// bit is how the API writes a boolean.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
