package replay

import (
	"fmt"
	"testing"

	interactionlogv1 "github.com/throughline-cx/throughline/gen/go/throughline/interactionlog/v1"
	"github.com/throughline-cx/throughline/services/suite/internal/local"
	"github.com/throughline-cx/throughline/services/suite/internal/replay/realdata"
)

// maxTold bounds how many differences are told one by one.
const maxTold = 10

// agrees holds what the suite found in dialogues played to it, question by question and check by check, and the report's
// counts against what is counted from the file alone.
func agrees(t *testing.T, s *local.Instance, file string, r *Report) {
	t.Helper()
	dictionary := readPaper(t, realdata.Repository(t, "examples/star/slots.yaml"))
	var questions, repeats, attempts, passed, doubles int64
	told := 0
	tell := func(format string, args ...any) {
		if told++; told <= maxTold {
			t.Errorf(format, args...)
		}
	}
	for _, d := range readStar(t, file) {
		if len(d.Events) == 0 {
			continue
		}
		found := findings(history(t, s, "star-"+d.DialogueID.String()))
		want := d.questions(dictionary)
		for i, q := range want {
			questions++
			if q.Repeat {
				repeats++
			}
			switch {
			case i >= len(found.questions):
				tell("dialogue %s, %s: the suite does not know the question", d.DialogueID, q)
			case found.questions[i].slot != q.For || q.Scope != "" && found.questions[i].scope != q.Scope:
				tell("dialogue %s, %s: the suite has a question for %s of %s", d.DialogueID, q, found.questions[i].slot, found.questions[i].scope)
			case found.questions[i].repeat != q.Repeat:
				tell("dialogue %s, %s: the suite says repeat %v", d.DialogueID, q, found.questions[i].repeat)
			}
		}
		if len(found.questions) > len(want) {
			tell("dialogue %s: the suite has %d questions, the file %d", d.DialogueID, len(found.questions), len(want))
		}
		checks := d.attempts()
		for i, a := range checks {
			attempts++
			passed += count1(a.Passed)
			doubles += count1(a.Double)
			if i >= len(found.checks) || found.checks[i] != (check{a.Method, a.Passed, a.Double}) {
				tell("dialogue %s, event %d: %+v, the suite has %+v", d.DialogueID, a.Index, a, found.checks)
			}
		}
		if len(found.checks) > len(checks) {
			tell("dialogue %s: the suite has %d checks, the file %d", d.DialogueID, len(found.checks), len(checks))
		}
	}
	if told > maxTold {
		t.Errorf("and %d differences more", told-maxTold)
	}
	counted := fmt.Sprintf("questions %d, repeats %d, verifications %d, passed %d, failed %d, double %d",
		questions, repeats, attempts, passed, attempts-passed, doubles)
	reported := fmt.Sprintf("questions %d, repeats %d, verifications %d, passed %d, failed %d, double %d",
		r.QuestionsAsked, r.Repeats, r.Verifications, r.VerificationsPassed, r.VerificationsFailed, r.DoubleVerifications)
	if counted != reported {
		t.Errorf("counted from the file: %s\nreported: %s", counted, reported)
	}
	if repeats == 0 || doubles == 0 || attempts == passed {
		t.Errorf("%s: this proves nothing", counted)
	}
	t.Log(counted)
}

func count1(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// found is what the suite stored of a dialogue's questions and checks.
type found struct {
	questions []question
	checks    []check
}

type question struct {
	scope, slot string
	repeat      bool
}

type check struct {
	method         string
	passed, double bool
}

func findings(history []*interactionlogv1.Event) found {
	var f found
	repeated, doubled := map[string]bool{}, map[string]bool{}
	for _, e := range history {
		if r := e.GetRepeatDetected(); r != nil {
			repeated[r.GetQuestionEventId()] = true
		}
		if v := e.GetDoubleVerificationDetected(); v != nil {
			doubled[v.GetVerificationEventId()] = true
		}
	}
	for _, e := range history {
		if q := e.GetQuestionAsked(); q != nil {
			f.questions = append(f.questions, question{q.GetScope(), q.GetSlot(), repeated[e.GetEventId()]})
		}
		if v := e.GetVerificationAttempted(); v != nil {
			passed := v.GetResult() == interactionlogv1.VerificationResult_VERIFICATION_RESULT_PASSED
			f.checks = append(f.checks, check{v.GetMethod(), passed, doubled[e.GetEventId()]})
		}
	}
	return f
}
