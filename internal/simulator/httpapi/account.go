package httpapi

import (
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/account"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

type projectRecord struct {
	ID          int    `json:"id"`
	Identifier  string `json:"identifier"`
	Name        string `json:"name"`
	Description string `json:"description"`
	IsDefault   int    `json:"is_default"`
	CreatedOn   string `json:"created_on"`
	UpdatedAt   string `json:"updated_at"`
	CreatedBy   int    `json:"created_by"`
}

func project() projectRecord {
	founded := timestamp(time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC))
	return projectRecord{
		ID: account.ProjectID, Identifier: account.ProjectUUID, Name: "Default", IsDefault: 1,
		CreatedOn: founded, UpdatedAt: founded, CreatedBy: account.ID,
	}
}

func (a *API) listProjects(w http.ResponseWriter, _ *http.Request) {
	replyData(w, map[string]any{"rows": []projectRecord{project()}, "count": 1})
}

func (a *API) readProject(w http.ResponseWriter, r *http.Request) {
	if mux.Vars(r)["identifier"] != account.ProjectUUID {
		replyData(w, false)
		return
	}
	replyData(w, project())
}

// readLimits tells the limits of the account. None of them is about machines: no call of the API tells those.
func (a *API) readLimits(w http.ResponseWriter, _ *http.Request) {
	replyData(w, map[string]int{
		"backups_Limit": 100, "snapshot_Limit": 100, "firewall_Limit": 20, "buckets_Limit": 10, "certificates_Limit": 10, "dns_domains_Limit": 20,
	})
}

// usageRecord is what one machine costs.
type usageRecord struct {
	EntityType     string  `json:"entity_type"`
	EntityID       int     `json:"entity_id"`
	EntityName     string  `json:"entity_name"`
	ProductID      int     `json:"product_id"`
	Quantity       int64   `json:"quantity"` // started hours
	Unit           string  `json:"unit"`
	Price          any     `json:"price"` // per hour
	CostValue      any     `json:"cost_value"`
	CostValueMonth any     `json:"cost_value_month"`
	StartDate      string  `json:"start_date"`
	EndDate        *string `json:"end_date"`
}

// readUsages tells what each machine costs, with the balance beside the list. Amounts are texts.
func (a *API) readUsages(w http.ResponseWriter, _ *http.Request) {
	records := []usageRecord{}
	machines := map[string]cloud.Machine{}
	for _, m := range a.cloud.All() {
		machines[m.Identifier] = m
	}
	for _, line := range a.cloud.BillLines() {
		records = append(records, usage(line, machines[line.Identifier]))
	}
	bill := a.cloud.Bill()
	balance, prepaid := a.cloud.Balance()
	reply(w, http.StatusOK, map[string]any{"error": false, "data": records, "balanceData": map[string]any{
		"current_balance": amount(balance), "balance_charged": amount(bill.Owed),
		"monthly_charge": amount(int64(bill.Rate) * money.HoursPerMonth), "actual_monthly_charge": amount(bill.Metered),
		"is_post_paid": bit(!prepaid),
	}})
}

func usage(line cloud.BillLine, m cloud.Machine) usageRecord {
	kind := entityMachines
	if line.Managed {
		kind = workerType
	}
	record := usageRecord{
		EntityType: kind, EntityID: m.ID, EntityName: line.Hostname, ProductID: m.Plan.ID,
		Quantity: line.Hours, Unit: "hour", Price: amount(int64(line.Hourly)), CostValue: amount(line.Owed),
		CostValueMonth: amount(m.Plan.CentsMonthly * nanosPerCent), StartDate: timestamp(line.From),
	}
	if !line.To.IsZero() {
		record.EndDate = nullable(timestamp(line.To))
	}
	return record
}
