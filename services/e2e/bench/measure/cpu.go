package measure

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor times below /proc. Linux has used 100 a second
// on every architecture Go runs on.
const tick = 10 * time.Millisecond

var errNoProc = errors.New("no processor times below /proc")

// ProcessCPU returns the processor time a process has used, with that of the
// children it has waited for.
func ProcessCPU(pid int) (time.Duration, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	// The name in parentheses may hold anything; the fields after it may not.
	_, rest, ok := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 15 {
		return 0, errNoProc
	}
	return sum(fields[11:15])
}

// MachineCPU returns the processor time the machine has been busy.
func MachineCPU() (time.Duration, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 {
		return 0, errNoProc
	}
	// user nice system idle iowait irq softirq steal
	return sum(append(fields[1:4:4], fields[6:9]...))
}

func sum(fields []string) (time.Duration, error) {
	var total time.Duration
	for _, f := range fields {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(n) * tick
	}
	return total, nil
}
