package oracle

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vpsie/vpsie-autoscaler/costs/money"
)

// ErrNoSolver says that the program cbc is not installed.
var ErrNoSolver = errors.New("cbc is not installed (Debian: apt-get install coinor-cbc)")

// ErrTooHard says that the optimum was not found within the oracle's limits.
var ErrTooHard = errors.New("the instance is too hard for the oracle")

const (
	// mostColumns bounds the integer program.
	mostColumns = 20_000
	// mostNodes bounds the solver's search tree: an instance is too hard for everybody or for nobody.
	mostNodes = 2000
)

// Installed reports whether there is a solver.
func Installed() bool {
	_, err := exec.LookPath("cbc")
	return err == nil
}

// Optimum is the price of the cheapest machines that hold all pods. Its errors are ErrNoSolver, ErrTooHard, and what goes wrong with
// files and processes.
func (i *Instance) Optimum(ctx context.Context) (money.PerHour, error) {
	if !Installed() {
		return 0, ErrNoSolver
	}
	columns := i.columns(mostColumns)
	if columns == nil {
		return 0, fmt.Errorf("%w: more than %d ways to fill a machine", ErrTooHard, mostColumns)
	}
	folder, err := os.MkdirTemp("", "oracle")
	if err != nil {
		return 0, fmt.Errorf("make a folder for the solver: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	program, answer := filepath.Join(folder, "program.lp"), filepath.Join(folder, "answer.txt")
	if err := os.WriteFile(program, []byte(i.program(columns)), 0o600); err != nil {
		return 0, fmt.Errorf("write the integer program: %w", err)
	}
	// Prices are whole numbers, so that a plan which is cheaper by less than one does not exist and need not be looked for.
	command := exec.CommandContext(ctx, "cbc", program, "maxNodes", fmt.Sprint(mostNodes), "allowableGap", "0.99", "solve", "solution", answer)
	if out, err := command.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("run cbc: %w\n%s", err, out)
	}
	return i.read(answer, columns)
}

// program is the integer program in the LP format: variables count the machines of each column, a row a kind asks that its pods have
// places.
func (i *Instance) program(columns []column) string {
	var b strings.Builder
	fmt.Fprint(&b, "Minimize\n price:")
	for n := range columns {
		fmt.Fprintf(&b, " + %d x%d\n", i.cents(&columns[n]), n)
	}
	fmt.Fprint(&b, "Subject To\n")
	for k := range i.kinds {
		fmt.Fprintf(&b, " k%d:", k)
		for n := range columns {
			if pods := columns[n].pods[k]; pods > 0 {
				fmt.Fprintf(&b, " + %d x%d\n", pods, n)
			}
		}
		fmt.Fprintf(&b, " >= %d\n", i.kinds[k].count)
	}
	fmt.Fprint(&b, "General\n")
	for n := range columns {
		fmt.Fprintf(&b, " x%d\n", n)
	}
	fmt.Fprint(&b, "End\n")
	return b.String()
}

func (i *Instance) cents(c *column) int64 { return int64(i.machines[c.machine].price / cent) }

// read adds up the prices of the machines in the solver's answer and checks that they hold all pods, so that nothing rests on the
// solver's floating point but that there is nothing cheaper.
func (i *Instance) read(path string, columns []column) (money.PerHour, error) {
	machines, err := counts(path, len(columns))
	if err != nil {
		return 0, err
	}
	var sum int64
	places := make([]int, len(i.kinds))
	for n, count := range machines {
		sum += int64(count) * i.cents(&columns[n])
		for k, pods := range columns[n].pods {
			places[k] += count * pods
		}
	}
	for k := range places {
		if places[k] < i.kinds[k].count {
			return 0, fmt.Errorf("the solver's answer has %d places for the %d pods of kind %d", places[k], i.kinds[k].count, k)
		}
	}
	return money.PerHour(sum) * cent, nil
}

// counts reads how many machines of each column the solver has chosen.
func counts(path string, columns int) ([]int, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the solver's answer: %w", err)
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	verdict, err := lines.ReadString('\n')
	if err != nil || !strings.HasPrefix(verdict, "Optimal") {
		return nil, fmt.Errorf("%w: the solver says %q", ErrTooHard, strings.TrimSpace(verdict))
	}
	machines := make([]int, columns)
	for {
		var row, n int
		var value, reducedCost float64
		if _, err := fmt.Fscanf(lines, "%d x%d %g %g\n", &row, &n, &value, &reducedCost); errors.Is(err, io.EOF) {
			return machines, nil
		} else if err != nil || n < 0 || n >= columns {
			return nil, fmt.Errorf("read the solver's answer: column %d of %d: %w", n, columns, err)
		}
		machines[n] = int(value + 0.5)
	}
}
