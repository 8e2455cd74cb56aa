package domain

import (
	"cmp"
	"slices"
)

// foldFindings folds what other services found out about the customer, and what the customer decided.
func (d *draft) foldFindings(e *Event) {
	switch p := e.Payload.(type) {
	case SurveyAnswered:
		if p.ScaleMax > p.ScaleMin {
			d.Survey = Survey{
				Metric: p.Metric, Score: p.Score, ScaleMin: p.ScaleMin, ScaleMax: p.ScaleMax,
				Time: e.OccurredAt, InteractionID: e.InteractionID,
			}
		}
	case PersonaAssigned:
		d.Persona = Finding{Value: p.PersonaID, Score: p.Score, Reason: excerpt(p.Reason), Time: e.OccurredAt}
	case AudienceEntered:
		d.Audiences = putByID(d.Audiences, Finding{ID: p.AudienceID, Reason: excerpt(p.Reason), Time: e.OccurredAt}, MaxAudiences)
	case AudienceLeft:
		if i, found := findByID(d.Audiences, p.AudienceID); found {
			d.Audiences = without(d.Audiences, i)
		}
	case StageEntered:
		d.Stages = putFirst(d.Stages, Finding{ID: p.JourneyID, Value: p.StageID, Time: e.OccurredAt}, MaxStages)
	case RecommendationMade:
		d.Recommendations = putFirst(d.Recommendations, Finding{
			ID: p.RecommendationID, Value: p.Action, Score: p.Probability, Reason: excerpt(p.Reason), Time: e.OccurredAt,
		}, MaxRecommendations)
	case ConsentChanged:
		d.consent(e, p)
	}
}

func findByID(list []Finding, id string) (int, bool) {
	return slices.BinarySearchFunc(list, id, func(f Finding, id string) int { return cmp.Compare(f.ID, id) })
}

// putByID puts f where its id belongs. When there are too many, the oldest goes.
func putByID(list []Finding, f Finding, limit int) []Finding {
	i, found := findByID(list, f.ID)
	if found {
		return replaced(list, i, f)
	}
	list = slices.Insert(slices.Clone(list), i, f)
	if len(list) > limit {
		oldest := 0
		for j := range list {
			if list[j].Time.Before(list[oldest].Time) {
				oldest = j
			}
		}
		list = slices.Delete(list, oldest, oldest+1)
	}
	return list
}

// putFirst puts f in front, in place of an older one of the same id.
func putFirst(list []Finding, f Finding, limit int) []Finding {
	if i := slices.IndexFunc(list, func(have Finding) bool { return have.ID == f.ID }); i >= 0 {
		list = without(list, i)
	}
	return prepend(list, f, limit)
}

// consent notes what the customer decided. When there are too many purposes, the one decided on longest ago goes.
func (d *draft) consent(e *Event, p ConsentChanged) {
	c := Consent{Purpose: p.Purpose, Status: p.Status, Time: e.OccurredAt, ExpireTime: p.ExpireTime}
	i, found := slices.BinarySearchFunc(d.Consents, p.Purpose, func(c Consent, purpose string) int {
		return cmp.Compare(c.Purpose, purpose)
	})
	if found {
		d.Consents = replaced(d.Consents, i, c)
		return
	}
	list := slices.Insert(slices.Clone(d.Consents), i, c)
	if len(list) > MaxConsents {
		oldest := 0
		for j := range list {
			if list[j].Time.Before(list[oldest].Time) {
				oldest = j
			}
		}
		list = slices.Delete(list, oldest, oldest+1)
	}
	d.Consents = list
}
