package replay

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/throughline-cx/throughline/services/suite/internal/replay/play"
)

// Report is the outcome of a replay, with the names it has as JSON. Its values are over specific values unless their name
// says otherwise.
type Report struct {
	Dataset string `json:"dataset"`
	By      string `json:"by"`

	// What was played.
	Dialogues            int64 `json:"dialogues"`
	DialoguesEmpty       int64 `json:"dialogues_empty"`
	DialoguesWithoutGold int64 `json:"dialogues_without_gold"`
	GoldWithoutDialogue  int64 `json:"gold_without_dialogue"`
	Legs                 int64 `json:"legs"`
	Messages             int64 `json:"messages"`
	Facts                int64 `json:"facts"`
	Queries              int64 `json:"queries"`
	Events               int64 `json:"events"`
	EventsReplayed       int64 `json:"events_replayed"`
	FactsRefused         int64 `json:"facts_refused"`
	SecretsWithheld      int64 `json:"secrets_withheld"`
	MessagesWithheld     int64 `json:"messages_withheld"`
	DictionarySlots      int   `json:"dictionary_slots"`

	// How well the suite knew what the legs needed.
	Needed         int64   `json:"needed"`
	Known          int64   `json:"known"`
	Prefilled      int64   `json:"prefilled"`
	Correct        int64   `json:"correct"`
	CorrectKnown   int64   `json:"correct_known"`
	Precision      float64 `json:"precision"`
	Recall         float64 `json:"recall"`
	Confirm        int64   `json:"confirm"`
	ConfirmCorrect int64   `json:"confirm_correct"`
	Ask            int64   `json:"ask"`
	Unanswered     int64   `json:"unanswered"`

	GenericNeeded    int64   `json:"generic_needed"`
	GenericKnown     int64   `json:"generic_known"`
	GenericPrefilled int64   `json:"generic_prefilled"`
	GenericCorrect   int64   `json:"generic_correct"`
	GenericPrecision float64 `json:"generic_precision"`
	GenericRecall    float64 `json:"generic_recall"`

	SecretNeeded    int64 `json:"secret_needed"`
	SecretKnown     int64 `json:"secret_known"`
	SecretPrefilled int64 `json:"secret_prefilled"`
	SecretCovered   int64 `json:"secret_covered"`

	// What that means to the customer. Rates are of the sums, not means of the dialogues' rates.
	QuestionsAsked int64   `json:"questions_asked"`
	Repeats        int64   `json:"repeats"`
	RepeatRate     float64 `json:"repeat_rate"`
	RepeatsAvoided int64   `json:"repeats_avoided"`

	Verifications          int64   `json:"verifications"`
	VerificationsPassed    int64   `json:"verifications_passed"`
	VerificationsFailed    int64   `json:"verifications_failed"`
	DoubleVerifications    int64   `json:"double_verifications"`
	DoubleVerificationRate float64 `json:"double_verification_rate"`

	// How the customer got from leg to leg. Slots are those of the completed handoffs.
	HandoffsCreated   int64 `json:"handoffs_created"`
	HandoffsAccepted  int64 `json:"handoffs_accepted"`
	HandoffsCompleted int64 `json:"handoffs_completed"`
	SlotsOffered      int64 `json:"slots_offered"`
	SlotsRead         int64 `json:"slots_read"`
	SlotsDropped      int64 `json:"slots_dropped"`
	SlotsUnread       int64 `json:"slots_unread"`
	SlotsAskedAgain   int64 `json:"slots_asked_again"`

	// How fast it went.
	Seconds         float64              `json:"seconds"`
	EventsPerSecond float64              `json:"events_per_second"`
	RPC             map[string]play.Time `json:"rpc"`
}

// report sums up.
func (h *hall) report(took time.Duration) *Report {
	s, n := h.score, h.counts
	r := &Report{
		Dialogues: h.dialogues, DialoguesEmpty: h.empty, DialoguesWithoutGold: h.withoutGold,
		Legs: n.Legs, Messages: n.Messages, Facts: n.Facts, Queries: n.Queries, Events: n.Events, EventsReplayed: n.Replayed,
		FactsRefused: n.FactsRefused, SecretsWithheld: n.SecretsWithheld, MessagesWithheld: n.MessagesWithheld,

		Needed: s.Specific.Needed, Known: s.Specific.Known, Prefilled: s.Specific.Prefilled,
		Correct: s.Specific.Correct, CorrectKnown: s.Specific.CorrectKnown,
		Precision: round(s.Specific.Precision(), 6), Recall: round(s.Specific.Recall(), 6),
		Confirm: s.Specific.Confirm, ConfirmCorrect: s.Specific.ConfirmCorrect, Ask: s.Specific.Ask, Unanswered: s.Unanswered,

		GenericNeeded: s.Generic.Needed, GenericKnown: s.Generic.Known,
		GenericPrefilled: s.Generic.Prefilled, GenericCorrect: s.Generic.Correct,
		GenericPrecision: round(s.Generic.Precision(), 6), GenericRecall: round(s.Generic.Recall(), 6),

		SecretNeeded: s.Secret.Needed, SecretKnown: s.Secret.Known, SecretPrefilled: s.Secret.Prefilled,
		SecretCovered: s.Secret.Covered,

		QuestionsAsked: n.QuestionsAsked, Repeats: n.Repeats, RepeatRate: rate(n.Repeats, n.QuestionsAsked), RepeatsAvoided: n.RepeatsAvoided,

		Verifications: n.Verifications, VerificationsPassed: n.VerificationsPassed, VerificationsFailed: n.VerificationsFailed,
		DoubleVerifications: n.DoubleVerifications, DoubleVerificationRate: rate(n.DoubleVerifications, n.Verifications),

		HandoffsCreated: n.Handoffs.Created, HandoffsAccepted: n.Handoffs.Accepted, HandoffsCompleted: n.Handoffs.Completed,
		SlotsOffered: n.Handoffs.SlotsOffered, SlotsRead: n.Handoffs.SlotsRead, SlotsDropped: n.Handoffs.SlotsDropped,
		SlotsUnread: n.Handoffs.SlotsUnread, SlotsAskedAgain: n.Handoffs.SlotsAskedAgain,

		Seconds: round(took.Seconds(), 3), RPC: h.player.Calls.Times(),
	}
	if took > 0 {
		r.EventsPerSecond = round(float64(n.Events)/took.Seconds(), 1)
	}
	return r
}

// rate is a share as it is reported; 0 of nothing.
func rate(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return round(float64(part)/float64(whole), 6)
}

func round(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}

// json prints the report as one JSON object on one line.
func (r *Report) json(out io.Writer) error { return json.NewEncoder(out).Encode(r) }
