package domain

import (
	"strconv"
	"time"

	"pgregory.net/rapid"
)

// day0 is when the tests' stories begin.
var day0 = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// at returns a moment some minutes into the story.
func at(minutes int) time.Time { return day0.Add(time.Duration(minutes) * time.Minute) }

// few are small alphabets, so that random histories meet themselves.
var (
	fewScopes = []string{"", "ivr", "IVR", "crm", "bot-1"}
	fewNames  = []string{"acct_no", "AcctNo", "name", "city", "phone", "pin", "undefined", "Straße"}
	fewValues = []string{
		"Oslo", " oslo ", "OSLO", "Bergen", "12", "12.0", "+12025550123", "2025550123", "4111********1111", "x\x00y\u2028z",
		"ein sehr langer Wert, der für die Geschichte viel zu lang ist und gekürzt werden muß, damit sie hineinpaßt …", "***",
	}
	fewIDs = []string{"", "i1", "i2", "i3", "i4"}
)

// genTimes are times in no order at all: clocks of other systems.
func genTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time { return at(rapid.IntRange(-100, 5000).Draw(t, "minute")) })
}

func genActor() *rapid.Generator[Actor] {
	return rapid.Custom(func(t *rapid.T) Actor {
		return Actor{
			Kind: ActorKind(rapid.IntRange(0, int(ActorSystem)).Draw(t, "kind")),
			ID:   rapid.SampledFrom([]string{"", "kim", "ada-bot"}).Draw(t, "actor"),
		}
	})
}

func genPayload() *rapid.Generator[Payload] {
	return rapid.Custom(func(t *rapid.T) Payload {
		pick := func(from []string) string { return rapid.SampledFrom(from).Draw(t, "s") }
		run := func() string { return pick([]string{"r1", "r2"}) }
		slot, scope, value := pick(fewNames), pick(fewScopes), pick(fewValues)
		id := Identifier{
			Type:  IdentifierType(rapid.IntRange(1, int(IdentifierPlatformContact)).Draw(t, "type")),
			Value: strconv.Itoa(rapid.IntRange(0, 70).Draw(t, "id")),
		}
		switch rapid.IntRange(0, 27).Draw(t, "event") {
		case 0:
			return InteractionStarted{
				Platform: "sip", PlatformContactID: pick(fewIDs), Direction: DirectionInbound,
				Locale: pick([]string{"", "en-GB", "de"}), Subject: pick([]string{"", "billing"}),
			}
		case 1:
			return InteractionEnded{Outcome: InteractionOutcome(rapid.IntRange(0, 5).Draw(t, "outcome"))}
		case 2:
			return InteractionSegmentChanged{State: SegmentState(rapid.IntRange(0, 6).Draw(t, "state")), Queue: "billing", Participant: genActor().Draw(t, "who")}
		case 3:
			return MessageSent{Text: pick(append(fewValues, "", withheld, rapid.String().Draw(t, "text")))}
		case 4:
			return IntentDetected{Intent: "change-address"}
		case 5:
			return QuestionAsked{Slot: slot, Scope: scope, Purpose: QuestionPurpose(rapid.IntRange(0, 3).Draw(t, "purpose"))}
		case 6:
			return QuestionAvoided{Slot: slot, Scope: scope}
		case 7, 8, 9, 10:
			p := FactStated{Slot: slot, Scope: scope, Value: value, Confidence: rapid.SampledFrom([]float64{0, 0.3, 0.9, 1}).Draw(t, "confidence")}
			if rapid.Bool().Draw(t, "expires") {
				p.ExpireTime = genTime().Draw(t, "expiry")
			}
			return p
		case 11:
			return FactConfirmed{Slot: slot, Scope: scope, Value: value}
		case 12:
			return FactRetracted{Slot: slot, Scope: scope, Value: pick(append(fewValues, ""))}
		case 13:
			return RepeatDetected{Slot: slot, Scope: scope}
		case 14:
			return FlowStarted{FlowRunID: run(), FlowID: "flow"}
		case 15:
			return StepEntered{FlowRunID: run(), StepID: pick([]string{"a", "b"})}
		case 16:
			return StepFailed{FlowRunID: run(), StepID: "b", Reason: "no-match"}
		case 17:
			return IdentifierLinked{Identifier: id, Origin: LinkOrigin(rapid.IntRange(0, 4).Draw(t, "origin"))}
		case 18:
			return IdentifierUnlinked{Identifier: id}
		case 19:
			return VerificationAttempted{
				Method: pick([]string{"pin", "otp-sms"}), Result: VerificationResult(rapid.IntRange(0, 4).Draw(t, "result")),
				Level:  VerificationLevel(rapid.IntRange(0, 5).Draw(t, "level")),
				Scopes: rapid.SampledFrom([][]string{nil, {"payments"}}).Draw(t, "scopes"),
			}
		case 20:
			return rapid.SampledFrom([]Payload{
				CaseOpened{Subject: "a parcel", Intent: "where-is-it", Promise: Promised{Text: "call back", DueTime: at(90)}},
				CaseUpdated{Priority: PriorityHigh, Promise: Promised{DueTime: at(60)}}, CaseUpdated{PromiseSettled: true},
				CaseResolved{Resolution: "found", Code: "ok"}, CaseReopened{Reason: "lost again"},
			}).Draw(t, "case")
		case 21, 22, 23:
			h := "h" + strconv.Itoa(rapid.IntRange(0, 50).Draw(t, "handoff"))
			return rapid.SampledFrom([]Payload{
				HandoffOffered{HandoffID: h, Offered: fewNames, ExpireTime: at(10), From: Actor{Kind: ActorBot}},
				HandoffOffered{HandoffID: h, Target: "billing", PreviousHandoffID: "h1"},
				HandoffAccepted{HandoffID: h, InteractionID: pick(fewIDs)}, HandoffRead{HandoffID: h, Read: []string{slot}},
				HandoffCompleted{HandoffID: h}, HandoffDeclined{HandoffID: h}, HandoffExpired{HandoffID: h}, HandoffCancelled{HandoffID: h},
			}).Draw(t, "step")
		case 24:
			return rapid.SampledFrom([]Payload{
				CustomersMerged{MergeID: run(), Other: "b", Survives: true}, CustomersMerged{MergeID: run(), Other: "c"},
				CustomersUnmerged{MergeID: run()},
			}).Draw(t, "merge")
		case 25:
			p := ConsentChanged{Purpose: "p" + strconv.Itoa(rapid.IntRange(0, 60).Draw(t, "purpose")), Status: ConsentGranted}
			if rapid.Bool().Draw(t, "another") {
				p.Purpose, p.Status = "p1", ConsentStatus(rapid.IntRange(1, 3).Draw(t, "status"))
				p.ExpireTime = genTime().Draw(t, "expiry")
			}
			return p
		case 26:
			n := strconv.Itoa(rapid.IntRange(0, 60).Draw(t, "finding"))
			return rapid.SampledFrom([]Payload{
				PersonaAssigned{PersonaID: n, Score: 0.5}, AudienceEntered{AudienceID: n}, AudienceLeft{AudienceID: n},
				StageEntered{JourneyID: n, StageID: "s"}, RecommendationMade{RecommendationID: n, Action: "call"},
				SurveyAnswered{Metric: MetricCSAT, Score: 2, ScaleMin: 1, ScaleMax: 5}, SurveyAnswered{Score: 2},
				DoubleVerificationDetected{VerificationEventID: n},
			}).Draw(t, "finding")
		default:
			return rapid.SampledFrom([]Payload{
				FlowEnded{FlowRunID: "r1", Outcome: FlowOutcomeEscalated}, DispositionSet{Code: "done", Note: "ok"},
				NoteAdded{Text: "n"}, MenuSelected{Menu: "m"}, Other{Type: 52}, nil,
			}).Draw(t, "other")
		}
	})
}

// genHistory returns a customer's events, revision 1 first.
func genHistory(n int) *rapid.Generator[[]Event] {
	return rapid.Custom(func(t *rapid.T) []Event {
		events := make([]Event, rapid.IntRange(0, n).Draw(t, "events"))
		many := rapid.Bool().Draw(t, "many interactions")
		for i := range events {
			e := &events[i]
			*e = Event{
				EventID: "e" + strconv.Itoa(i+1), Revision: int64(i + 1), OccurredAt: genTime().Draw(t, "occurred"),
				RecordedAt: at(i), Channel: Channel(rapid.IntRange(0, 5).Draw(t, "channel")),
				InteractionID: rapid.SampledFrom(fewIDs).Draw(t, "interaction"), Actor: genActor().Draw(t, "actor"),
				CaseID:  rapid.SampledFrom([]string{"", "", "c1", "c2"}).Draw(t, "case"),
				Payload: genPayload().Draw(t, "payload"),
			}
			if rapid.IntRange(0, 9).Draw(t, "many cases") == 0 {
				e.CaseID = "c" + strconv.Itoa(rapid.IntRange(0, 40).Draw(t, "case"))
			}
			if many && e.InteractionID != "" {
				e.InteractionID = "i" + strconv.Itoa(rapid.IntRange(0, 80).Draw(t, "interaction"))
			}
		}
		return events
	})
}

// genDictionary returns dictionaries as the log might hold them: valid and less valid ones.
func genDictionary() *rapid.Generator[*Dictionary] {
	return rapid.Custom(func(t *rapid.T) *Dictionary {
		ids := []string{"account_number", "city", "customer_name", "phone", "pin"}
		slots := make([]Slot, rapid.IntRange(0, 5).Draw(t, "slots"))
		for i := range slots {
			s := Slot{
				ID: ids[i], Type: SlotType(rapid.IntRange(0, int(SlotTypeID)).Draw(t, "type")),
				Sensitivity:   Sensitivity(rapid.IntRange(0, int(SensitivitySecret)).Draw(t, "sensitivity")),
				MaxAge:        time.Duration(rapid.IntRange(0, 200).Draw(t, "age")) * time.Minute,
				ExpireAfter:   time.Duration(rapid.IntRange(0, 400).Draw(t, "expire")) * time.Minute,
				MinConfidence: rapid.SampledFrom([]float64{0, 0.5}).Draw(t, "confidence"),
				OnConflict:    ConflictPolicy(rapid.IntRange(0, 2).Draw(t, "conflict")),
			}
			if rapid.IntRange(0, 2).Draw(t, "guarded") == 0 {
				s.MinVerification = VerificationLevel(rapid.IntRange(0, 5).Draw(t, "verification"))
				s.ConsentPurpose = rapid.SampledFrom([]string{"", "p1"}).Draw(t, "purpose")
			}
			for range rapid.IntRange(0, 3).Draw(t, "aliases") {
				s.Aliases = append(s.Aliases, Alias{
					Name: rapid.SampledFrom(fewNames).Draw(t, "alias"), Scope: rapid.SampledFrom(fewScopes).Draw(t, "scope"),
				})
			}
			for range rapid.IntRange(0, 2).Draw(t, "links") {
				s.Links = append(s.Links, Link{FromSlot: rapid.SampledFrom(ids).Draw(t, "from"), Action: LinkAction(rapid.IntRange(0, 2).Draw(t, "action"))})
			}
			slots[i] = s
		}
		return NewDictionary(7, slots)
	})
}

// anyAsker returns askers of all kinds.
func anyAsker() *rapid.Generator[Asker] {
	return rapid.Custom(func(t *rapid.T) Asker {
		if rapid.Bool().Draw(t, "unrestricted") {
			return Unrestricted
		}
		return Asker{
			Clearance:     Sensitivity(rapid.IntRange(0, int(SensitivitySecret)).Draw(t, "clearance")),
			Channel:       Channel(rapid.IntRange(0, 5).Draw(t, "asker's channel")),
			InteractionID: rapid.SampledFrom(fewIDs).Draw(t, "asker's interaction"),
			Purpose:       rapid.SampledFrom([]string{"", "p1", "p2"}).Draw(t, "asker's purpose"),
			Intent:        rapid.SampledFrom([]string{"", "change-address"}).Draw(t, "asker's intent"),
		}
	})
}
