package kubescheduler

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/vpsie/vpsie-autoscaler/internal/testing/metricspage"
)

// Metric is the sum of all series of a name that have every one of the given labels, written as `result="scheduled"`. It is 0 when
// there are none, as is a counter that never counted.
func (s *Scheduler) Metric(ctx context.Context, name string, labels ...string) (float64, error) {
	page, err := s.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	return metricspage.Sum(page, name, labels...)
}

// Running is the configuration that the scheduler says it runs with, as /configz shows it.
func (s *Scheduler) Running(ctx context.Context) ([]byte, error) { return s.get(ctx, "/configz") }

func (s *Scheduler) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s%s answers %s", s.URL, path, response.Status)
	}
	return content, err
}
