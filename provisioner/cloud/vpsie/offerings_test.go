package vpsie_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
	"github.com/vpsie/vpsie-autoscaler/provisioner/cloud"
)

const (
	listCategories = "GET /api/v2/plans/category"
	listPlans      = "POST /apps/v2/resources"
)

// catalogue is an API with two categories; plans answers for each of them.
func catalogue(plans http.HandlerFunc) *api {
	a := newAPI()
	a.on(listCategories, answer(200, `{"error":false,"data":[{"identifier":"cat-a","name":"A"},{"identifier":"cat-g","name":"G"}]}`))
	a.on(listDatacenters, answer(200, oneDatacenter))
	a.on(listPlans, plans)
	return a
}

func onePlan(w http.ResponseWriter, r *http.Request) {
	answer(200, `{"error":false,"data":[{"identifier":"plan-1","nickname":"G-2","cpu":2,"ram":8192,"ssd":100,"price":44}]}`)(w, r)
}

func TestOfferingsAreThePlansOfAllCategories(t *testing.T) {
	byCategory := map[string]string{
		"cat-a": `{"identifier":"plan-a","nickname":"A-1","cpu":1,"ram":2048,"ssd":40,"price":"7.20"}`,
		"cat-g": `{"identifier":"plan-g","nickname":"G-2","cpu":2,"ram":8192,"ssd":100,"price":44},
		          {"identifier":"plan-a","nickname":"again","cpu":1,"ram":2048,"ssd":40,"price":1},
		          {"identifier":"plan-x","nickname":"no price","cpu":1,"ram":2048,"ssd":40,"price":null},
		          {"identifier":"plan-y","nickname":"no memory","cpu":1,"ssd":40,"price":1},
		          {"nickname":"nameless","cpu":1,"ram":2048,"ssd":40,"price":1}`,
	}
	a := catalogue(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"error":false,"data":[%s]}`, byCategory[r.PostFormValue("planCatIdentifier")])
	})
	got, err := newClient(t, a).Offerings(t.Context(), "dc-1")
	if err != nil {
		t.Fatal(err)
	}
	want := []cloud.Offering{
		{ID: "plan-a", Name: "A-1", DatacenterID: "dc-1", Arch: "amd64", Capacity: capacity("1", "2Gi", "40G"), Price: 10_000_000},
		{ID: "plan-g", Name: "G-2", DatacenterID: "dc-1", Arch: "amd64", Capacity: capacity("2", "8Gi", "100G"), Price: 61_111_111},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("offerings (-want +got):\n%s", diff)
	}
}

func TestPlansAreAskedForWithAForm(t *testing.T) {
	a := catalogue(onePlan)
	if _, err := newClient(t, a).Offerings(t.Context(), "dc-1"); err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, sent := range a.asked(listPlans) {
		form, err := url.ParseQuery(sent.body)
		if err != nil {
			t.Fatal(err)
		}
		category := form.Get("planCatIdentifier")
		asked[category] = true
		want := url.Values{
			"dcIdentifier": {"dc-1"}, "osIdentifier": {"image-1"}, "planCatIdentifier": {category},
			"name": {"query"}, "description": {"query"}, "isCustom": {"0"},
		}
		if diff := cmp.Diff(want, form); diff != "" {
			t.Errorf("form (-want +got):\n%s", diff)
		}
	}
	if diff := cmp.Diff(map[string]bool{"cat-a": true, "cat-g": true}, asked); diff != "" {
		t.Errorf("categories (-want +got):\n%s", diff)
	}
}

func capacity(cpu, memory, storage string) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse(cpu),
		corev1.ResourceMemory:           resource.MustParse(memory),
		corev1.ResourceEphemeralStorage: resource.MustParse(storage),
	}
}

func TestHoursPerMonthDivideThePrice(t *testing.T) {
	o := options(catalogue(onePlan))
	o.HoursPerMonth = 440
	got, err := newClientWith(t, o).Offerings(t.Context(), "dc-1")
	if err != nil || len(got) != 1 || got[0].Price != money.PerHour(100_000_000) {
		t.Errorf("offerings %v, %v; want one at $0.1/h", got, err)
	}
}

func TestOfferingsOfAnUnknownDatacenter(t *testing.T) {
	a := catalogue(answer(200, `{"error":false,"data":false}`))
	client := newClient(t, a)
	if _, err := client.Offerings(t.Context(), "dc-2"); !errors.Is(err, cloud.ErrNotFound) {
		t.Errorf("error %v, want ErrNotFound", err)
	}
	if got, err := client.Offerings(t.Context(), "dc-1"); err != nil || len(got) != 0 {
		t.Errorf("a data centre that sells nothing: %v, %v", got, err)
	}
}

func TestOfferingsAreKeptForFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := catalogue(onePlan)
		client := newClient(t, a)
		ask := func() {
			t.Helper()
			got, err := client.Offerings(t.Context(), "dc-1")
			if err != nil || len(got) != 1 {
				t.Fatalf("offerings %v, %v", got, err)
			}
			got[0].Capacity[corev1.ResourceCPU] = resource.MustParse("99") // the caller's copy is the caller's
			if again, _ := client.Offerings(t.Context(), "dc-1"); again[0].Capacity.Cpu().Value() != 2 {
				t.Fatal("the caller changed the kept list")
			}
		}
		wantAsked := func(n int) {
			t.Helper()
			if got := len(a.asked(listCategories)); got != n {
				t.Errorf("VPSie was asked %d times, want %d", got, n)
			}
		}
		ask()
		time.Sleep(5*time.Minute - time.Nanosecond)
		ask()
		wantAsked(1)
		time.Sleep(time.Nanosecond)
		ask()
		wantAsked(2)
	})
}

func TestOneRefreshServesAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := catalogue(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			onePlan(w, r)
		})
		client := newClient(t, a)
		var waiting sync.WaitGroup
		for range 10 {
			waiting.Go(func() {
				if got, err := client.Offerings(t.Context(), "dc-1"); err != nil || len(got) != 1 {
					t.Errorf("offerings %v, %v", got, err)
				}
			})
		}
		waiting.Wait()
		if n := len(a.asked(listCategories)); n != 1 {
			t.Errorf("VPSie was asked %d times", n)
		}
	})
}

func TestAnOldListStandsInOnlyForACloudThatDoesNotAnswer(t *testing.T) {
	tests := map[string]struct {
		handler http.HandlerFunc
		age     time.Duration
		want    error
	}{
		"unavailable":              {answer(503, "<html>"), 50 * time.Minute, nil},
		"rate limited":             {answer(429, "{}"), 50 * time.Minute, nil},
		"unavailable for too long": {answer(503, "<html>"), time.Hour, cloud.ErrUnavailable},
		"refused credentials":      {answer(401, "{}"), 6 * time.Minute, cloud.ErrUnauthorized},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := catalogue(onePlan)
				client := newClient(t, a)
				if _, err := client.Offerings(t.Context(), "dc-1"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(test.age)
				a.on(listPlans, test.handler)
				got, err := client.Offerings(t.Context(), "dc-1")
				if !errors.Is(err, test.want) || (err == nil) != (len(got) == 1) {
					t.Errorf("offerings %v, %v; want error %v", got, err, test.want)
				}
			})
		})
	}
}
