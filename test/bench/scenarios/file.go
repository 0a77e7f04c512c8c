package scenarios

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Scenario is the content of a scenario file.
type Scenario struct {
	Name      string        `json:"name"`
	Offerings []Offering    `json:"offerings"`
	Pods      []*corev1.Pod `json:"pods"`
}

// Offering is a size of machine in one zone.
type Offering struct {
	ID string `json:"id"`
	// Plan is the size; offerings of one plan differ in zone and price.
	Plan        string            `json:"plan"`
	MilliCPU    int64             `json:"cpu"`
	MemoryMiB   int64             `json:"memoryMiB"`
	Pods        int64             `json:"pods"`
	PriceHourly float64           `json:"priceHourly"` // in dollars
	Labels      map[string]string `json:"labels"`
	Overhead    Overhead          `json:"overhead"`
}

// Overhead is the part of a machine that pods do not get.
type Overhead struct {
	MilliCPU  int64 `json:"cpu"`
	MemoryMiB int64 `json:"memoryMiB"`
	Pods      int64 `json:"pods"`
}

// Write writes the scenario as JSON, compressed when the path ends in .gz.
func (s *Scenario) Write(path string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write scenario %s: %w", s.Name, err)
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
	}()
	if !strings.HasSuffix(path, ".gz") {
		return json.NewEncoder(file).Encode(s)
	}
	compressed := gzip.NewWriter(file)
	if err := json.NewEncoder(compressed).Encode(s); err != nil {
		return fmt.Errorf("write scenario %s: %w", s.Name, err)
	}
	return compressed.Close()
}

// Read reads what Write wrote.
func Read(path string) (*Scenario, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read scenario: %w", err)
	}
	defer file.Close()
	var reader io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if reader, err = gzip.NewReader(file); err != nil {
			return nil, fmt.Errorf("read scenario %s: %w", path, err)
		}
	}
	s := &Scenario{}
	if err := json.NewDecoder(reader).Decode(s); err != nil {
		return nil, fmt.Errorf("read scenario %s: %w", path, err)
	}
	return s, nil
}
