package domain

import (
	"reflect"
	"testing"
	"time"
)

// A matter too long ago to be gone on with leaves another one the only one, which makes that one likely enough. Nothing
// happens then but that time passes.
func TestAMatterForgottenIsAChange(t *testing.T) {
	s := dropped(tell(t), "old")
	gone := s.now.Add(-time.Minute).Add(ResumeWindow)
	s.wait(ResumeWindow - 40*time.Hour)
	dropped(s, "young")
	s.events[5].Payload = IntentDetected{Intent: "refund"} // the young one is about something else
	v := s.view()
	now := gone.Add(-30 * time.Second)
	before := BuildContext(v, Unrestricted, ViewFull, now)
	if len(before.Resume) != 0 {
		t.Fatalf("matters already before: %+v", before.Resume)
	}
	next, ok := NextChange(v, Unrestricted, now)
	if !ok || next.After(gone.Add(time.Minute)) {
		t.Fatalf("changes next at %v, %v, although the old call is forgotten at %v", next, ok, gone)
	}
	if still := BuildContext(v, Unrestricted, ViewFull, next.Add(-1)); !reflect.DeepEqual(before, still) {
		t.Error("it changed before")
	}
	if after := BuildContext(v, Unrestricted, ViewFull, gone.Add(time.Minute)); len(after.Resume) != 1 || after.Resume[0].InteractionID != "young" {
		t.Errorf("then there is %+v", after.Resume)
	}
}
