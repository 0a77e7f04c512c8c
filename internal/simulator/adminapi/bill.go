package adminapi

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/internal/simulator/cloud"
)

// billReport is the bill in US dollars.
type billReport struct {
	TotalOwed      float64    `json:"totalOwed"`   // by started hours
	MeteredCost    float64    `json:"meteredCost"` // to the second
	HourlyRate     float64    `json:"hourlyRate"`
	PeakHourlyRate float64    `json:"peakHourlyRate"`
	Machines       int        `json:"machines"`
	Balance        *float64   `json:"balance,omitempty"` // of a prepaid account
	Lines          []billLine `json:"lines,omitempty"`
}

// billLine is the bill of one machine. The amounts in billionths are exact.
type billLine struct {
	Hostname     string    `json:"hostname"`
	Identifier   string    `json:"identifier"`
	Plan         string    `json:"plan"`
	Datacenter   string    `json:"datacenter"`
	Managed      bool      `json:"managed,omitempty"`
	HourlyPrice  float64   `json:"hourlyPrice"`
	From         time.Time `json:"from"`
	To           time.Time `json:"to,omitzero"`
	Hours        int64     `json:"hours"`
	Owed         float64   `json:"owed"`
	OwedNanos    int64     `json:"owedNanos"`
	MeteredNanos int64     `json:"meteredNanos"`
}

func (d Desk) bill(w http.ResponseWriter, r *http.Request) {
	bill := d.Cloud.Bill()
	report := billReport{
		TotalOwed:      dollars(bill.Owed),
		MeteredCost:    dollars(bill.Metered),
		HourlyRate:     bill.Rate.Units(),
		PeakHourlyRate: bill.PeakRate.Units(),
		Machines:       bill.Machines,
	}
	if balance, prepaid := d.Cloud.Balance(); prepaid {
		left := dollars(balance)
		report.Balance = &left
	}
	if r.URL.Query().Get("machines") == "true" {
		for _, line := range d.Cloud.BillLines() {
			report.Lines = append(report.Lines, describeLine(line))
		}
	}
	reply(w, http.StatusOK, report)
}

func describeLine(line cloud.BillLine) billLine {
	return billLine{
		Hostname: line.Hostname, Identifier: line.Identifier, Plan: line.Plan, Datacenter: line.Datacenter, Managed: line.Managed,
		HourlyPrice: line.Hourly.Units(), From: line.From, To: line.To, Hours: line.Hours,
		Owed: dollars(line.Owed), OwedNanos: line.Owed, MeteredNanos: line.Metered,
	}
}

func (d Desk) topUp(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Add float64 `json:"add"` // US dollars
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&body)
	const most = 1e9 // far from what an int64 of billionths holds
	if err == nil && (body.Add <= 0 || body.Add > most) {
		err = fmt.Errorf("add %v: want dollars, more than 0 and at most %v", body.Add, float64(most))
	}
	if err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	d.Cloud.TopUp(int64(math.Round(body.Add * nanosPerDollar)))
	balance, _ := d.Cloud.Balance()
	reply(w, http.StatusOK, map[string]float64{"balance": dollars(balance)})
}

const nanosPerDollar = 1_000_000_000

// dollars turns billionths into dollars, for people to read.
func dollars(nanos int64) float64 { return money.PerHour(nanos).Units() }
