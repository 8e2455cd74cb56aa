package replay

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// table prints the report for people.
func (r *Report) table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	part := func(head string, rows ...[2]string) {
		_, _ = fmt.Fprintf(w, "%s\n", head)
		for _, row := range rows {
			_, _ = fmt.Fprintf(w, "  %s\t%s\n", row[0], row[1])
		}
	}
	part("Played",
		count("dialogues", r.Dialogues, also(r.DialoguesEmpty, "empty"), also(r.DialoguesWithoutGold, "without gold"),
			also(r.GoldWithoutDialogue, "in the gold only")),
		count("legs", r.Legs),
		count("events", r.Events, also(r.EventsReplayed, "stored before")),
		count("messages", r.Messages, also(r.MessagesWithheld, "withheld: they hold a secret")),
		count("facts", r.Facts, also(r.SecretsWithheld, "withheld: secrets"), also(r.FactsRefused, "refused by the dictionary")),
	)
	part("Carried over (specific values)",
		count("needed", r.Needed, also(r.Unanswered, "not asked for by the leg")),
		count("known", r.Known),
		count("prefilled", r.Prefilled),
		count("correct", r.Correct),
		[2]string{"precision", share(r.Precision, r.Correct, r.Prefilled)},
		[2]string{"recall", share(r.Recall, r.CorrectKnown, r.Known)},
		count("to confirm", r.Confirm, also(r.ConfirmCorrect, "of them right")),
		count("to ask", r.Ask),
	)
	part("Apart",
		[2]string{"generic values", fmt.Sprintf("needed %d, known %d, prefilled %d, correct %d",
			r.GenericNeeded, r.GenericKnown, r.GenericPrefilled, r.GenericCorrect)},
		[2]string{"secrets", fmt.Sprintf("needed %d, known %d, prefilled %d, covered by a verification %d",
			r.SecretNeeded, r.SecretKnown, r.SecretPrefilled, r.SecretCovered)},
	)
	part("Questions",
		count("questions asked", r.QuestionsAsked),
		count("repeats", r.Repeats, "asked in the recording although the answer was known"),
		[2]string{"repeat rate", share(r.RepeatRate, r.Repeats, r.QuestionsAsked)},
		count("repeats avoided", r.RepeatsAvoided, "slots of a leg that need not be asked"),
	)
	part("Verifications",
		count("verifications", r.Verifications),
		count("passed", r.VerificationsPassed),
		count("failed", r.VerificationsFailed),
		count("double", r.DoubleVerifications, "asked for in the recording although one was valid"),
		[2]string{"double-verification rate", share(r.DoubleVerificationRate, r.DoubleVerifications, r.Verifications)},
	)
	part("Handoffs between legs",
		count("created", r.HandoffsCreated),
		count("accepted", r.HandoffsAccepted),
		count("completed", r.HandoffsCompleted),
		count("slots offered", r.SlotsOffered),
		count("read", r.SlotsRead, "used by the next leg"),
		count("dropped", r.SlotsDropped, "of no use to it"),
		count("unread", r.SlotsUnread, "needed, but to be confirmed first"),
		count("asked again", r.SlotsAskedAgain, "asked for in the recording all the same"),
	)
	part("Speed", [2]string{"events per second", fmt.Sprintf("%.0f in %.1f s", r.EventsPerSecond, r.Seconds)})
	if err := w.Flush(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.RPC)) {
		t := r.RPC[name]
		_, _ = fmt.Fprintf(w, "  %s\tp50 %.2f ms\tp99 %.2f ms\t%d calls\n", name, t.P50MS, t.P99MS, t.Count)
	}
	for _, note := range r.notes() {
		_, _ = fmt.Fprintf(w, "Note: %s\n", note)
	}
	return w.Flush()
}

// notes say how the figures are to be read.
func (r *Report) notes() []string {
	notes := []string{
		"each chain of channels is composed from one dialogue, cut where the next task begins; the source has no customer across channels.",
		"repeats and double verifications are of the recording, whose agents did not have this suite.",
	}
	if r.Dataset == "sgd" {
		notes = append(notes,
			"facts are the canonical values of the annotation; they stand in for the language understanding of a bot.",
			"the recording has no times; a turn counts as 20 seconds.")
	}
	if r.By == "worker" {
		notes = append(notes,
			"the role players' personas change between dialogues and the gold knows one dialogue only: by worker is for load, not for quality.")
	}
	if r.EventsReplayed > 0 {
		notes = append(notes, "part of this was played to this suite before, so that it knew what came later: the figures are no first play's.")
	}
	return notes
}

func count(name string, n int64, remarks ...string) [2]string {
	text := fmt.Sprint(n)
	if r := strings.Join(slices.DeleteFunc(remarks, func(s string) bool { return s == "" }), ", "); r != "" {
		text += " (" + r + ")"
	}
	return [2]string{name, text}
}

// also is a remark with a number, left out when that is 0.
func also(n int64, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, what)
}

func share(ratio float64, part, whole int64) string {
	if whole == 0 {
		return "- (there were none)"
	}
	return fmt.Sprintf("%.3f (%d of %d)", ratio, part, whole)
}
