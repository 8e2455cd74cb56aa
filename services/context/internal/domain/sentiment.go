package domain

import "time"

// Mood is the customer's mood in a word.
type Mood int32

// The moods.
const (
	MoodUnspecified Mood = iota
	MoodNegative
	MoodNeutral
	MoodPositive
)

var moodNames = [...]string{"not known", "negative", "neutral", "positive"}

// String returns the mood in words for people.
func (m Mood) String() string { return nameOf(moodNames[:], int(m)) }

// Sentiment is the customer's mood, as the newest survey has it; zero when nothing is known of it.
type Sentiment struct {
	Mood Mood
	// Score is from -1 to 1.
	Score         float64
	Metric        SurveyMetric
	Time          time.Time
	InteractionID string
}

// neutral is the greatest distance from 0 of a score that is neither good nor bad.
const neutral = 1.0 / 3

// Sentiment reads a survey's answer on the scale of all surveys.
func (s Survey) Sentiment() Sentiment {
	if s.ScaleMax <= s.ScaleMin {
		return Sentiment{}
	}
	score := 2*(s.Score-s.ScaleMin)/(s.ScaleMax-s.ScaleMin) - 1
	score = min(max(score, -1), 1)
	m := Sentiment{Mood: MoodNeutral, Score: score, Metric: s.Metric, Time: s.Time, InteractionID: s.InteractionID}
	switch {
	case score < -neutral:
		m.Mood = MoodNegative
	case score > neutral:
		m.Mood = MoodPositive
	}
	return m
}
