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

// onFile is what the file alone says of a dialogue.
type onFile struct {
	customer  string
	questions []asked
	attempts  []attempt
}

// counted reads a file of dialogues, by the dictionary that belongs to it.
func counted(t *testing.T, dataset, file string) []onFile {
	t.Helper()
	dictionary := readPaper(t, realdata.Repository(t, "examples/"+dataset+"/slots.yaml"))
	var all []onFile
	if dataset == "sgd" {
		for _, d := range readSGD(t, file) {
			all = append(all, onFile{customer: "sgd-" + d.ID, questions: d.questions(dictionary)})
		}
		return all
	}
	for _, d := range readStar(t, file) {
		if len(d.Events) > 0 {
			all = append(all, onFile{"star-" + d.DialogueID.String(), d.questions(dictionary), d.attempts()})
		}
	}
	return all
}

// agrees holds what the suite found in dialogues played to it, question by question and check by check, and the report's
// counts against what is counted from the file alone.
func agrees(t *testing.T, s *local.Instance, file string, r *Report) {
	t.Helper()
	var n Report
	told := 0
	tell := func(format string, args ...any) {
		t.Helper()
		if told++; told <= maxTold {
			t.Errorf(format, args...)
		}
	}
	for _, d := range counted(t, r.Dataset, file) {
		found := findings(history(t, s, d.customer))
		for i, q := range d.questions {
			n.QuestionsAsked++
			n.Repeats += count1(q.Repeat)
			switch {
			case i >= len(found.questions):
				tell("%s, %s: the suite does not know the question", d.customer, q)
			case found.questions[i].slot != q.For || q.Scope != "" && found.questions[i].scope != q.Scope:
				tell("%s, %s: the suite has a question for %s of %s", d.customer, q, found.questions[i].slot, found.questions[i].scope)
			case found.questions[i].repeat != q.Repeat:
				tell("%s, %s: the suite says repeat %v", d.customer, q, found.questions[i].repeat)
			}
		}
		for i, a := range d.attempts {
			n.Verifications++
			n.VerificationsPassed += count1(a.Passed)
			n.VerificationsFailed += count1(!a.Passed)
			n.DoubleVerifications += count1(a.Double)
			if i >= len(found.checks) || found.checks[i] != (check{a.Method, a.Passed, a.Double}) {
				tell("%s, event %d: %+v, the suite has %+v", d.customer, a.Index, a, found.checks)
			}
		}
		if len(found.questions) > len(d.questions) || len(found.checks) > len(d.attempts) {
			tell("%s: the suite has %d questions and %d checks, the file %d and %d",
				d.customer, len(found.questions), len(found.checks), len(d.questions), len(d.attempts))
		}
	}
	if told > maxTold {
		t.Errorf("and %d differences more", told-maxTold)
	}
	if fromFile, reported := n.counts(), r.counts(); fromFile != reported {
		t.Errorf("counted from the file: %s\nreported: %s", fromFile, reported)
	}
	if n.Repeats == 0 || r.Dataset == "star" && (n.DoubleVerifications == 0 || n.VerificationsFailed == 0) {
		t.Errorf("%s: this proves nothing", n.counts())
	}
}

// counts are what can be counted from the file as well.
func (r *Report) counts() string {
	return fmt.Sprintf("questions %d, repeats %d, verifications %d, passed %d, failed %d, double %d",
		r.QuestionsAsked, r.Repeats, r.Verifications, r.VerificationsPassed, r.VerificationsFailed, r.DoubleVerifications)
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
