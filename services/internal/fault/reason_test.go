package fault_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	commonv1 "github.com/throughline-cx/throughline/gen/go/throughline/common/v1"
	"github.com/throughline-cx/throughline/services/internal/fault"
)

// TestCommonReasonsAreTheContract keeps the constants and the enum of the contract the same.
func TestCommonReasonsAreTheContract(t *testing.T) {
	var want []string
	values := commonv1.ErrorReason(0).Descriptor().Values()
	for i := 1; i < values.Len(); i++ { // 0 is UNSPECIFIED
		want = append(want, strings.TrimPrefix(string(values.Get(i).Name()), "ERROR_REASON_"))
	}
	if diff := cmp.Diff(want, fault.CommonReasons()); diff != "" {
		t.Errorf("(-contract +code):\n%s", diff)
	}
}
