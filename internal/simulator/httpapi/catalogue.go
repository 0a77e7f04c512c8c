package httpapi

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/vpsie/vpsie-autoscaler/internal/simulator/catalogue"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/faults"
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

func (a *API) listDatacenters(w http.ResponseWriter, _ *http.Request) {
	var records []datacenterRecord
	for _, d := range catalogue.Datacenters {
		records = append(records, datacenter(d))
	}
	total := len(records)
	reply(w, http.StatusOK, envelope{Data: records, Total: &total})
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
	Identifier string `json:"identifier"`
	Nickname   string `json:"nickname"`
	CPU        int    `json:"cpu"`
	RAM        int    `json:"ram"`
	SSD        int    `json:"ssd"`
	Traffic    int    `json:"traffic"`
	Price      any    `json:"price"` // per month, a number or a string; there is no price per hour
	NetSpeed   int    `json:"net_speed"`
}

// price is the monthly price of a plan in the form that the options ask for.
func (a *API) price(p catalogue.Plan) any {
	odd := p.ID%2 == 1
	if a.options.Prices == PricesString || a.options.Prices == PricesMixed && odd {
		return strconv.FormatFloat(p.MonthlyUnits(), 'f', 2, 64)
	}
	return p.MonthlyUnits()
}

func (a *API) plan(p catalogue.Plan) planRecord {
	return planRecord{
		Identifier: p.Identifier,
		Nickname:   p.Nickname,
		CPU:        p.CPU,
		RAM:        p.MemoryMB,
		SSD:        p.DiskGB,
		Traffic:    p.TrafficGB,
		Price:      a.price(p),
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
	for _, p := range a.offered(r, place) {
		if p.Category == wanted.Name {
			records = append(records, a.plan(p))
		}
	}
	replyData(w, records)
}

// offered lists what a data centre sells now, without what a rule withdraws from this answer.
func (a *API) offered(r *http.Request, place catalogue.Datacenter) []catalogue.Plan {
	return slices.DeleteFunc(a.cloud.Plans(place), func(p catalogue.Plan) bool {
		_, withdrawn := a.faults.Take(faults.Call{
			Method: r.Method, Path: r.URL.Path, Plan: p.Nickname, Datacenter: place.Name, Kind: faults.KindOffer,
		})
		return withdrawn
	})
}

// bit is how the API writes a boolean.
func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
