package boltkit

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// panicDamage is a panic that damage in the file has caused.
type panicDamage struct{ value any }

func (p *panicDamage) Error() string { return fmt.Sprintf("bbolt: %v", p.value) }

// guard runs fn and turns a panic that damage causes into a fault STORE_DAMAGED: bbolt asserts what it reads, and a
// mapped page that cannot be read is a fault of memory, which normally ends the process. Any other panic is a mistake
// in our own code and goes on.
func guard(fn func() error) (err error) {
	before := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(before)
		v := recover()
		if v == nil {
			return
		}
		if !fromDamage(v) {
			panic(v)
		}
		err = fault.New(fault.Internal, fault.StoreDamaged,
			"the store file is damaged; stop the service and restore the store from a backup").WithCause(&panicDamage{v})
	}()
	return fn()
}

// fromDamage reports whether a panic came out of bbolt itself or from touching mapped memory. It is called by the
// deferred function of guard, while the frames of the panic are still on the stack.
func fromDamage(v any) bool {
	var mem interface {
		error
		Addr() uintptr
	}
	if err, ok := v.(error); ok && errors.As(err, &mem) {
		return true
	}
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	panicking := false
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, "runtime."):
			panicking = panicking || f.Function == "runtime.gopanic"
		case panicking:
			// The function that panicked.
			return strings.HasPrefix(f.Function, "go.etcd.io/bbolt")
		}
		if !more {
			return false
		}
	}
}

func isDamage(err error) bool { return fault.ReasonOf(err) == fault.StoreDamaged }
