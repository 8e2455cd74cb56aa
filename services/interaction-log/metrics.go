package interactionlog

import (
	"context"

	"go.opentelemetry.io/otel/metric"

	"github.com/throughline-cx/throughline/services/interaction-log/internal/domain"
)

// meters are the writer's figures.
type meters struct {
	queuedEvents, queuedBytes, followers    metric.Int64ObservableGauge
	commits, failed, requests, events, head metric.Int64ObservableCounter
	time                                    metric.Float64ObservableCounter
}

// observe shows the writer's figures to the meter provider.
func observe(provider metric.MeterProvider, log *domain.Log) (metric.Registration, error) {
	meter := provider.Meter("github.com/throughline-cx/throughline/services/interaction-log")
	var m meters
	var failed error
	gauge := func(name, help string) metric.Int64ObservableGauge {
		g, err := meter.Int64ObservableGauge("interactionlog."+name, metric.WithDescription(help))
		failed = firstError(failed, err)
		return g
	}
	counter := func(name, help string) metric.Int64ObservableCounter {
		c, err := meter.Int64ObservableCounter("interactionlog."+name, metric.WithDescription(help))
		failed = firstError(failed, err)
		return c
	}
	m.queuedEvents = gauge("queue.events", "Events that wait for the writer.")
	m.queuedBytes = gauge("queue.bytes", "Payload bytes that wait for the writer.")
	m.followers = gauge("followers", "Open tails.")
	m.commits = counter("commits", "Commits to the store.")
	m.failed = counter("commits.failed", "Commits that failed.")
	m.requests = counter("requests", "Appends that were part of a commit.")
	m.events = counter("events", "Events newly stored.")
	m.head = counter("sequence", "Newest sequences of all shards together.")
	var err error
	m.time, err = meter.Float64ObservableCounter("interactionlog.commits.time", metric.WithUnit("s"),
		metric.WithDescription("Time spent in commits."))
	failed = firstError(failed, err)
	if failed != nil {
		return nil, failed
	}
	return meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		m.report(o, log)
		return nil
	}, m.queuedEvents, m.queuedBytes, m.followers, m.commits, m.failed, m.requests, m.events, m.head, m.time)
}

func (m *meters) report(o metric.Observer, log *domain.Log) {
	s := log.Stats()
	o.ObserveInt64(m.queuedEvents, int64(s.QueuedEvents))
	o.ObserveInt64(m.queuedBytes, int64(s.QueuedBytes))
	o.ObserveInt64(m.followers, s.Followers)
	o.ObserveInt64(m.commits, s.Commits)
	o.ObserveInt64(m.failed, s.FailedCommits)
	o.ObserveInt64(m.requests, s.Requests)
	o.ObserveInt64(m.events, s.Events)
	o.ObserveFloat64(m.time, s.CommitTime.Seconds())
	var head int64
	for _, h := range log.Heads() {
		head += h
	}
	o.ObserveInt64(m.head, head)
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
